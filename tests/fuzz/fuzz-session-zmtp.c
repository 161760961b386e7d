/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/zmtp/hein-zmtp.h"
#include "session-script.h"

static HeinProtocol *
make (guint8 options)
{
  return g_object_new (HEIN_TYPE_ZMTP, "topic-frame", options % 3, NULL);
}

static void
begin (Session *self, guint8 options)
{
  session_begin (self, make (options), make (options >> 2));
}

const SessionKind session_kind = {
  .begin = begin,
  .keeps_topics = TRUE,
};
