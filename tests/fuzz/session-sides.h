/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../recording-wire.h"

G_BEGIN_DECLS

/*
 * Two objects of a protocol that speak with each other, without a bus and
 * without sockets. Each message has a number, so that it is known which ones
 * have come, and what became of them. Everything is checked as it happens:
 *
 * - what comes was said, whole, in order, and once, but for what was not
 *   handled and may come again;
 * - what is told as handled, or as not handled, was said to be, and is told
 *   once; an answer is one that was given;
 * - no more is confirmed than has come, and what is given back had not been
 *   confirmed, and is given back once;
 * - an end is told once.
 */

/* What the two have said, by number. */
typedef struct
{
  HeinAsk ask;
  const char *topic;
  gsize size;
  gboolean is_heard;
  gboolean is_handled; /* or answered */
  gboolean has_failed;
  gboolean is_told; /* what became of it */
} Said;

typedef struct
{
  Recorder *recorder;
  GByteArray *pipe; /* to the other side */
  GArray *said;     /* Said */
  guint
    n_expected;  /* numbers of the other side that have come, or are missing */
  guint n_taken; /* of what the recorder was delivered */
  guint n_returned; /* of what it was given back */
  GQueue open;      /* owned HeinMessage: deliveries and requests */
  gboolean has_ended;
  gboolean keeps_topics;
  gboolean tells_no_failures; /* to the other side: all is handled there */
} Side;

/* Takes the recorder. */
void side_init (Side *self, Recorder *recorder, gboolean keeps_topics);
void side_clear (Side *self);
gboolean side_may_say (Side *self);
/* Does nothing where it is not the time for it. */
void side_say (Side *self, HeinAsk ask, const char *topic, gsize size);
void side_subscribe (Side *self, const char *prefix, gboolean is_wanted);
/* The oldest delivery, or request, has been handled, or has failed. */
void side_settle (Side *self, Side *other, gboolean is_ok);
void side_end (Side *self);
/* The first bytes of the pipe come to the other side. */
void side_carry (Side *self, Side *other, gsize size);
void side_pass_time (Side *self, gint64 ms);
/* The connection is cut. */
void side_lose (Side *self);
/* Looks at what has come of all that. */
void side_check (Side *self, Side *other);
/* Without those that were counted as dropped, or told as lost. */
guint side_count_unheard (Side *self);

G_END_DECLS
