/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

/* Properties notify when a turn ends, as bindings of a user interface need it. */

#define LOOPBACK "tcp://127.0.0.1:0"

/* What a label would show, by g_object_bind_property(). */
typedef struct
{
  GObject parent_instance;
  HeinEndpointState state;
  gboolean is_on;
  char *text;
  guint n_changes;
} Label;

typedef GObjectClass LabelClass;

enum
{
  PROP_0,
  PROP_STATE,
  PROP_IS_ON,
  PROP_TEXT
};

static GType label_get_type (void);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Label, g_object_unref)
G_DEFINE_TYPE (Label, label, G_TYPE_OBJECT)

static void
label_set_property (GObject *object,
                    guint prop_id,
                    const GValue *value,
                    GParamSpec *pspec)
{
  Label *self = (Label *) object;

  self->n_changes++;
  if (prop_id == PROP_STATE)
    self->state = g_value_get_enum (value);
  else if (prop_id == PROP_IS_ON)
    self->is_on = g_value_get_boolean (value);
  else
    {
      g_free (self->text);
      self->text = g_value_dup_string (value);
    }
}

static void
label_finalize (GObject *object)
{
  g_free (((Label *) object)->text);
  G_OBJECT_CLASS (label_parent_class)->finalize (object);
}

static void
label_class_init (LabelClass *class)
{
  class->set_property = label_set_property;
  class->finalize = label_finalize;
  g_object_class_install_property (
    class, PROP_STATE,
    g_param_spec_enum ("state", NULL, NULL, HEIN_TYPE_ENDPOINT_STATE,
                       HEIN_ENDPOINT_STATE_OPENING, G_PARAM_WRITABLE));
  g_object_class_install_property (class, PROP_IS_ON,
                                   g_param_spec_boolean ("is-on", NULL, NULL,
                                                         FALSE,
                                                         G_PARAM_WRITABLE));
  g_object_class_install_property (class, PROP_TEXT,
                                   g_param_spec_string ("text", NULL, NULL,
                                                        NULL,
                                                        G_PARAM_WRITABLE));
}

static void
label_init (Label *self)
{
}

static Label *
show (gpointer source, const char *property, const char *as)
{
  Label *self = g_object_new (label_get_type (), NULL);

  g_object_bind_property (source, property, self, as, G_BINDING_SYNC_CREATE);
  return self;
}

static void
connect_two (HeinTestBus *one, HeinTestBus *two, const char *uri)
{
  HeinEndpoint *endpoint = hein_test_bus_listen (one, uri);

  hein_test_bus_dial (two, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (one) == 1 &&
                  hein_test_bus_count_peers (two) == 1);
}

/* A label follows an endpoint as it waits, opens, and is closed. */
static void
test_endpoint (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, LOOPBACK)));
  g_autoptr (HeinEndpoint) dialled =
    g_object_ref (hein_test_bus_dial (kirk, uri));
  g_autoptr (Label) state = show (dialled, "state", "state");

  g_assert_cmpint (state->state, ==, HEIN_ENDPOINT_STATE_OPENING);
  hein_test_wait (state->state == HEIN_ENDPOINT_STATE_OPEN);
  hein_test_bus_close (hub);
  hein_test_wait (state->state == HEIN_ENDPOINT_STATE_WAITING);
  hein_endpoint_close (dialled);
  g_assert_cmpint (hein_endpoint_get_state (dialled), ==,
                   HEIN_ENDPOINT_STATE_CLOSED);
  hein_test_wait (state->state == HEIN_ENDPOINT_STATE_CLOSED);
}

static void
on_error (HeinEndpoint *endpoint, GParamSpec *pspec, guint *n)
{
  g_assert_cmpstr (pspec->name, ==, "error");
  ++*n;
}

/* What keeps a dial from coming up is told once, not at each new try; and that
 * it is forgotten. */
static void
test_error (void)
{
  g_autoptr (HeinTestBus) gone = hein_test_bus_new ("gone");
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autofree char *uri = g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (gone, LOOPBACK)));
  HeinEndpoint *dialled;
  guint n_errors = 0;
  g_autoptr (Label) state = NULL;

  hein_test_bus_close (gone);
  dialled = hein_test_bus_dial (kirk, uri);
  g_signal_connect (dialled, "notify::error", G_CALLBACK (on_error), &n_errors);
  state = show (dialled, "state", "state");
  hein_test_wait (n_errors > 0);
  g_assert_nonnull (hein_endpoint_get_error (dialled));
  /* several tries that are refused alike */
  hein_test_wait (state->n_changes >= 9);
  g_assert_cmpuint (n_errors, ==, 1);
  hein_test_bus_listen (hub, uri);
  hein_test_wait (n_errors == 2);
  g_assert_null (hein_endpoint_get_error (dialled));
  g_assert_cmpint (state->state, ==, HEIN_ENDPOINT_STATE_OPEN);
}

/* That a peer is gone is told behind `peer-removed`, in the same turn. */
static void
on_up (HeinPeer *peer, GParamSpec *pspec, HeinTestBus *hub)
{
  g_assert_false (hein_peer_get_is_up (peer));
  g_assert_cmpuint (hub->removed->len, ==, 1);
}

static void
test_peer (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (Label) up = NULL;
  g_autoptr (Label) accepts = NULL;
  HeinPeer *peer;

  connect_two (hub, kirk, LOOPBACK);
  peer = hein_test_bus_find_peer (hub, "kirk");
  up = show (peer, "is-up", "is-on");
  accepts = show (peer, "accepts-messages", "is-on");
  g_signal_connect (peer, "notify::is-up", G_CALLBACK (on_up), hub);
  g_assert_true (up->is_on && accepts->is_on);
  hein_test_bus_close (kirk);
  hein_test_wait (!up->is_on);
  g_assert_false (accepts->is_on);
  g_assert_cmpuint (up->n_changes, ==, 2);
}

/* A peer that does not read is full, and is not once it does. */
static void
test_room (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (HeinTestBus) kirk = hein_test_bus_new ("kirk");
  g_autoptr (GBytes) payload = g_bytes_new_take (g_malloc0 (20000), 20000);
  g_autoptr (HeinMessage) message = hein_message_new ("t", payload);
  g_autoptr (Label) room = NULL;

  g_object_set (hub->bus, "send-limit", (guint64) 100000, "overflow",
                HEIN_OVERFLOW_WAIT, NULL);
  g_object_set (kirk->bus, "receive-limit", (guint64) 100000, NULL);
  hein_test_bus_set_takes (kirk, FALSE);
  connect_two (hub, kirk, LOOPBACK);
  room = show (hein_test_bus_find_peer (hub, "kirk"), "has-room", "is-on");
  g_assert_true (room->is_on);
  while (room->is_on)
    {
      while (hein_bus_send (hub->bus, message, NULL))
        ;
      hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
    }
  while (!room->is_on)
    {
      g_ptr_array_unref (hein_bus_take (kirk->bus, G_MAXUINT));
      hein_test_turn (g_get_monotonic_time () + HEIN_TEST_WAIT_US);
    }
}

/* A transport that tells where it is when a test says so. */
#define TYPE_TELLER (teller_get_type ())
G_DECLARE_FINAL_TYPE (Teller, teller, , TELLER, HeinTransport)

struct _Teller
{
  HeinTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (Teller, teller, HEIN_TYPE_TRANSPORT)

static HeinTransport *teller; /* borrowed: the one that was opened last */

static gboolean
teller_begin_open (HeinTransport *transport,
                   HeinEndpoint *endpoint,
                   GTask *task,
                   GError **error)
{
  teller = transport;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static void
teller_class_init (TellerClass *class)
{
  HEIN_TRANSPORT_CLASS (class)->begin_open = teller_begin_open;
}

static void
teller_init (Teller *self)
{
}

/* A transport knows its address, and says where it is; what changes twice in a
 * turn is told once. */
static void
test_bound (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  HeinEndpoint *endpoint;
  g_autofree char *uri = NULL;

  g_assert_true (hein_plugin_add ("teller", TYPE_TELLER, NULL));
  endpoint = hein_test_bus_listen (hub, "teller://here:7/there");
  g_assert_cmpstr (hein_transport_get_host (teller), ==, "here");
  g_assert_cmpint (hein_transport_get_port (teller), ==, 7);
  g_assert_cmpstr (hein_transport_get_path (teller), ==, "/there");
  g_object_get (endpoint, "bound-uri", &uri, NULL);
  g_assert_cmpstr (uri, ==, hein_endpoint_get_bound_uri (endpoint));
  {
    g_autoptr (Label) label = show (endpoint, "bound-uri", "text");

    hein_transport_set_bound_uri (teller, "tcp://one:1");
    hein_transport_set_bound_uri (teller, "tcp://two:2");
    g_assert_cmpstr (label->text, ==, uri);
    hein_test_wait (g_strcmp0 (label->text, "tcp://two:2") == 0);
    g_assert_cmpuint (label->n_changes, ==, 2);
  }
}

static void
test_closed (void)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autoptr (Label) closed = show (hub->bus, "is-closed", "is-on");

  g_assert_false (closed->is_on);
  hein_bus_close (hub->bus);
  hein_test_wait (closed->is_on);
  g_assert_cmpuint (closed->n_changes, ==, 2);
}

/* ---- handlers may do anything ---- */

typedef enum
{
  DEED_CLOSE,
  DEED_DISPOSE,
  DEED_UNREF,
  DEED_CLOSE_ENDPOINT,
  DEED_TURN,
  N_DEEDS
} Deed;

typedef struct
{
  HeinBus *bus; /* owned, nullable */
  HeinEndpoint *endpoint;
  Deed deed;
  guint n_calls;
} Doer;

static void
on_state (HeinEndpoint *endpoint, GParamSpec *pspec, Doer *self)
{
  if (self->n_calls++ > 0)
    return;
  switch (self->deed)
    {
    case DEED_CLOSE:
      hein_bus_close (self->bus);
      break;
    case DEED_DISPOSE:
      g_object_run_dispose (G_OBJECT (self->bus));
      break;
    case DEED_UNREF:
      g_clear_object (&self->bus);
      break;
    case DEED_CLOSE_ENDPOINT:
      hein_endpoint_close (endpoint);
      break;
    case DEED_TURN:
      g_main_context_iteration (NULL, FALSE);
      break;
    case N_DEEDS:
    default:
      g_assert_not_reached ();
    }
}

static void
test_deed (gconstpointer data)
{
  g_autoptr (HeinTestBus) hub = hein_test_bus_new ("hub");
  g_autofree char *uri = g_strdup (
    hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, LOOPBACK)));
  Doer doer = { hein_bus_new ("doer"), NULL, GPOINTER_TO_INT (data), 0 };
  g_autoptr (HeinEndpoint) endpoint = NULL;

  endpoint = g_object_ref (hein_bus_dial (doer.bus, uri, NULL));
  g_signal_connect (endpoint, "notify::state", G_CALLBACK (on_state), &doer);
  hein_test_wait (doer.n_calls > 0);
  g_signal_handlers_disconnect_by_data (endpoint, &doer);
  if (doer.bus != NULL)
    {
      g_object_add_weak_pointer (G_OBJECT (doer.bus), (gpointer *) &doer.bus);
      g_object_unref (doer.bus);
    }
  g_assert_null (doer.bus);
}

static void
on_notified (HeinBus *bus, GParamSpec *pspec, guint *n)
{
  *n += 1;
}

/* Another value of the same type, which the property can have. */
static void
set_other (GParamSpec *pspec, GValue *value)
{
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, !g_value_get_boolean (value));
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    g_value_set_enum (value, g_value_get_enum (value) + 1);
  else if (G_IS_PARAM_SPEC_UINT (pspec))
    g_value_set_uint (value, g_value_get_uint (value) + 1);
  else
    g_value_set_uint64 (value, g_value_get_uint64 (value) - 1);
}

/* What is set to what it is already does not notify; another value does, once. */
static void
test_settings (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("bus");
  guint n_properties;
  g_autofree GParamSpec **properties =
    g_object_class_list_properties (G_OBJECT_GET_CLASS (bus), &n_properties);
  guint n_settings = 0;

  for (guint i = 0; i < n_properties; i++)
    {
      const char *name = properties[i]->name;
      g_autofree char *signal = g_strconcat ("notify::", name, NULL);
      g_auto (GValue) value = G_VALUE_INIT;
      guint n = 0;

      if (!(properties[i]->flags & G_PARAM_WRITABLE) ||
          g_str_equal (name, "name") || g_str_equal (name, "strategy"))
        continue;
      n_settings += 1;
      g_signal_connect (bus, signal, G_CALLBACK (on_notified), &n);
      g_object_get_property (G_OBJECT (bus), name, &value);
      g_object_set_property (G_OBJECT (bus), name, &value);
      g_assert_cmpuint (n, ==, 0);
      set_other (properties[i], &value);
      g_object_set_property (G_OBJECT (bus), name, &value);
      g_assert_cmpuint (n, ==, 1);
    }
  g_assert_cmpuint (n_settings, >=, 16);
}

int
main (int argc, char **argv)
{
  static const char *const deeds[N_DEEDS] = { "close", "dispose", "unref",
                                              "close-endpoint", "turn" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/notify/endpoint", test_endpoint);
  g_test_add_func ("/notify/error", test_error);
  g_test_add_func ("/notify/peer", test_peer);
  g_test_add_func ("/notify/room", test_room);
  g_test_add_func ("/notify/bound-uri", test_bound);
  g_test_add_func ("/notify/closed", test_closed);
  g_test_add_func ("/notify/settings", test_settings);
  for (guint i = 0; i < N_DEEDS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/notify/in/%s", deeds[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_deed);
    }
  return g_test_run ();
}
