/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <hein/hein-error.h>

#include "base/hein-option.h"
#include "hein-ws-state.h"

/* Control frames that arrive, and closing on both sides. */

/* ---- what the other side says ---- */

static const char *
get_meaning (guint16 code)
{
  switch (code)
    {
    case HEIN_WS_PROTOCOL_ERROR:
      return " (protocol error)";
    case HEIN_WS_UNSUPPORTED:
      return " (unsupported data)";
    case HEIN_WS_INVALID:
      return " (invalid data)";
    case 1008:
      return " (against the rules of the other side)";
    case HEIN_WS_TOO_LARGE:
      return " (message too large)";
    case 1010:
      return " (an extension is missing)";
    case 1011:
      return " (internal error)";
    case 1012:
      return " (restarting)";
    case 1013:
      return " (too busy)";
    default:
      return "";
    }
}

/* What is said back, and unless the other side was first: that code. */
static void
set_close (HeinWsStream *self, guint16 code)
{
  if (self->close_code == 0)
    self->close_code = self->heard_code != 0 ? self->heard_code : code;
}

/* RFC 6455, 7.4.2, and what was registered since. */
static gboolean
may_be_said (guint16 code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

static gboolean
is_in_order (guint16 code)
{
  return code == HEIN_WS_NORMAL || code == HEIN_WS_GOING_AWAY ||
         code == HEIN_WS_NO_CODE;
}

static void
say_close (HeinWsStream *self, guint16 code)
{
  if (self->close_code == 0)
    self->close_code = code;
  hein_ws_emit_control (self, NULL); /* the next use of a broken one fails */
}

void
hein_ws_fail (HeinWsStream *self, guint16 code, const char *why)
{
  self->failure =
    g_error_new_literal (HEIN_ERROR,
                         code == HEIN_WS_TOO_LARGE ? HEIN_ERROR_TOO_LARGE
                                                   : HEIN_ERROR_PROTOCOL,
                         why);
  say_close (self, code);
}

static void
take_reason (HeinWsStream *self, guint16 code, const char *text, gsize size)
{
  g_autofree char *given = g_strndup (text, size);
  g_autofree char *reason = hein_option_dup_printable (given);

  self->failure =
    g_error_new (HEIN_ERROR, HEIN_ERROR_CLOSED,
                 "the other side closed the WebSocket: %u%s%s%s", code,
                 get_meaning (code), size > 0 ? ": " : "", reason);
}

/* An end in order is answered when this side ends, too, as with a socket: until
 * then it may say more, such as what it has taken. */
static void
take_close (HeinWsStream *self, const guint8 *data, gsize size)
{
  const char *text = (const char *) data + MIN (size, 2);
  guint16 code = HEIN_WS_NO_CODE;

  if (size == 1)
    {
      hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR,
                    "the other side closes with half a code");
      return;
    }
  if (size > 0)
    code = (guint16) (data[0] << 8 | data[1]);
  if (size > 0 && !may_be_said (code))
    {
      hein_ws_fail (self, HEIN_WS_PROTOCOL_ERROR,
                    "the other side closes with a code that nobody may say");
      return;
    }
  if (size > 2 && !g_utf8_validate (text, size - 2, NULL))
    {
      hein_ws_fail (self, HEIN_WS_INVALID,
                    "the other side closes with a reason that is not UTF-8");
      return;
    }
  self->heard_code = code == HEIN_WS_NO_CODE ? HEIN_WS_NORMAL : code;
  self->has_ended = is_in_order (code);
  if (self->has_ended)
    return;
  take_reason (self, code, text, size - 2);
  say_close (self, code);
}

/* Of several pings that come while nothing can be sent, the last one is
 * answered. */
static void
take_ping (HeinWsStream *self, GByteArray *payload)
{
  g_clear_pointer (&self->pong, g_byte_array_unref);
  self->pong = g_byte_array_ref (payload);
  hein_ws_emit_control (self, NULL);
}

void
hein_ws_take_control (HeinWsStream *self)
{
  g_autoptr (GByteArray) payload = g_steal_pointer (&self->arrival.control);

  if (self->arrival.frame.opcode == HEIN_WS_PING)
    take_ping (self, payload);
  else if (self->arrival.frame.opcode == HEIN_WS_CLOSE)
    take_close (self, payload->data, payload->len);
}

/* ---- what this side does ---- */

void
hein_ws_shut_down_write (HeinStream *stream)
{
  HeinWsStream *self = (HeinWsStream *) stream;

  set_close (self, HEIN_WS_NORMAL);
  self->shuts = TRUE;
  hein_ws_flush (stream, NULL);
}

gboolean
hein_ws_reset_at_close (HeinStream *stream)
{
  HeinWsStream *self = (HeinWsStream *) stream;

  self->is_silent = TRUE;
  return hein_stream_reset_at_close (self->inner);
}

/* A forked child says nothing: the connection is its parent's. */
void
hein_ws_close (HeinStream *stream)
{
  HeinWsStream *self = (HeinWsStream *) stream;

  if (self->pid == getpid () && stream->is_open && !self->is_silent)
    {
      set_close (self, HEIN_WS_GOING_AWAY);
      hein_ws_flush (stream, NULL);
    }
  g_clear_pointer (&self->shake, hein_ws_shake_free);
  g_clear_pointer (&self->zws, hein_ws_zws_free);
  g_clear_pointer (&self->arrival.control, g_byte_array_unref);
  g_clear_pointer (&self->pong, g_byte_array_unref);
  g_clear_pointer (&self->out, g_byte_array_unref);
  g_clear_error (&self->failure);
  g_free (self->in.data);
  hein_stream_close (self->inner);
  g_free (self);
}
