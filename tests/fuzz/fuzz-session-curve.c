/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../curve-ends.h"
#include "session-script.h"

/* ZMTP with CURVE. The files are for all sessions. */
static void
begin (Session *self, guint8 options)
{
  static CurveFiles *files;
  CurveEnds ends;

  if (files == NULL)
    files = curve_make_files ("");
  curve_ends_init_again (&ends, files);
  side_init (&self->sides[0], ends.client, TRUE);
  side_init (&self->sides[1], ends.server, TRUE);
}

const SessionKind session_kind = {
  .begin = begin,
  .keeps_topics = TRUE,
};
