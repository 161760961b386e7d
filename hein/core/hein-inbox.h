/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-core-state.h"

/* The inbox of a bus: messages that no handler has taken. */

G_BEGIN_DECLS

/* Appends @message, and takes ownership of it. */
void hein_inbox_push (HeinCore *self, HeinMessage *message);
/* Takes the oldest message for the application. (transfer full) (nullable) */
HeinMessage *hein_inbox_pop (HeinCore *self);
/* To be called when the program asks for more: what it has taken before is
 * handled. */
void hein_inbox_settle_taken (HeinCore *self);
/* Takes the oldest message to deliver it; it still counts. (transfer full) */
HeinMessage *hein_inbox_take_out (HeinCore *self);
/* Puts back a message that was not delivered, as the oldest one. Takes
 * ownership of @message. */
void hein_inbox_put_back (HeinCore *self, HeinMessage *message);
/* Takes up to @max messages. (transfer full) */
GPtrArray *hein_inbox_take_some (HeinCore *self, guint max);
/* Takes up to @max messages ahead of time, which count as waiting until
 * hein_inbox_note_taken; those of the call before come back. Takes a message
 * whose sender is told of it alone, and for good. (transfer full) */
GPtrArray *hein_inbox_take_ahead (HeinCore *self, guint max);
/* Messages that were taken ahead of time, by their data. */
typedef struct
{
  GByteArray *data;  /* of all of them */
  GArray *sizes;     /* guint32, of each */
  GByteArray *kinds; /* of each: which model it is like */
  GPtrArray *models; /* owned HeinMessage */
} HeinAhead;

/* The same, but of messages that differ from a model in their data only: none
 * when the oldest one is not such. The caller owns what @ahead gets. */
void hein_inbox_take_data_ahead (HeinCore *self, guint max, HeinAhead *ahead);
/* The program has begun with the first @n messages that it has ahead. */
void hein_inbox_note_taken (HeinCore *self, guint n);
/* Completes pending receive_async calls with the messages in the inbox. */
void hein_inbox_serve (HeinCore *self);

G_END_DECLS
