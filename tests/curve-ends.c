/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/protocols/zmtp/hein-zmtp.h"
#include "curve-ends.h"
#include "plugin/hein-plugin-module.h"

/* Two ends of ZMTP with CURVE, and what tests do with them. */

extern const ZmtpCurveModule hein_curve_module;

Recorder *
curve_make (gboolean dialled,
            const char *key_file,
            const char *option,
            const char *value,
            const char *bus_name)
{
  HeinProtocol *protocol =
    g_object_new (HEIN_TYPE_ZMTP, "curve-key", key_file, option, value, NULL);

  /* the file of it would bring another hein than the one that is tested */
  hein_plugin_set_module (ZMTP_CURVE_MODULE, &hein_curve_module);
  return recorder_new (protocol, dialled, bus_name, NULL);
}

Recorder *
curve_make_server (CurveFiles *files)
{
  g_autofree char *key = curve_files_dup_path (files, "server.key_secret");
  g_autofree char *peers = curve_files_dup_path (files, "peers");

  return curve_make (FALSE, key, "curve-peers", peers, "spock");
}

Recorder *
curve_make_client (CurveFiles *files)
{
  g_autofree char *key = curve_files_dup_path (files, "client.key_secret");
  g_autofree char *server = curve_files_dup_path (files, "server.key");

  return curve_make (TRUE, key, "curve-server", server, "kirk");
}

CurveFiles *
curve_make_files (const char *metadata)
{
  CurveFiles *files = curve_files_new ();

  curve_files_make (files, "server", "");
  curve_files_make (files, "client", metadata);
  curve_files_let_in (files, "client");
  return files;
}

void
curve_ends_init (CurveEnds *self, const char *metadata)
{
  self->files = curve_make_files (metadata);
  self->server = curve_make_server (self->files);
  self->client = curve_make_client (self->files);
}

/* With files that serve many pairs. */
void
curve_ends_init_again (CurveEnds *self, CurveFiles *files)
{
  self->files = files;
  self->has_others_files = TRUE;
  self->server = curve_make_server (files);
  self->client = curve_make_client (files);
}

void
curve_ends_clear (CurveEnds *self)
{
  recorder_free (self->server);
  recorder_free (self->client);
  if (!self->has_others_files)
    curve_files_free (self->files);
}

void
curve_feed (Recorder *self, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size > 0 && !self->is_over)
    recorder_feed (self, data, size);
}

/* What one has said goes to the other. FALSE: it has said nothing. */
gboolean
curve_carry (Recorder *from, Recorder *to)
{
  g_autoptr (GBytes) bytes = recorder_take_written (from);

  curve_feed (to, bytes);
  return g_bytes_get_size (bytes) > 0;
}

void
curve_meet (CurveEnds *self)
{
  gboolean more = TRUE;

  while (more)
    {
      more = curve_carry (self->client, self->server);
      more |= curve_carry (self->server, self->client);
    }
}

void
curve_assert_up (CurveEnds *self)
{
  g_assert_no_error (self->server->failure);
  g_assert_no_error (self->client->failure);
  g_assert_true (self->server->is_ready);
  g_assert_true (self->client->is_ready);
}

void
curve_assert_refused (Recorder *self, int code, const char *words)
{
  g_assert_false (self->is_ready);
  g_assert_error (self->failure, HEIN_ERROR, code);
  if (strstr (self->failure->message, words) == NULL)
    g_error ("no \"%s\" in: %s", words, self->failure->message);
}

void
curve_say (Recorder *self, const char *topic, const char *text, gsize size)
{
  g_autoptr (HeinMessage) message =
    recorder_make_message (topic, NULL, text, size);

  g_assert_true (recorder_encode (self, message, NULL));
}

void
curve_exchange (Recorder *from, Recorder *to)
{
  g_autofree char *large = g_strnfill (90000, 'l');
  g_autoptr (GBytes) one = g_bytes_new_static ("one", 3);
  g_autoptr (GBytes) two = g_bytes_new_static ("two", 3);
  GBytes *parts[] = { one, two };
  g_autoptr (HeinMessage) several = hein_message_new_parts ("t", parts, 2);
  g_autoptr (HeinMessage) typed = MAKE ("t", "application/json", "{}");
  HeinMessage *got;

  curve_say (from, "topic", "payload", 7);
  curve_say (from, "", "", 0);
  g_assert_true (recorder_encode (from, several, NULL));
  g_assert_true (recorder_encode (from, typed, NULL));
  curve_say (from, "topic", large, 90000);
  recorder_ping (from);
  g_assert_true (curve_carry (from, to));
  g_assert_no_error (to->failure);
  g_assert_cmpuint (to->delivered->len, ==, 5);
  MESSAGE (to, 0, "topic", NULL, "payload");
  MESSAGE (to, 1, "", NULL, "");
  got = g_ptr_array_index (to->delivered, 2);
  g_assert_cmpuint (hein_message_get_n_parts (got), ==, 2);
  MESSAGE (to, 3, "t", "application/json", "{}");
  recorder_assert_message (to, 4, "topic", NULL, large, 90000);
  g_assert_true (curve_carry (to, from)); /* PONG */
  g_assert_no_error (from->failure);
}
