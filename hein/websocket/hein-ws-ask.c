/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-ask.h"

#include <string.h>

#include <hein/hein-error.h>

#include "base/hein-option.h"
#include "hein-ws-key.h"

/* Asks a server for a WebSocket, and reads what it answers. */

#define SWITCHING "101"
#define TEXT_MAX  200
/* What stays as it is in a path (RFC 3986, 3.3). */
#define PATH_MARKS "/:@!$&'()*+,;="

char *
hein_ws_ask_make (const HeinWsOptions *options, const char *key)
{
  g_autofree char *path =
    g_uri_escape_string (options->path, PATH_MARKS, FALSE);
  const char *subprotocols = options->subprotocols;

  return g_strdup_printf ("GET %s HTTP/1.1\r\n"
                          "Host: %s\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Key: %s\r\n"
                          "%s%s%s"
                          "Sec-WebSocket-Version: 13\r\n"
                          "\r\n",
                          path, options->authority, key,
                          subprotocols != NULL ? "Sec-WebSocket-Protocol: "
                                               : "",
                          subprotocols != NULL ? subprotocols : "",
                          subprotocols != NULL ? "\r\n" : "");
}

/* The first line of what came with the head, if it is for people. */
static char *
dup_text (const HeinWsHead *answer, const guint8 *body, gsize size)
{
  const char *type = "";
  g_autofree char *text = NULL;

  hein_ws_head_count (answer, "Content-Type", &type);
  if (g_ascii_strncasecmp (type, "text/plain", strlen ("text/plain")) != 0)
    return g_strdup ("");
  text = g_strndup ((const char *) body, MIN (size, TEXT_MAX));
  text[strcspn (text, "\r\n")] = '\0';
  return hein_option_dup_printable (text);
}

/* A redirection is not followed: it may lead to a host that nobody named. */
static gboolean
refuse_status (const HeinWsOptions *options,
               const HeinWsHead *answer,
               const guint8 *body,
               gsize size,
               GError **error)
{
  g_autofree char *status = hein_option_dup_printable (answer->words[1]);
  g_autofree char *reason = hein_option_dup_printable (answer->words[2]);
  g_autofree char *shown = NULL;
  const char *place = NULL;

  if (answer->words[1][0] == '3' &&
      hein_ws_head_count (answer, "Location", &place) > 0)
    {
      shown = hein_option_dup_printable (place);
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                   "the server answers %s %s: it redirects to %s, which is not "
                   "followed",
                   status, reason, shown);
    }
  else
    {
      shown = dup_text (answer, body, size);
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                   "the server answers %s %s to a WebSocket at the path %s%s%s",
                   status, reason, options->path, *shown != '\0' ? ": " : "",
                   shown);
    }
  return FALSE;
}

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the server does not answer as one of WebSocket: %s", why);
  return FALSE;
}

static gboolean
check_subprotocol (const HeinWsOptions *options,
                   const HeinWsHead *answer,
                   char **subprotocol,
                   GError **error)
{
  const char *chosen = NULL;
  const guint n =
    hein_ws_head_count (answer, "Sec-WebSocket-Protocol", &chosen);
  g_autofree char *shown = NULL;

  if (n > 1)
    return refuse (error, "it chooses several subprotocols");
  if (n == 0 && options->subprotocols == NULL)
    return TRUE;
  if (n == 0)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "the server speaks WebSocket, but chooses none of the "
                   "subprotocols that were offered (%s)",
                   options->subprotocols);
      return FALSE;
    }
  if (strchr (chosen, ',') == NULL && options->subprotocols != NULL &&
      hein_ws_list_has (options->subprotocols, chosen, TRUE))
    {
      *subprotocol = g_strdup (chosen);
      return TRUE;
    }
  shown = hein_option_dup_printable (chosen);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the server chooses the subprotocol %s, which was not offered",
               shown);
  return FALSE;
}

gboolean
hein_ws_ask_check (const HeinWsOptions *options,
                   const char *key,
                   const HeinWsHead *answer,
                   const guint8 *body,
                   gsize size,
                   char **subprotocol,
                   GError **error)
{
  g_autofree char *expected = hein_ws_key_dup_answer (key);
  const char *value = NULL;

  if (!g_str_has_prefix (answer->words[0], "HTTP/1."))
    return refuse (error, "it does not speak HTTP/1.1");
  if (!g_str_equal (answer->words[1], SWITCHING))
    return refuse_status (options, answer, body, size, error);
  if (!hein_ws_head_has_word (answer, "Upgrade", "websocket") ||
      !hein_ws_head_has_word (answer, "Connection", "upgrade"))
    return refuse (error, "it switches to something else");
  if (hein_ws_head_count (answer, "Sec-WebSocket-Accept", &value) != 1 ||
      !g_str_equal (value, expected))
    return refuse (error, "Sec-WebSocket-Accept is not the answer to the key");
  if (hein_ws_head_count (answer, "Sec-WebSocket-Extensions", &value) > 0)
    return refuse (error, "it uses an extension that was not offered");
  return check_subprotocol (options, answer, subprotocol, error);
}
