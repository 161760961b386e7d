/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "recording-wire.h"

G_BEGIN_DECLS

/* A peer that says what none says, to a recording wire. */
typedef struct
{
  const char *said;
  gsize size;
  const char *reason; /* in what the protocol makes of it */
} HostileCase;

#define CASE(said, reason)                                                     \
  {                                                                            \
    said, sizeof (said) - 1, reason                                            \
  }

/* The wire fails by what is said in case @index, for its reason. */
void
hostile_assert_fails (Recorder *self, const HostileCase *cases, guint index);
/* Each byte of a good conversation is changed to each value; what @start
 * returns hears it, and delivers no more than @most messages. */
void hostile_change_each (Recorder *(*start) (void),
                          const char *said,
                          gsize size,
                          guint most);

G_END_DECLS
