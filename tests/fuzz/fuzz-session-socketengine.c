/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/socketengine/hein-socketengine.h"
#include "session-script.h"

static HeinProtocol *
make (guint8 options)
{
  return g_object_new (HEIN_TYPE_SOCKETENGINE, "dialect", options & 1, NULL);
}

static void
begin (Session *self, guint8 options)
{
  session_begin (self, make (options), make (options));
}

const SessionKind session_kind = {
  .begin = begin,
  .keeps_topics = TRUE,
};
