/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "json/hein-json.h"

/* What the server says in JSON. */

G_BEGIN_DECLS

/* Whether the name of a member is @name, which has its quotes. */
gboolean nats_json_is (const HeinJsonSpan *self, const char *name);
/* FALSE: it is neither true nor false. */
gboolean nats_json_read_flag (const HeinJsonToken *token, gboolean *flag);
/* Reads a number of at most 15 digits; FALSE: it is none. */
gboolean nats_json_read_number (const HeinJsonToken *token, guint64 *number);
/* Sets what can be shown of a string, and frees what was there; FALSE: it is none. */
gboolean nats_json_read_text (const HeinJsonToken *token, char **text);

G_END_DECLS
