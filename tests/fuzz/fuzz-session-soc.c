/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/soc/hein-soc.h"
#include "session-script.h"

static HeinProtocol *
make (guint8 options)
{
  return g_object_new (HEIN_TYPE_SOC, "dialect", options % 3, NULL);
}

/* A name has no end but a pause, so that half of one that comes late is an
 * error. */
static void
begin (Session *self, guint8 options)
{
  session_begin (self, make (options), make (options));
}

const SessionKind session_kind = {
  .begin = begin,
  .may_fail = TRUE,
};
