/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/tinyproto/hein-tinyproto.h"
#include "session-script.h"

static HeinProtocol *
make (guint8 options)
{
  return g_object_new (HEIN_TYPE_TINYPROTO, "turn-ms", options & 1 ? 20 : 0,
                       NULL);
}

/* A zero may be a refusal or begin a length, which time decides: on a slow line
 * it is taken for the wrong one, and what was said is counted as refused. */
static void
begin (Session *self, guint8 options)
{
  session_begin (self, make (options), make (options >> 1));
}

const SessionKind session_kind = {
  .begin = begin,
  .may_fail = TRUE,
};
