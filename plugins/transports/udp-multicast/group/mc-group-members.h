/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-group-state.h"

G_BEGIN_DECLS

/* Makes it a peer, unless another one has its name. */
void mc_group_enter (McGroup *self, McMember *member, gint64 now_us);
/* @text: "name", NUL, instance; NULL: it is something else. @seen: where it
 * seems to be. */
McMember *mc_group_add_member (McGroup *self,
                               const guint8 *id,
                               const McAddress *seen,
                               const char *text,
                               gsize size,
                               gint64 now_us);
/* When to call it again. */
gint64 mc_group_tick_members (McGroup *self, gint64 now_us);

G_END_DECLS
