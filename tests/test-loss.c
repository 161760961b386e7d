/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

/* What a transport tells of losses and of trouble, and how a program hears of
 * it. U5: the fault that it stands for. */

/* ---- a transport that does what the test says ---- */

typedef struct
{
  HeinTransport parent_instance;

  guint n_paused;
  guint n_resumed;
} TestLossy;
typedef HeinTransportClass TestLossyClass;

static TestLossy *opened; /* borrowed: the one that was opened last */

static GType test_lossy_get_type (void);
G_DEFINE_TYPE (TestLossy, test_lossy, HEIN_TYPE_TRANSPORT)

static gboolean
test_lossy_begin_open (HeinTransport *transport,
                       HeinEndpoint *endpoint,
                       GTask *task,
                       GError **error)
{
  opened = (TestLossy *) transport;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static void
test_lossy_pause (HeinTransport *transport, HeinPeer *peer, gboolean paused)
{
  TestLossy *self = (TestLossy *) transport;

  if (paused)
    self->n_paused++;
  else
    self->n_resumed++;
}

static void
test_lossy_class_init (TestLossyClass *class)
{
  class->begin_open = test_lossy_begin_open;
  class->pause = test_lossy_pause;
}

static void
test_lossy_init (TestLossy *self)
{
}

/* ---- a bus that notes what it is told, in order ---- */

typedef struct
{
  HeinTestBus *bus;
  HeinEndpoint *endpoint; /* borrowed */
  HeinTransport *transport;
  HeinPeer *peer; /* owned */
  GString *told;
  guint64 n_dropped; /* by the signal */
} Fixture;

static void
note_message (Fixture *self, HeinMessage *message)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_string_append_printf (self->told, "%s ", text);
}

static void
on_lost (
  HeinBus *bus, HeinPeer *peer, guint64 first, guint64 n, gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_true (peer == self->peer);
  g_string_append_printf (self->told,
                          "%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT " ", first,
                          n);
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            gpointer user_data)
{
  Fixture *self = user_data;

  g_assert_cmpint (reason, ==, HEIN_DROP_REASON_LOST);
  g_assert_true (peer == self->peer);
  self->n_dropped += n_messages;
}

static void
on_removed (HeinBus *bus, HeinPeer *peer, GError *error, gpointer user_data)
{
  g_string_append (((Fixture *) user_data)->told, "gone ");
}

static Fixture *
fixture_new (void)
{
  Fixture *self = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  self->told = g_string_new (NULL);
  self->bus = hein_test_bus_new ("bus");
  hein_test_bus_set_takes (self->bus, FALSE);
  self->endpoint = hein_test_bus_listen (self->bus, "lossy://x");
  self->transport = HEIN_TRANSPORT (opened);
  hein_test_wait (hein_endpoint_get_state (self->endpoint) ==
                  HEIN_ENDPOINT_STATE_OPEN);
  self->peer =
    hein_transport_add_peer (self->transport, "sender", NULL, NULL, &error);
  g_assert_no_error (error);
  g_object_ref (self->peer);
  hein_test_wait (self->bus->added->len == 1);
  g_signal_connect (self->bus->bus, "messages-lost", G_CALLBACK (on_lost),
                    self);
  g_signal_connect (self->bus->bus, "dropped", G_CALLBACK (on_dropped), self);
  g_signal_connect (self->bus->bus, "peer-removed", G_CALLBACK (on_removed),
                    self);
  return self;
}

static void
fixture_free (Fixture *self)
{
  g_signal_handlers_disconnect_by_data (self->bus->bus, self);
  g_object_unref (self->peer);
  hein_test_bus_free (self->bus);
  g_string_free (self->told, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static void
deliver (Fixture *self, const char *text)
{
  hein_transport_deliver_data (self->transport, self->peer, "", 0,
                               (const guint8 *) text, strlen (text));
}

/* Two gaps, one of them with nothing in between. */
static void
deliver_with_gaps (Fixture *self)
{
  deliver (self, "a");
  deliver (self, "b");
  hein_transport_lose (self->transport, self->peer, 2, 3);
  hein_transport_lose (self->transport, self->peer, 5, 0);
  hein_transport_lose (self->transport, self->peer, 7, 1);
  deliver (self, "c");
  hein_transport_lose (self->transport, self->peer,
                       G_GUINT64_CONSTANT (1) << 40, 2);
}

static void
assert_told (Fixture *self)
{
  hein_test_wait (self->n_dropped == 3 + 1 + 2 &&
                  g_str_has_suffix (self->told->str, "1099511627776+2 "));
  g_assert_cmpstr (self->told->str, ==, "a b 2+3 7+1 c 1099511627776+2 ");
  g_assert_cmpuint (hein_bus_get_n_dropped (self->bus->bus,
                                            HEIN_DROP_REASON_LOST),
                    ==, 6);
  g_assert_cmpuint (hein_peer_get_messages_dropped (self->peer), ==, 6);
  g_assert_cmpuint (hein_bus_get_memory_used (self->bus->bus), ==, 0);
}

/* ---- U5: once, and in its place ---- */

static void
on_handled (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  note_message (user_data, message);
}

static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer user_data)
{
  for (guint i = 0; i < messages->len; i++)
    note_message (user_data, messages->pdata[i]);
}

static void
test_handler (void)
{
  g_autoptr (Fixture) self = fixture_new ();

  hein_bus_set_handler (self->bus->bus, on_handled, self, NULL);
  deliver_with_gaps (self);
  assert_told (self);
}

static void
test_signal (gconstpointer name)
{
  g_autoptr (Fixture) self = fixture_new ();

  g_signal_connect (self->bus->bus, name,
                    g_str_equal (name, "messages") ? G_CALLBACK (on_messages)
                                                   : G_CALLBACK (on_handled),
                    self);
  deliver_with_gaps (self);
  assert_told (self);
}

/* Before what is behind the gap can be taken. */
static void
test_receive (void)
{
  g_autoptr (Fixture) self = fixture_new ();

  deliver_with_gaps (self);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (HeinMessage) message =
        hein_bus_receive (self->bus->bus, 5000, &error);

      g_assert_no_error (error);
      if (i == 2)
        g_assert_nonnull (strstr (self->told->str, "2+3 7+1 "));
      note_message (self, message);
    }
  g_assert_true (g_str_has_suffix (self->told->str, "c "));
  hein_test_wait (self->n_dropped == 6);
}

/* ---- the end ---- */

/* Before it is gone it is told; afterwards it is only counted. */
static void
test_gone (void)
{
  g_autoptr (Fixture) self = fixture_new ();

  hein_bus_set_handler (self->bus->bus, on_handled, self, NULL);
  deliver (self, "a");
  hein_transport_lose (self->transport, self->peer, 1, 2);
  hein_transport_remove_peer (self->transport, self->peer, NULL);
  hein_transport_lose (self->transport, self->peer, 3, 4);
  hein_test_wait (self->n_dropped == 6 &&
                  g_str_has_suffix (self->told->str, "gone "));
  g_assert_cmpstr (self->told->str, ==, "a 1+2 gone ");
}

static void
on_lost_close (
  HeinBus *bus, HeinPeer *peer, guint64 first, guint64 n, gpointer user_data)
{
  hein_bus_close (bus);
}

static void
test_close_in_handler (void)
{
  g_autoptr (Fixture) self = fixture_new ();

  hein_bus_set_handler (self->bus->bus, on_handled, self, NULL);
  g_signal_connect (self->bus->bus, "messages-lost", G_CALLBACK (on_lost_close),
                    NULL);
  deliver_with_gaps (self);
  assert_told (self);
  g_assert_true (hein_bus_get_is_closed (self->bus->bus));
}

static void
on_lost_unref (
  HeinBus *bus, HeinPeer *peer, guint64 first, guint64 n, gpointer user_data)
{
  HeinBus **owned = user_data;

  g_clear_object (owned);
}

/* The last reference goes while losses wait. */
static void
test_unref_in_handler (void)
{
  HeinBus *bus = hein_bus_new ("bus");
  HeinPeer *peer;

  g_object_add_weak_pointer (G_OBJECT (bus), (gpointer *) &bus);
  g_assert_nonnull (hein_bus_listen (bus, "lossy://x", NULL));
  peer = hein_transport_add_peer (HEIN_TRANSPORT (opened), "sender", NULL, NULL,
                                  NULL);
  g_signal_connect (bus, "messages-lost", G_CALLBACK (on_lost_unref), &bus);
  for (guint i = 0; i < 3; i++)
    hein_transport_lose (HEIN_TRANSPORT (opened), peer, i, 1);
  hein_test_wait (bus == NULL);
}

/* ---- who loses without end ---- */

static void
test_is_bounded (void)
{
  g_autoptr (Fixture) self = fixture_new ();
  TestLossy *transport = opened;
  guint64 n = 0;

  g_object_set (self->bus->bus, "receive-limit", G_GUINT64_CONSTANT (65536),
                NULL);
  while (transport->n_paused == 0)
    {
      g_assert_cmpuint (n, <, 1000);
      hein_transport_lose (self->transport, self->peer, 2 * n++, 1);
    }
  hein_test_wait (transport->n_resumed == 1);
  hein_test_wait (hein_bus_get_memory_used (self->bus->bus) == 0);
  g_assert_cmpuint (self->n_dropped, ==, n);
}

/* ---- trouble ---- */

/* A warning is told, and nothing else: the endpoint works on. */
static void
test_warn (void)
{
  g_autoptr (Fixture) self = fixture_new ();
  g_autoptr (GError) error =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_PROTOCOL, "noise");

  hein_transport_warn (self->transport, error);
  g_assert_cmpuint (self->bus->n_failed, ==, 0);
  hein_test_wait (self->bus->n_failed == 1);
  g_assert_error (self->bus->failure, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_cmpstr (self->bus->failure->message, ==, "lossy://x: noise");
  g_assert_null (hein_endpoint_get_error (self->endpoint));
  g_assert_cmpint (hein_endpoint_get_state (self->endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  hein_transport_fail (self->transport, error);
  hein_test_wait (self->bus->n_failed == 2);
  g_assert_error (hein_endpoint_get_error (self->endpoint), HEIN_ERROR,
                  HEIN_ERROR_PROTOCOL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("lossy", test_lossy_get_type (), NULL));
  g_test_add_func ("/loss/place/handler", test_handler);
  g_test_add_data_func ("/loss/place/message", "message", test_signal);
  g_test_add_data_func ("/loss/place/messages", "messages", test_signal);
  g_test_add_func ("/loss/place/receive", test_receive);
  g_test_add_func ("/loss/gone", test_gone);
  g_test_add_func ("/loss/close-in-handler", test_close_in_handler);
  g_test_add_func ("/loss/unref-in-handler", test_unref_in_handler);
  g_test_add_func ("/loss/bounded", test_is_bounded);
  g_test_add_func ("/loss/warn", test_warn);
  return g_test_run ();
}
