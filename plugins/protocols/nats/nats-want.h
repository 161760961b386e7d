/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-line.h"

G_BEGIN_DECLS

/*
 * What the bus has subscribed to in a bucket, and the subject that has all of it: a
 * subject may have more.
 */
typedef struct
{
  char *subject; /* of keys, such as "lamps.>" */
  char *text;    /* the prefix or pattern, with "." in place of "/" */
  gboolean is_pattern;
  /* of a subject "a.>": "a", which is not of it, though a pattern "a/ **" has it by a
   * second subject; NULL: it is another one */
  char *base;
} NatsWant;

/* (transfer full): to be freed by nats_want_unref */
NatsWant *
nats_want_new (const char *subject, const char *text, gboolean is_pattern);
NatsWant *nats_want_ref (NatsWant *self);
void nats_want_unref (NatsWant *self);
/* Whether it was made of these. */
gboolean nats_want_is (const NatsWant *self,
                       const char *subject,
                       const char *text,
                       gboolean is_pattern);
/* Whether it has a key. */
gboolean nats_want_has (const NatsWant *self, const NatsSpan *key);
/* Whether there may be keys that both have. */
gboolean nats_want_overlaps (const NatsWant *self, const NatsWant *other);

G_END_DECLS
