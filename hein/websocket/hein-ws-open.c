/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-protocol.h>

#include "hein-ws-answer.h"
#include "hein-ws-ask.h"
#include "hein-ws-key.h"
#include "hein-ws-rooms.h"
#include "hein-ws-state.h"

/* Opening: the handshake in HTTP. */

#define HTTP "HTTP/1."
/* The first bytes of TLS, where it is not expected (RFC 8446, 5.1). */
#define TLS_ALERT     0x15
#define TLS_HANDSHAKE 0x16

/* ---- who is no WebSocket ---- */

/* Returns whether what has come may become a head of HTTP. */
static gboolean
may_be_http (const HeinWsShake *self)
{
  const guint8 *data = self->head->data;

  if (self->options.is_dialled)
    return memcmp (data, HTTP, MIN (self->head->len, strlen (HTTP))) == 0;
  return g_ascii_isupper (data[0]);
}

static void
set_stranger (const HeinWsShake *self, GError **error)
{
  const guint8 *data = self->head->data;
  const char *guess = hein_protocol_guess (data, self->head->len);

  if (data[0] == TLS_ALERT || data[0] == TLS_HANDSHAKE)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                         "the other side encrypts: say wss: and key-file= in "
                         "this address, too, with a copy of the same file");
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "the other side does not speak WebSocket%s%s",
                 guess != NULL ? ": it looks like " : "",
                 guess != NULL ? guess : "");
}

/* A listener says why in HTTP, which the other side may show to somebody. */
static gboolean
refuse (HeinWsStream *self, GError *why, GError **error)
{
  g_autofree char *answer = NULL;

  if (!self->is_dialled)
    {
      answer = hein_ws_answer_refuse (why);
      hein_ws_emit (self, (const guint8 *) answer, strlen (answer), NULL);
    }
  g_propagate_error (error, why);
  return FALSE;
}

/* ---- heads ---- */

/* TRUE when all of it has come; FALSE without error: not yet. */
static gboolean
check_come (HeinWsStream *self, gsize *size, GError **error)
{
  HeinWsShake *shake = self->shake;
  const GByteArray *head = shake->head;
  GError *why = NULL;

  *size = 0;
  if (head->len > 0 && !may_be_http (shake))
    {
      if (shake->options.may_be_plain)
        return TRUE;

      set_stranger (shake, &why);
      return refuse (self, why, error);
    }
  *size = hein_ws_head_find_end (head->data, head->len, shake->n_searched);
  shake->n_searched = head->len;
  if (*size > 0)
    return TRUE;
  if (head->len >= HEIN_WS_HTTP_MAX)
    {
      why = g_error_new (HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                         "what should begin a WebSocket is longer than %d "
                         "bytes",
                         HEIN_WS_HTTP_MAX);
      return refuse (self, why, error);
    }
  if (shake->has_heard_end)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "the other side closed during the handshake of "
                         "WebSocket");
  return FALSE;
}

/* TRUE when all of it has come; FALSE without error: not yet. */
static gboolean
hear (HeinWsStream *self, gsize *size, GError **error)
{
  HeinWsShake *shake = self->shake;
  HeinWsRooms *rooms = hein_ws_rooms_get ();
  g_autoptr (GError) local_error = NULL;

  for (;;)
    {
      gssize n = 0;

      if (check_come (self, size, &local_error))
        return TRUE;
      if (local_error == NULL)
        n =
          hein_stream_read (self->inner, rooms->in,
                            HEIN_WS_HTTP_MAX - shake->head->len, &local_error);
      /* who ends before it has read everything resets the connection */
      if (n < 0 && g_error_matches (local_error, G_IO_ERROR,
                                    G_IO_ERROR_CONNECTION_CLOSED))
        {
          g_clear_error (&local_error);
          n = 0;
        }
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (n < 0)
        return FALSE;
      shake->has_heard_end = n == 0;
      g_byte_array_append (shake->head, rooms->in, n);
    }
}

static gboolean
answer (HeinWsStream *self,
        const HeinWsHead *head,
        char **subprotocol,
        GError **error)
{
  g_autoptr (GError) refusal = NULL;
  g_autofree char *text =
    hein_ws_answer_make (&self->shake->options, head, subprotocol, &refusal);

  if (!hein_ws_emit (self, (const guint8 *) text, strlen (text),
                     refusal == NULL ? error : NULL))
    {
      if (refusal == NULL)
        return FALSE;
    }
  if (refusal == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

/* What came behind the head is read first. */
static void
begin (HeinWsStream *self, const char *subprotocol, gsize head_size)
{
  const GByteArray *head = self->shake->head;
  const gsize rest = head->len - head_size;

  if (rest > 0)
    self->in =
      (HeinWsInput){ g_memdup2 (head->data + head_size, rest), 0, rest };
  self->zws = hein_ws_zws_new (subprotocol, self->shake->options.is_server);
  self->stream.has_pending =
    rest > 0 || self->zws != NULL || self->inner->has_pending;
  self->stream.is_open = TRUE;
  g_clear_pointer (&self->shake, hein_ws_shake_free);
}

/* @size: 0: it is no WebSocket, and need not be. */
static gboolean
finish (HeinWsStream *self, gsize size, GError **error)
{
  HeinWsShake *shake = self->shake;
  g_auto (HeinWsHead) head = { 0 };
  g_autofree char *subprotocol = NULL;
  const char *trouble;

  if (size == 0)
    {
      begin (self, NULL, 0);
      hein_ws_become_plain (self);
      return TRUE;
    }
  trouble = hein_ws_head_read (&head, shake->head->data, size);
  if (trouble != NULL)
    return refuse (self,
                   g_error_new (HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                                "what should begin a WebSocket is no HTTP: %s",
                                trouble),
                   error);
  if (self->is_dialled
        ? !hein_ws_ask_check (&shake->options, shake->key, &head,
                              shake->head->data + size, shake->head->len - size,
                              &subprotocol, error)
        : !answer (self, &head, &subprotocol, error))
    return FALSE;
  begin (self, subprotocol, size);
  return TRUE;
}

static gboolean
ask (HeinWsStream *self, GError **error)
{
  HeinWsShake *shake = self->shake;
  g_autofree char *text = NULL;

  if (!self->is_dialled || shake->has_asked)
    return TRUE;
  shake->has_asked = TRUE;
  shake->key = hein_ws_key_make ();
  text = hein_ws_ask_make (&shake->options, shake->key);
  return hein_ws_emit (self, (const guint8 *) text, strlen (text), error);
}

gboolean
hein_ws_open (HeinStream *stream, GError **error)
{
  HeinWsStream *self = (HeinWsStream *) stream;
  gsize size;
  const gboolean ok = hein_stream_open (self->inner, error) &&
                      hein_ws_flush (stream, error) && ask (self, error) &&
                      hear (self, &size, error) && finish (self, size, error);

  hein_ws_note (self);
  return ok;
}
