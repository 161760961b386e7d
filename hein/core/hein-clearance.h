/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-peer-state.h"
#include "message/hein-access-private.h"

G_BEGIN_DECLS

/* What the access file of its endpoint allows a peer. A peer of an endpoint
 * without one has no clearance (NULL), and may do everything. */

/* @file: referenced; @name: (nullable): the name that the peer has proved */
HeinClearance *hein_clearance_new (HeinAccessFile *file, const char *name);
void hein_clearance_free (HeinClearance *self);

/* For a peer with a clearance. @topic need not be terminated. */
gboolean hein_clearance_allows (HeinPeer *peer,
                                HeinAction action,
                                const char *topic,
                                gsize topic_size);
/* The same, with FORBIDDEN, whose text says what decided. */
gboolean hein_clearance_check (HeinPeer *peer,
                               HeinAction action,
                               const char *topic,
                               gsize topic_size,
                               GError **error);
/* Whether @message may be sent to a peer with a clearance: whoever asked gets
 * the answer. */
gboolean hein_clearance_check_send (HeinPeer *peer,
                                    HeinMessage *message,
                                    GError **error);

G_END_DECLS
