/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-request.h"

#include <string.h>

#include <hein/hein-error.h>

#include "json/hein-json.h"

/* Reads the requests of operators' tools. */

static const char *const asks[] = {
  [HEIN_INSPECT_BUS] = "bus",
  [HEIN_INSPECT_PEERS] = "peers",
  [HEIN_INSPECT_PING] = "ping",
  [HEIN_INSPECT_LOG] = "log",
};

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error =
      g_error_new_valist (HEIN_ERROR, HEIN_ERROR_PROTOCOL, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* A tool that needs a newer version says so; one that says nothing gets along
 * with any. */
static gboolean
check_version (const char *line, gsize size, GError **error)
{
  HeinJsonSpan value;
  guint64 version;

  if (!hein_json_find (line, size, "hein", &value))
    return TRUE;
  version = value.size < 10 ? g_ascii_strtoull (value.data, NULL, 10) : 0;
  if (version >= 1 && version <= HEIN_INSPECT_VERSION)
    return TRUE;
  return refuse (error, "this bus speaks version %d", HEIN_INSPECT_VERSION);
}

static gboolean
find_ask (HeinInspectRequest *self, const HeinJsonSpan *value, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (asks); i++)
    if (value->size == strlen (asks[i]) + 2 &&
        memcmp (value->data + 1, asks[i], value->size - 2) == 0)
      {
        self->ask = i;
        return TRUE;
      }
  return refuse (error, "this bus knows no such request");
}

static gboolean
read_timeout (HeinInspectRequest *self,
              const char *line,
              gsize size,
              GError **error)
{
  HeinJsonSpan value;
  guint64 timeout_ms;

  self->timeout_ms = HEIN_INSPECT_PING_MS;
  if (!hein_json_find (line, size, "timeout-ms", &value))
    return TRUE;
  timeout_ms = value.size < 10 && g_ascii_isdigit (value.data[0])
                 ? g_ascii_strtoull (value.data, NULL, 10)
                 : G_MAXUINT64;
  if (timeout_ms > HEIN_INSPECT_PING_MAX_MS)
    return refuse (error, "\"timeout-ms\" is a number from 0 to %d",
                   HEIN_INSPECT_PING_MAX_MS);
  self->timeout_ms = (int) timeout_ms;
  return TRUE;
}

static gboolean
read_peer (HeinInspectRequest *self,
           const char *line,
           gsize size,
           GError **error)
{
  g_autoptr (GString) name = g_string_new (NULL);
  HeinJsonSpan value;

  if (!hein_json_find (line, size, "peer", &value))
    return TRUE;
  if (value.data[0] != '"')
    return refuse (error, "\"peer\" is a text");
  if (!hein_json_unquote (&value, name, error))
    return FALSE;
  self->peer = g_string_free (g_steal_pointer (&name), FALSE);
  return TRUE;
}

/* The level that is named, and those above it. */
static gboolean
read_level (HeinInspectRequest *self,
            const char *line,
            gsize size,
            GError **error)
{
  static const struct
  {
    const char *name;
    GLogLevelFlags level;
  } levels[] = { { "\"warning\"", G_LOG_LEVEL_WARNING },
                 { "\"message\"", G_LOG_LEVEL_MESSAGE },
                 { "\"info\"", G_LOG_LEVEL_INFO },
                 { "\"debug\"", G_LOG_LEVEL_DEBUG } };
  HeinJsonSpan value = { "\"info\"", strlen ("\"info\"") };

  hein_json_find (line, size, "level", &value);
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      self->levels |= levels[i].level;
      if (value.size == strlen (levels[i].name) &&
          memcmp (value.data, levels[i].name, value.size) == 0)
        return TRUE;
    }
  return refuse (error, "\"level\" is warning, message, info or debug");
}

void
hein_inspect_request_clear (HeinInspectRequest *self)
{
  g_clear_pointer (&self->peer, g_free);
}

gboolean
hein_inspect_request_parse (HeinInspectRequest *self,
                            const char *line,
                            gsize size,
                            GError **error)
{
  HeinJsonSpan value;

  *self = (HeinInspectRequest){ .ask = HEIN_INSPECT_BUS };
  if (!g_utf8_validate_len (line, size, NULL))
    return refuse (error, "a request is UTF-8");
  if (!hein_json_check (line, size, error) ||
      !check_version (line, size, error))
    return FALSE;
  if (!hein_json_find (line, size, "ask", &value) || value.data[0] != '"')
    return refuse (error, "a request is an object with a text \"ask\"");
  return find_ask (self, &value, error) &&
         read_timeout (self, line, size, error) &&
         read_level (self, line, size, error) &&
         read_peer (self, line, size, error);
}
