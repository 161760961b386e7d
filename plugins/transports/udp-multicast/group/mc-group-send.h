/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-group-state.h"

G_BEGIN_DECLS

/* FALSE: it is the time of no key of the ring. */
gboolean mc_group_check_key (McGroup *self, GError **error);
/* Of McMembership. */
void mc_group_put (gpointer data,
                   const McInner *inner,
                   GBytes *payload,
                   const McMember *to);
/* For the one whose id is @recipient (nullable: for all), by way of @to
 * (nullable: of the group). */
void mc_group_put_to (McGroup *self,
                      const McInner *inner,
                      GBytes *payload,
                      const guint8 *recipient,
                      const McAddress *to);
/* What is new to all waits until then. */
void mc_group_hold (McGroup *self, gint64 until_us);
/* Of the sender to all. */
void mc_group_emit (const McInner *inner, GBytes *payload, gpointer data);
void
mc_group_put_typed (McGroup *self, McType type, const guint8 *data, gsize size);
/* What small messages share goes to the sender; FALSE: it has no room. */
gboolean mc_group_flush_packer (McGroup *self, gint64 now_us);
gboolean mc_group_has_sent_all (McGroup *self);
/* Of McFormatFuncs. */
gboolean mc_group_send (gpointer data,
                        HeinPeer *peer,
                        HeinMessage *message,
                        GError **error);

G_END_DECLS
