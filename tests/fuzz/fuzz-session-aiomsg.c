/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/aiomsg/hein-aiomsg.h"
#include "session-script.h"

/* Each side decides about what it says. */
static HeinProtocol *
make (guint dialect, gboolean is_sure)
{
  return g_object_new (HEIN_TYPE_AIOMSG, "dialect", dialect, "guarantee",
                       dialect != AIOMSG_DIALECT_S && is_sure, "resend-ms", 100,
                       NULL);
}

static void
begin (Session *self, guint8 options)
{
  session_begin (self, make (options % 3, (options & 16) != 0),
                 make (options % 3, (options & 32) != 0));
}

const SessionKind session_kind = {
  .begin = begin,
};
