/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-message.h>

/* Messages as they lie in a spool. */

G_BEGIN_DECLS

typedef struct
{
  HeinMessage *message; /* owned */
  char *to;             /* owned: the name of the peer; NULL: the strategy
                         * chooses */
  gint64 posted_ms;     /* since 1970 */
  gint64 expires_ms;    /* since 1970; 0: never */
  gboolean has_expired;
} HeinSpooled;

/* The size of an id that a spool gives. */
#define HEIN_SPOOL_ID_MAX 40

/* Whether a spool can keep the message. */
gboolean hein_spool_message_check (HeinMessage *message, GError **error);
/* The bytes of a message. @id: its attribute `id` if it has none. */
GBytes *
hein_spool_message_write (HeinMessage *message, const char *to, const char *id);
/* FALSE: the bytes are no message. */
gboolean
hein_spool_message_read (HeinSpooled *self, const guint8 *bytes, gsize size);
void hein_spooled_clear (HeinSpooled *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HeinSpooled, hein_spooled_clear)

G_END_DECLS
