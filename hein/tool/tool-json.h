/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Appending JSON to a string. */

G_BEGIN_DECLS

/* Appends a JSON string; @data must be UTF-8. */
void tool_json_append (GString *json, const char *data, gssize size);
/* Appends "name":"value" or "name":null, after a comma where one is needed. */
void
tool_json_append_member (GString *json, const char *name, const char *value);
void tool_json_append_name (GString *json, const char *name);
/* Appends "payload":"…" when the data is UTF-8, else "payload-base64":"…". */
void tool_json_append_payload (GString *json, const guint8 *data, gsize size);
/* Appends what a message says of itself: "attributes":{…} and "expires-ms", as
 * far as there are any. */
void tool_json_append_attributes (GString *json, HeinMessage *message);
/* Appends a number in the C locale. */
void tool_json_append_number (GString *json, const char *name, double value);

G_END_DECLS
