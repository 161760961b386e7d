/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-group-state.h"

G_BEGIN_DECLS

/* Somebody wants to know: a HELLO. */
void mc_group_answer (McGroup *self,
                      const McOpened *opened,
                      const McAddress *from,
                      const guint8 *payload,
                      gsize size,
                      gint64 now_us);
/* Takes the ADMIT of a pending sender. (transfer full) (nullable): the
 * datagrams that were held, to be heard now. */
GPtrArray *mc_group_admit (McGroup *self,
                           const McOpened *opened,
                           const McAddress *from,
                           const guint8 *payload,
                           gsize size,
                           gint64 now_us);
/* Of a member that seems to be elsewhere: it is asked whether it is. */
void mc_group_follow (McGroup *self,
                      McMember *member,
                      const McAddress *from,
                      gint64 now_us);
/* The ADMIT of a member: perhaps the answer to that. */
void mc_group_confirm (McGroup *self,
                       McMember *member,
                       const McAddress *from,
                       const guint8 *payload,
                       gsize size);
/* When to call it again. */
gint64 mc_group_tick_admission (McGroup *self, gint64 now_us);

G_END_DECLS
