/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* A JSON string; @data must be UTF-8. */
void tool_json_append (GString *json, const char *data, gssize size);
/* "name":"value" or "name":null, after a comma where one is needed */
void
tool_json_append_member (GString *json, const char *name, const char *value);
void tool_json_append_name (GString *json, const char *name);
/* "payload":"…" when it is UTF-8, else "payload-base64":"…" */
void tool_json_append_payload (GString *json, const guint8 *data, gsize size);
/* A number that every locale writes alike. */
void tool_json_append_number (GString *json, const char *name, double value);

G_END_DECLS
