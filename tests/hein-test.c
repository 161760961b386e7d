/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

#include <string.h>

#include <signal.h>
#include <sys/wait.h>

static gboolean
on_time_out (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

gint64
hein_test_get_patience (void)
{
  const char *seconds = g_getenv ("HEIN_TEST_PATIENCE");

  return seconds != NULL ? g_ascii_strtoll (seconds, NULL, 10) : 20;
}

guint
hein_test_count_entries (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

gboolean
hein_test_turn (gint64 end_us)
{
  GMainContext *context = g_main_context_get_thread_default ();
  g_autoptr (GSource) source = NULL;
  gint64 left_us = end_us - g_get_monotonic_time ();

  if (left_us <= 0)
    return FALSE;
  source = g_timeout_source_new ((guint) (left_us / 1000) + 1);
  g_source_set_callback (source, on_time_out, NULL, NULL);
  g_source_attach (source, context);
  g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
  return TRUE;
}

static char **other_program;

void
hein_test_set_program (const char *const *program)
{
  g_strfreev (other_program);
  other_program = g_strdupv ((char **) program);
}

GSubprocess *
hein_test_spawn (const char *option, const char *argument)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *wrapper = g_getenv ("HEIN_TEST_WRAPPER"); /* an emulator */
  g_auto (GStrv) words = g_strsplit (wrapper != NULL ? wrapper : "", " ", -1);
  g_autoptr (GError) error = NULL;
  g_autofree char *this_program = g_file_read_link ("/proc/self/exe", &error);
  g_auto (GStrv) argv = NULL;
  GSubprocess *process;

  g_assert_no_error (error);
  if (other_program != NULL)
    g_strv_builder_addv (builder, (const char **) other_program);
  else
    {
      if (wrapper != NULL && *wrapper != '\0')
        g_strv_builder_addv (builder, (const char **) words);
      g_strv_builder_add (builder, this_program);
    }
  g_strv_builder_add_many (builder, option, argument, NULL);
  argv = g_strv_builder_end (builder);
  process = g_subprocess_newv ((const char *const *) argv,
                               G_SUBPROCESS_FLAGS_NONE, &error);
  g_assert_no_error (error);
  return process;
}

void
hein_test_stop (GSubprocess *process)
{
  const gint64 pid =
    g_ascii_strtoll (g_subprocess_get_identifier (process), NULL, 10);
  siginfo_t info;

  g_subprocess_send_signal (process, SIGSTOP);
  g_assert_cmpint (waitid (P_PID, pid, &info, WSTOPPED | WNOWAIT), ==, 0);
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, gpointer data)
{
  HeinTestBus *self = data;

  g_ptr_array_add (self->added, g_object_ref (peer));
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 gpointer data)
{
  HeinTestBus *self = data;

  g_ptr_array_add (self->removed, g_object_ref (peer));
  g_clear_error (&self->reason);
  if (error != NULL)
    self->reason = g_error_copy (error);
}

static void
on_ready (HeinBus *bus, gpointer data)
{
  HeinTestBus *self = data;

  self->n_ready++;
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           gpointer data)
{
  HeinTestBus *self = data;

  self->n_failed++;
  g_clear_error (&self->failure);
  self->failure = g_error_copy (error);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  HeinTestBus *self = data;

  g_ptr_array_add (self->messages, hein_message_ref (message));
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n,
            guint64 n_bytes,
            gpointer data)
{
  HeinTestBus *self = data;

  self->dropped_bytes[reason] += n_bytes;
}

HeinTestBus *
hein_test_bus_new (const char *name)
{
  HeinTestBus *self = g_new0 (HeinTestBus, 1);

  self->bus = hein_bus_new (name);
  self->added = g_ptr_array_new_with_free_func (g_object_unref);
  self->removed = g_ptr_array_new_with_free_func (g_object_unref);
  self->messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_object_set (self->bus, "reconnect-min-ms", 1, "reconnect-max-ms", 20,
                "linger-ms", (guint) hein_test_get_patience () * 1000, NULL);
  g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_peer_removed),
                    self);
  g_signal_connect (self->bus, "ready", G_CALLBACK (on_ready), self);
  g_signal_connect (self->bus, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->bus, "dropped", G_CALLBACK (on_dropped), self);
  hein_test_bus_set_takes (self, TRUE);
  return self;
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  gboolean *is_done = data;

  hein_bus_close_finish (HEIN_BUS (source), result, NULL);
  *is_done = TRUE;
}

void
hein_test_bus_close (HeinTestBus *self)
{
  gboolean is_done = FALSE;

  hein_bus_close_async (self->bus, NULL, on_closed, &is_done);
  hein_test_wait (is_done);
}

void
hein_test_bus_free (HeinTestBus *self)
{
  g_ptr_array_unref (self->messages);
  g_ptr_array_unref (self->added);
  g_ptr_array_unref (self->removed);
  g_signal_handlers_disconnect_by_data (self->bus, self);
  hein_bus_set_handler (self->bus, NULL, NULL, NULL);
  g_object_set (self->bus, "linger-ms", 0, NULL);
  hein_test_bus_close (self);
  g_assert_finalize_object (self->bus);
  g_clear_error (&self->failure);
  g_clear_error (&self->reason);
  g_free (self);
}

void
hein_test_bus_set_takes (HeinTestBus *self, gboolean takes)
{
  hein_bus_set_handler (self->bus, takes ? on_message : NULL, self, NULL);
}

HeinEndpoint *
hein_test_bus_listen (HeinTestBus *self, const char *uri)
{
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_bus_listen (self->bus, uri, &error);

  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  return endpoint;
}

HeinEndpoint *
hein_test_bus_dial (HeinTestBus *self, const char *uri)
{
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_bus_dial (self->bus, uri, &error);

  g_assert_no_error (error);
  g_assert_nonnull (endpoint);
  return endpoint;
}

guint
hein_test_bus_count_peers (HeinTestBus *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  guint n = 0;

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    n += hein_peer_get_accepts_messages (hein_peers_get_peer (peers, i));
  return n;
}

HeinPeer *
hein_test_bus_find_peer (HeinTestBus *self, const char *name)
{
  return hein_peers_lookup (hein_bus_get_peers (self->bus), name);
}

void
hein_test_bus_send (HeinTestBus *self,
                    const char *name,
                    const char *topic,
                    const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  ok = name != NULL ? hein_bus_send_to (self->bus, name, message, &error)
                    : hein_bus_send (self->bus, message, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

char *
hein_test_bus_dup_text (HeinTestBus *self, guint index)
{
  g_autoptr (GError) error = NULL;
  char *text;

  g_assert_cmpuint (index, <, self->messages->len);
  text =
    hein_message_dup_text (g_ptr_array_index (self->messages, index), &error);
  g_assert_no_error (error);
  return text;
}

void
hein_test_bus_hold_up (HeinTestBus *self)
{
  g_object_set (self->bus, "receive-limit", (guint64) 1, NULL);
  hein_test_bus_set_takes (self, FALSE);
}

gboolean
hein_test_bus_send_number (HeinTestBus *self,
                           const char *topic,
                           guint32 number,
                           gsize size)
{
  g_autofree guint8 *data = g_malloc0 (size);
  g_autoptr (HeinMessage) message = NULL;

  memcpy (data, &number, sizeof number);
  message = hein_message_new_data (topic, data, size);
  return hein_bus_send (self->bus, message, NULL);
}

guint32
hein_test_get_number (HeinMessage *message)
{
  guint32 number;

  memcpy (&number, hein_message_peek_data (message, NULL), sizeof number);
  return number;
}

guint64
hein_test_bus_count_dropped (HeinTestBus *self)
{
  guint64 n = 0;

  for (int reason = 0; reason <= HEIN_DROP_REASON_FORBIDDEN; reason++)
    n += hein_bus_get_n_dropped (self->bus, reason);
  return n;
}

guint64
hein_test_bus_count_dropped_bytes (HeinTestBus *self)
{
  guint64 n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (self->dropped_bytes); i++)
    n += self->dropped_bytes[i];
  return n;
}
