/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-answer.h"

#include <string.h>

#include <hein/hein-error.h>

#include "base/hein-option.h"
#include "hein-ws-key.h"

/* Answers who asks for a WebSocket. */

#define BAD_REQUEST "400 Bad Request"
#define FORBIDDEN   "403 Forbidden"
#define NOT_FOUND   "404 Not Found"
#define NOT_ALLOWED "405 Method Not Allowed\r\nAllow: GET"
#define UPGRADE                                                                \
  "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"

/* @head: the status, perhaps with fields. What is told says nothing that the
 * other side has not said itself. */
static char *
make_refusal (const char *head, const char *text)
{
  return g_strdup_printf ("HTTP/1.1 %s\r\n"
                          "Connection: close\r\n"
                          "Content-Type: text/plain; charset=utf-8\r\n"
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n"
                          "\r\n"
                          "%s\n",
                          head, strlen (text) + 1, text);
}

char *
hein_ws_answer_refuse (const GError *error)
{
  return make_refusal (BAD_REQUEST, error->message);
}

G_GNUC_PRINTF (3, 4)
static char *
refuse (GError **error, const char *head, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, HEIN_ERROR,
                       g_str_equal (head, FORBIDDEN) ? HEIN_ERROR_REFUSED
                                                     : HEIN_ERROR_PROTOCOL,
                       text);
  return make_refusal (head, text);
}

static char *
check_line (const HeinWsHead *request, GError **error)
{
  if (!g_str_equal (request->words[2], "HTTP/1.1"))
    return refuse (error, BAD_REQUEST, "a WebSocket needs HTTP/1.1");
  if (!g_str_equal (request->words[0], "GET"))
    return refuse (error, NOT_ALLOWED, "a WebSocket begins with GET");
  return NULL;
}

static char *
check_path (const HeinWsOptions *options,
            const HeinWsHead *request,
            GError **error)
{
  const char *target = request->words[1];
  const char *end = target + strcspn (target, "?");
  g_autofree char *path = g_uri_unescape_segment (target, end, NULL);
  g_autofree char *shown = NULL;

  if (options->path == NULL || g_strcmp0 (path, options->path) == 0)
    return NULL;
  shown = hein_option_dup_printable (target);
  return refuse (error, NOT_FOUND, "there is no WebSocket at the path %s",
                 shown);
}

/* A page of any origin may ask a listener of this machine, or of the network
 * that its reader is in: the browser only says whose page it is. Other programs
 * say no origin. */
static char *
check_origin (const HeinWsOptions *options,
              const HeinWsHead *request,
              GError **error)
{
  const char *origin = NULL;
  const guint n = hein_ws_head_count (request, "Origin", &origin);
  g_autofree char *shown = NULL;

  if (n == 0)
    return NULL;
  if (n == 1 && options->origins != NULL &&
      (g_str_equal (options->origins, "*") ||
       hein_ws_list_has (options->origins, origin, FALSE)))
    return NULL;
  shown = hein_option_dup_printable (origin);
  return refuse (error, FORBIDDEN,
                 "pages of %s may not connect: the listener allows them with "
                 "origin=%s",
                 shown, shown);
}

static char *
check_fields (const HeinWsHead *request, GError **error)
{
  const char *value = NULL;

  if (hein_ws_head_count (request, "Host", &value) != 1)
    return refuse (error, BAD_REQUEST, "Host is not there once");
  if (!hein_ws_head_has_word (request, "Upgrade", "websocket") ||
      !hein_ws_head_has_word (request, "Connection", "upgrade"))
    return refuse (error, UPGRADE, "here is a WebSocket, and nothing else");
  if (hein_ws_head_count (request, "Sec-WebSocket-Version", &value) != 1 ||
      !g_str_equal (value, "13"))
    return refuse (error, UPGRADE, "the version of WebSocket here is 13");
  if (hein_ws_head_count (request, "Sec-WebSocket-Key", &value) != 1 ||
      !hein_ws_key_is_valid (value))
    return refuse (error, BAD_REQUEST,
                   "Sec-WebSocket-Key is not there once, with 16 bytes in "
                   "base64");
  if (hein_ws_head_count (request, "Transfer-Encoding", &value) > 0 ||
      (hein_ws_head_count (request, "Content-Length", &value) > 0 &&
       !g_str_equal (value, "0")))
    return refuse (error, BAD_REQUEST, "a WebSocket begins without contents");
  return NULL;
}

static gboolean
is_offered (const HeinWsHead *request, const char *subprotocol)
{
  for (guint i = 0; i < request->n_fields; i++)
    if (g_ascii_strcasecmp (request->names[i], "Sec-WebSocket-Protocol") == 0 &&
        hein_ws_list_has (request->values[i], subprotocol, TRUE))
      return TRUE;
  return FALSE;
}

static char *
choose (const HeinWsOptions *options,
        const HeinWsHead *request,
        char **subprotocol,
        GError **error)
{
  g_auto (GStrv) known = NULL;

  if (options->subprotocols == NULL)
    return NULL;
  known = g_strsplit (options->subprotocols, ",", -1);
  for (guint i = 0; known[i] != NULL; i++)
    if (is_offered (request, g_strstrip (known[i])))
      {
        *subprotocol = g_strdup (known[i]);
        return NULL;
      }
  return refuse (error, BAD_REQUEST,
                 "none of the subprotocols that are spoken here (%s) is asked "
                 "for",
                 options->subprotocols);
}

char *
hein_ws_answer_make (const HeinWsOptions *options,
                     const HeinWsHead *request,
                     char **subprotocol,
                     GError **error)
{
  char *refusal = check_line (request, error);
  g_autofree char *answer = NULL;
  const char *key = NULL;

  if (refusal == NULL)
    refusal = check_path (options, request, error);
  if (refusal == NULL)
    refusal = check_fields (request, error);
  if (refusal == NULL)
    refusal = check_origin (options, request, error);
  if (refusal == NULL)
    refusal = choose (options, request, subprotocol, error);
  if (refusal != NULL)
    return refusal;
  hein_ws_head_count (request, "Sec-WebSocket-Key", &key);
  answer = hein_ws_key_dup_answer (key);
  return g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: %s\r\n"
                          "%s%s%s"
                          "\r\n",
                          answer,
                          *subprotocol != NULL ? "Sec-WebSocket-Protocol: "
                                               : "",
                          *subprotocol != NULL ? *subprotocol : "",
                          *subprotocol != NULL ? "\r\n" : "");
}
