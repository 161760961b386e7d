/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-group-state.h"

G_BEGIN_DECLS

/* Of McFormatFuncs. */
void mc_group_receive (gpointer data,
                       const McAddress *from,
                       const guint8 *datagram,
                       gsize size,
                       gint64 now_us);

G_END_DECLS
