/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "line-pair.h"

#include <hein/hein.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/hein-link-state.h"
#include "link/hein-link.h"

#define LINE_TYPE_PROTOCOL (line_protocol_get_type ())
G_DECLARE_FINAL_TYPE (LineProtocol, line_protocol, LINE, PROTOCOL, HeinProtocol)

struct _LineProtocol
{
  HeinProtocol parent_instance;

  gboolean keeps;
  gboolean is_slow; /* to be ready */
  GQueue kept;      /* owned HeinMessage */
};

G_DEFINE_FINAL_TYPE (LineProtocol, line_protocol, HEIN_TYPE_PROTOCOL)

static void
say (HeinWire *wire, const char *format, const char *text)
{
  g_autofree char *line = g_strdup_printf (format, text);

  hein_wire_put (wire, (const guint8 *) line, strlen (line));
}

static void
hear (LineProtocol *self, HeinWire *wire, const char *line)
{
  const char *rest = strchr (line, ' ');

  if (g_str_equal (line, "keep"))
    self->keeps = TRUE;
  else if (g_str_equal (line, "slow"))
    self->is_slow = TRUE;
  else if (g_str_equal (line, "ready"))
    hein_wire_ready (wire);
  else if (g_str_equal (line, "heartbeat"))
    hein_wire_set_heartbeat (wire, TRUE);
  else if (g_str_has_prefix (line, "instance "))
    hein_wire_set_instance (wire, rest + 1);
  else if (g_str_has_prefix (line, "unique "))
    hein_wire_offer_name (wire, rest + 1, NULL, HEIN_NAME_RULE_UNIQUE);
  else if (g_str_has_prefix (line, "shared "))
    hein_wire_offer_name (wire, rest + 1, NULL, HEIN_NAME_RULE_SHARED);
  else if (g_str_equal (line, "made-up"))
    hein_wire_offer_name (wire, NULL, NULL, HEIN_NAME_RULE_MADE_UP);
  else if (g_str_equal (line, "pending") || g_str_equal (line, "done"))
    hein_wire_set_pending (wire, *line == 'p');
  else if (g_str_equal (line, "goodbye"))
    hein_wire_take_goodbye (wire);
  else if (!g_str_equal (line, "alive"))
    hein_wire_deliver_data (wire, "", 0, (const guint8 *) line, strlen (line));
}

static gssize
line_protocol_consume (HeinProtocol *protocol,
                       HeinWire *wire,
                       GBytes *bytes,
                       GError **error)
{
  gsize size;
  const char *start = g_bytes_get_data (bytes, &size);
  gsize used = 0;

  while (used < size)
    {
      const char *end = memchr (start + used, '\n', size - used);
      g_autofree char *line = NULL;

      if (end == NULL)
        break;
      line = g_strndup (start + used, end - start - used);
      used = end - start + 1;
      if (g_str_equal (line, "nonsense"))
        {
          g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL, line);
          return -1;
        }
      hear (LINE_PROTOCOL (protocol), wire, line);
    }
  return used;
}

static gboolean
line_protocol_encode (HeinProtocol *protocol,
                      HeinWire *wire,
                      HeinMessage *message,
                      GError **error)
{
  LineProtocol *self = LINE_PROTOCOL (protocol);
  g_autofree char *text = hein_message_dup_text (message, NULL);

  say (wire, "%s\n", text);
  if (self->keeps)
    g_queue_push_tail (&self->kept, hein_message_ref (message));
  return TRUE;
}

static void
line_protocol_admitted (HeinProtocol *protocol,
                        HeinWire *wire,
                        const GError *refusal)
{
  if (refusal == NULL)
    {
      say (wire, "welcome\n", NULL);
      if (!LINE_PROTOCOL (protocol)->is_slow)
        hein_wire_ready (wire);
    }
  else
    say (wire, "refused: %s\n", refusal->message);
}

static void
line_protocol_ping (HeinProtocol *protocol, HeinWire *wire)
{
  say (wire, "ping\n", NULL);
}

static void
line_protocol_finish (HeinProtocol *protocol, HeinWire *wire)
{
  say (wire, "bye\n", NULL);
}

static void
line_protocol_lost (HeinProtocol *protocol, HeinWire *wire)
{
  LineProtocol *self = LINE_PROTOCOL (protocol);

  while (self->kept.length > 0)
    {
      g_autoptr (HeinMessage) message = g_queue_pop_head (&self->kept);

      hein_wire_give_back (wire, message, HEIN_AUDIENCE_CHOSEN);
    }
}

static void
line_protocol_class_init (LineProtocolClass *klass)
{
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  protocol_class->consume = line_protocol_consume;
  protocol_class->encode = line_protocol_encode;
  protocol_class->admitted = line_protocol_admitted;
  protocol_class->ping = line_protocol_ping;
  protocol_class->finish = line_protocol_finish;
  protocol_class->lost = line_protocol_lost;
}

static void
line_protocol_init (LineProtocol *self)
{
}

void
line_pair_init (LinePair *self,
                HeinLinkHost *host,
                HeinLinkOwner *owner,
                gboolean is_dialled)
{
  int fds[2];
  HeinLinkParts parts = {
    .owner = owner,
    .protocol = g_object_new (LINE_TYPE_PROTOCOL, NULL),
    .is_dialled = is_dialled,
    .linger_ms = -1,
  };

  g_assert_cmpint (socketpair (AF_UNIX,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                               fds),
                   ==, 0);
  parts.stream = hein_stream_new_socket (fds[0]);
  self->fd = fds[1];
  self->link = hein_link_new (host, &parts);
  g_queue_push_tail_link (&owner->links, &self->link->in_owner);
}

void
line_pair_clear (LinePair *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

void
line_pair_write (LinePair *self, const char *lines)
{
  g_assert_cmpint (write (self->fd, lines, strlen (lines)), ==,
                   (gssize) strlen (lines));
}

char *
line_pair_read (LinePair *self)
{
  char buffer[4096];
  gssize n = read (self->fd, buffer, sizeof buffer);

  return g_strndup (buffer, MAX (n, 0));
}

void
line_pair_assert (LinePair *self, const char *expected)
{
  g_autofree char *lines = line_pair_read (self);

  g_assert_cmpstr (lines, ==, expected);
}

gboolean
line_pair_is_shut (LinePair *self)
{
  char byte;

  return recv (self->fd, &byte, 1, MSG_PEEK) == 0;
}

gboolean
line_pair_is_reset (LinePair *self)
{
  char byte;

  return recv (self->fd, &byte, 1, 0) < 0 && errno == ECONNRESET;
}
