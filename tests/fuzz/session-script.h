/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "session-sides.h"

G_BEGIN_DECLS

/*
 * Whole sessions: two objects of a protocol, and what becomes of them by a
 * script that the fuzzer writes. session-sides.h says what is checked,
 * session-script.c how the script is written. A target is a file that says
 * which protocol it is.
 */

typedef struct
{
  Side sides[2]; /* the first one has dialled */
  gboolean is_forged;
  gboolean is_cut;
} Session;

typedef struct
{
  /* Calls session_begin with two objects, with options by the bits of the
   * input. */
  void (*begin) (Session *self, guint8 options);
  /* What a slow line breaks or presses together ends by an error: a session in
   * which nobody lies may fail. */
  gboolean may_fail;
  gboolean keeps_topics;
  /* What a side has not subscribed to is not told to it: each begins with "". */
  gboolean filters;
  /* Requests with another topic are messages; NULL: there is no such topic. */
  const char *serves;
} SessionKind;

extern const SessionKind session_kind;

/* Takes both. */
void
session_begin (Session *self, HeinProtocol *dialler, HeinProtocol *listener);

G_END_DECLS
