/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test.h"

/*
 * Properties of whatever has some: the default is the one that is documented,
 * what is set is read back, and figures are those that the getters tell.
 */

/* ---- options of plugins ---- */

static void
assert_default (GObject *object, GParamSpec *pspec)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  g_object_get_property (object, pspec->name, &value);
  if (!g_param_value_defaults (pspec, &value))
    g_error ("%s:%s is not its default", G_OBJECT_TYPE_NAME (object),
             pspec->name);
}

/* Takes what is in @value. */
static void
assert_keeps (GObject *object, GParamSpec *pspec, GValue *value)
{
  g_auto (GValue) read = G_VALUE_INIT;

  g_object_set_property (object, pspec->name, value);
  g_value_init (&read, pspec->value_type);
  g_object_get_property (object, pspec->name, &read);
  if (g_param_values_cmp (pspec, value, &read) != 0)
    g_error ("%s:%s is not what was set", G_OBJECT_TYPE_NAME (object),
             pspec->name);
  g_value_unset (value);
}

static void
check_enum (GObject *object, GParamSpec *pspec)
{
  const GEnumClass *class = G_PARAM_SPEC_ENUM (pspec)->enum_class;

  for (guint i = 0; i < class->n_values; i++)
    {
      GValue value = G_VALUE_INIT;

      g_value_init (&value, pspec->value_type);
      g_value_set_enum (&value, class->values[i].value);
      assert_keeps (object, pspec, &value);
    }
}

/* Made what is nearest to @number among what is allowed. */
static void
check_number (GObject *object, GParamSpec *pspec, gint64 number)
{
  GValue value = G_VALUE_INIT;
  g_auto (GValue) source = G_VALUE_INIT;

  g_value_init (&source, G_TYPE_INT64);
  g_value_set_int64 (&source, number);
  g_value_init (&value, pspec->value_type);
  g_assert_true (g_value_transform (&source, &value));
  g_param_value_validate (pspec, &value);
  assert_keeps (object, pspec, &value);
}

static void
check_text (GObject *object, GParamSpec *pspec)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_value_set_string (&value, "kirk");
  assert_keeps (object, pspec, &value);
}

static void
check_option (GObject *object, GParamSpec *pspec)
{
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    check_enum (object, pspec);
  else if (pspec->value_type == G_TYPE_STRING)
    check_text (object, pspec);
  else if (pspec->value_type == G_TYPE_BOOLEAN ||
           g_value_type_transformable (G_TYPE_INT64, pspec->value_type))
    {
      check_number (object, pspec, 0);
      check_number (object, pspec, 1);
      check_number (object, pspec, G_MAXINT32);
    }
}

static guint
check_options (HeinPluginInfo *info)
{
  g_autoptr (GObject) object =
    g_object_new (hein_plugin_info_get_object_type (info), NULL);
  g_autofree GParamSpec **pspecs = NULL;
  guint n, n_checked = 0;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);
  for (guint i = 0; i < n; i++)
    if ((pspecs[i]->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE &&
        !(pspecs[i]->flags & G_PARAM_CONSTRUCT_ONLY))
      {
        assert_default (object, pspecs[i]);
        check_option (object, pspecs[i]);
        n_checked++;
      }
  return n_checked;
}

static void
test_plugins (void)
{
  g_autoptr (GListModel) list = hein_plugin_info_list ();
  guint n = 0;

  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (HeinPluginInfo) info = g_list_model_get_item (list, i);

      g_test_message ("%s", hein_plugin_info_get_name (info));
      n += check_options (info);
    }
  g_assert_cmpuint (n, >, 30);
}

/* ---- a peer ---- */

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
  HeinPeer *peer; /* kirk, as the hub sees him */
} Pair;

static void
meet (Pair *self, gconstpointer data)
{
  HeinEndpoint *endpoint;

  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
  endpoint = hein_test_bus_listen (self->hub, data);
  hein_test_bus_dial (self->kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
  self->peer = hein_test_bus_find_peer (self->hub, "kirk");
  hein_test_bus_send (self->hub, "kirk", "t", "down");
  hein_test_bus_send (self->kirk, "hub", "t", "up!!");
  hein_test_wait (self->hub->messages->len == 1 &&
                  self->kirk->messages->len == 1);
}

static void
part (Pair *self, gconstpointer data)
{
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
}

static void
test_who_it_is (Pair *self, gconstpointer data)
{
  HeinPeer *peer = self->peer;
  g_autofree char *name = NULL, *instance = NULL, *transport = NULL;
  g_autofree char *protocol = NULL;
  g_autoptr (GBytes) identity = NULL;
  g_autoptr (HeinEndpoint) endpoint = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  HeinOrigin origin;

  g_object_get (peer, "name", &name, "instance", &instance, "transport-name",
                &transport, "protocol-name", &protocol, "raw-identity",
                &identity, "endpoint", &endpoint, "address", &address, "origin",
                &origin, NULL);
  g_assert_cmpstr (name, ==, "kirk");
  g_assert_cmpstr (instance, ==, hein_peer_get_instance (peer));
  g_assert_cmpstr (transport, ==, hein_peer_get_transport_name (peer));
  g_assert_cmpstr (protocol, ==, hein_peer_get_protocol_name (peer));
  g_assert_true (identity == hein_peer_get_raw_identity (peer));
  g_assert_true (endpoint == hein_peer_get_endpoint (peer));
  g_assert_true (address == hein_peer_get_address (peer));
  g_assert_cmpint (origin, ==, hein_peer_get_origin (peer));
  g_assert_nonnull (instance);
  g_assert_nonnull (endpoint);
}

static void
test_how_it_is (Pair *self, gconstpointer data)
{
  HeinPeer *peer = g_object_ref (self->peer);
  gboolean is_up, accepts, has_room;

  g_object_get (peer, "is-up", &is_up, "accepts-messages", &accepts, "has-room",
                &has_room, NULL);
  g_assert_true (is_up);
  g_assert_true (accepts);
  g_assert_true (has_room);
  hein_test_bus_close (self->kirk);
  hein_test_wait (self->hub->removed->len == 1);
  g_object_get (peer, "is-up", &is_up, "has-room", &has_room, NULL);
  g_assert_false (is_up);
  g_assert_cmpint (has_room, ==, hein_peer_get_has_room (peer));
  g_object_unref (peer);
}

static void
test_figures (Pair *self, gconstpointer data)
{
  HeinPeer *peer = self->peer;
  guint64 queued, sent, received, dropped, bytes_sent, bytes_received;
  gint64 rtt;

  g_object_get (peer, "queued-bytes", &queued, "rtt-us", &rtt, "messages-sent",
                &sent, "messages-received", &received, "messages-dropped",
                &dropped, "bytes-sent", &bytes_sent, "bytes-received",
                &bytes_received, NULL);
  g_assert_cmpuint (queued, ==, 0);
  g_assert_cmpint (rtt, ==, hein_peer_get_rtt_us (peer));
  g_assert_cmpuint (sent, ==, 1);
  g_assert_cmpuint (received, ==, 1);
  g_assert_cmpuint (dropped, ==, 0);
  g_assert_cmpuint (bytes_sent, ==, hein_peer_get_bytes_sent (peer));
  g_assert_cmpuint (bytes_received, ==, hein_peer_get_bytes_received (peer));
  g_assert_cmpuint (bytes_received, >=, 4);
}

#define ADD(path, address, test)                                               \
  g_test_add ("/properties/" path, Pair, address, meet, test, part)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/properties/plugins", test_plugins);
  ADD ("peer/tcp/who", "tcp://127.0.0.1:0", test_who_it_is);
  ADD ("peer/tcp/how", "tcp://127.0.0.1:0", test_how_it_is);
  ADD ("peer/tcp/figures", "tcp://127.0.0.1:0", test_figures);
  ADD ("peer/inproc/who", "inproc://properties", test_who_it_is);
  ADD ("peer/inproc/how", "inproc://properties", test_how_it_is);
  return g_test_run ();
}
