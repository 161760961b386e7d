/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "raw-peer.h"

/*
 * Names that look like others, or change how what stands around them is shown, are
 * nobody's: neither a bus has one, nor does a peer, whatever protocol says it. What
 * strangers and plugins say is printable where it comes out.
 */

typedef struct
{
  const char *bytes;
  gboolean is_good;
} Name;

static const Name names[] = {
  { "kirk", TRUE },
  { "k\303\274rk", TRUE },              /* a letter */
  { "k \360\237\226\226", TRUE },       /* an emoji of one character */
  { "k\360\236\277\277", TRUE },        /* U+1EFFF: not assigned yet */
  { "\340\270\201\340\271\207", TRUE }, /* a letter with a mark */
  { "k\nrk", FALSE },
  { "k\033[1m", FALSE },
  { "k\177", FALSE },
  { "k\302\233", FALSE },         /* U+009B, of C1 */
  { "k\302\255k", FALSE },        /* U+00AD soft hyphen */
  { "k\342\200\213k", FALSE },    /* U+200B zero width */
  { "k\342\200\215k", FALSE },    /* U+200D joiner */
  { "k\342\200\256k", FALSE },    /* U+202E right to left */
  { "k\342\201\246k", FALSE },    /* U+2066 isolate */
  { "k\342\200\250k", FALSE },    /* U+2028 line separator */
  { "k\342\200\251k", FALSE },    /* U+2029 paragraph separator */
  { "\357\273\277k", FALSE },     /* U+FEFF */
  { "k\363\240\201\201", FALSE }, /* U+E0041, a tag */
  { "k\377k", FALSE },
};

static void
test_rule (void)
{
  g_autofree char *longest = g_strnfill (255, 'k');

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (hein_name_is_valid (names[i].bytes, strlen (names[i].bytes)) !=
        names[i].is_good)
      g_error ("name %u", i);
  g_assert_true (hein_name_is_valid (longest, 255));
  g_assert_false (hein_name_is_valid ("", 0));
  g_assert_false (hein_name_is_valid (NULL, 0));
  g_assert_false (hein_name_is_valid ("a\0b", 3));
  g_free (longest);
  longest = g_strnfill (256, 'k');
  g_assert_false (hein_name_is_valid (longest, 256));
}

/* A bus of such a name opens nothing. */
static void
test_own (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (HeinBus) bus = NULL;
      g_autoptr (GError) error = NULL;

      if (!g_utf8_validate (names[i].bytes, -1, NULL))
        continue; /* a program cannot have it as text */
      bus = hein_bus_new (names[i].bytes);
      if (names[i].is_good)
        g_assert_nonnull (hein_bus_listen (bus, "inproc://names", NULL));
      else
        {
          g_assert_null (hein_bus_listen (bus, "inproc://names", &error));
          g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
        }
    }
}

/* ---- what each protocol says of a name ---- */

static GString *
say_zmtp (const char *name)
{
  GString *bytes = g_string_new (NULL);
  GString *body = g_string_new ("\5READY\13Socket-Type");
  const guint8 length = strlen (name);

  g_string_append_len (body, "\0\0\0\6DEALER", 10);
  g_string_append (body, "\10Identity");
  g_string_append_len (body, "\0\0\0", 3);
  g_string_append_c (body, length);
  g_string_append (body, name);
  g_string_append_len (bytes, "\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL", 16);
  while (bytes->len < 64)
    g_string_append_c (bytes, '\0');
  g_string_append_c (bytes, 4);
  g_string_append_c (bytes, body->len);
  g_string_append_len (bytes, body->str, body->len);
  g_string_free (body, TRUE);
  return bytes;
}

static GString *
say_aiomsg (const char *name)
{
  GString *bytes = g_string_new (NULL);

  g_string_append_len (bytes, "\0\0\0\x12\1\1", 6);
  g_string_append (bytes, name);
  while (bytes->len < 4 + 0x12)
    g_string_append_c (bytes, '\0');
  return bytes;
}

static GString *
say_soc (const char *name)
{
  return g_string_new (name);
}

static GString *
say_socketengine (const char *name)
{
  GString *bytes = g_string_new ("{\"type\": \"__name_conn\", \"data\": \"");

  for (const char *p = name; *p != '\0'; p++)
    if ((guchar) *p < 0x20)
      g_string_append_printf (bytes, "\\u%04x", *p);
    else
      g_string_append_c (bytes, *p);
  g_string_append (bytes, "\"}\n");
  return bytes;
}

typedef struct
{
  const char *uri;
  GString *(*say) (const char *name);
} Protocol;

static const Protocol protocols[] = {
  { "tcp://127.0.0.1:0?type=router", say_zmtp },
  { "tcp+aiomsg://127.0.0.1:0", say_aiomsg },
  { "tcp+soc://127.0.0.1:0", say_soc },
  { "tcp+socketengine://127.0.0.1:0", say_socketengine },
};

static void
meet (const Protocol *protocol, const Name *name)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (RawPeer) raw = NULL;
  GString *bytes = protocol->say (name->bytes);
  const char *shown;

  if (!name->is_good)
    g_object_set (bus->bus, "handshake-timeout-ms", 200u, NULL);
  raw = raw_peer_new (bus, hein_endpoint_get_bound_uri (
                             hein_test_bus_listen (bus, protocol->uri)));
  raw_peer_send (raw, bytes->str, bytes->len);
  raw_peer_wait (raw, bus->added->len == 1 || raw->is_eof);
  g_string_free (bytes, TRUE);
  if (name->is_good)
    {
      g_assert_cmpuint (bus->added->len, ==, 1);
      g_assert_nonnull (hein_test_bus_find_peer (bus, name->bytes));
    }
  if (bus->added->len == 0)
    return;
  shown = hein_peer_get_name (g_ptr_array_index (bus->added, 0));
  g_assert_true (hein_name_is_valid (shown, strlen (shown)));
  if (!name->is_good)
    g_assert_cmpstr (shown, !=, name->bytes);
}

static void
test_peer (gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    meet (data, &names[i]);
}

/* ---- transports and protocols that others write ---- */

/* Parts of a transport of messages that offers the names above. */
#define TEST_TYPE_MEDIUM (test_medium_get_type ())
G_DECLARE_FINAL_TYPE (TestMedium, test_medium, TEST, MEDIUM, HeinTransport)

struct _TestMedium
{
  HeinTransport parent_instance;
};

G_DEFINE_FINAL_TYPE (TestMedium, test_medium, HEIN_TYPE_TRANSPORT)

static TestMedium *last_medium;

static gboolean
test_medium_begin_open (HeinTransport *transport,
                        HeinEndpoint *endpoint,
                        GTask *task,
                        GError **error)
{
  if (strstr (hein_endpoint_get_uri (endpoint), "broken") != NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                           "the server says \033[2J\302\233k\342\200\256");
      return FALSE;
    }
  last_medium = TEST_MEDIUM (transport);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static void
test_medium_close (HeinTransport *transport)
{
}

static void
test_medium_class_init (TestMediumClass *klass)
{
  HEIN_TRANSPORT_CLASS (klass)->begin_open = test_medium_begin_open;
  HEIN_TRANSPORT_CLASS (klass)->close = test_medium_close;
}

static void
test_medium_init (TestMedium *self)
{
}

static void
test_transport (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  guint n_good = 0;

  hein_test_bus_listen (bus, "names-medium:one");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      HeinPeer *peer =
        hein_transport_add_peer (HEIN_TRANSPORT (last_medium), names[i].bytes,
                                 NULL, NULL, &error);

      if (names[i].is_good)
        {
          g_assert_no_error (error);
          g_assert_nonnull (peer);
          n_good++;
        }
      else
        {
          g_assert_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED);
          g_assert_null (peer);
        }
    }
  hein_test_wait (bus->added->len == n_good);
}

#define UGLY "it says \033[2J\302\233k\342\200\256 and \377"
#define FAIR "it says ?[2J?k? and \357\277\275"

/* Whichever way an error of a plugin takes to the application. */
static void
test_errors (void)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");
  g_autoptr (GError) ugly =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_PROTOCOL, UGLY);
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_test_bus_listen (bus, "names-medium:two");
  HeinPeer *peer = hein_transport_add_peer (HEIN_TRANSPORT (last_medium),
                                            "kirk", NULL, NULL, NULL);

  hein_test_wait (bus->added->len == 1);
  hein_transport_remove_peer (HEIN_TRANSPORT (last_medium), peer, ugly);
  hein_test_wait (bus->removed->len == 1);
  g_assert_cmpstr (bus->reason->message, ==, FAIR);
  hein_transport_warn (HEIN_TRANSPORT (last_medium), ugly);
  hein_test_wait (bus->n_failed == 1);
  g_assert_cmpstr (bus->failure->message, ==, "names-medium:two: " FAIR);
  hein_transport_fail (HEIN_TRANSPORT (last_medium), ugly);
  hein_test_wait (bus->n_failed == 2);
  g_assert_cmpstr (hein_endpoint_get_error (endpoint)->message, ==,
                   "names-medium:two: " FAIR);
  g_assert_null (hein_bus_listen (bus->bus, "names-medium:broken", &error));
  g_assert_cmpstr (error->message, ==,
                   "names-medium:broken: the server says ?[2J?k?");
}

/* ---- addresses and plugins ---- */

static void
test_addresses (void)
{
  static const char *const parts[] = {
    "tcp://%s:1", "unix:///%s", "inproc://%s", "tcp://localhost:1?linger=%s",
    "unix:@%s",   "%s://x",
  };
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("bus");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; !names[i].is_good && j < G_N_ELEMENTS (parts); j++)
      {
        g_autofree char *escaped =
          g_uri_escape_bytes ((const guint8 *) names[i].bytes,
                              strlen (names[i].bytes), NULL);
        const char *given[] = { names[i].bytes, escaped };

        for (guint k = 0; k < G_N_ELEMENTS (given); k++)
          {
            g_auto (GStrv) halves = g_strsplit (parts[j], "%s", 2);
            g_autofree char *uri =
              g_strconcat (halves[0], given[k], halves[1], NULL);
            g_autoptr (GError) error = NULL;
            g_autofree char *shown = NULL;

            g_assert_null (hein_bus_dial (bus->bus, uri, &error));
            g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
            shown = hein_error_dup_printable (error->message,
                                              strlen (error->message));
            g_assert_cmpstr (error->message, ==, shown);
          }
      }
}

static void
test_plugins (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *shown = NULL;

      g_assert_null (hein_strategy_new (names[i].bytes, &error));
      shown =
        hein_error_dup_printable (error->message, strlen (error->message));
      g_assert_cmpstr (error->message, ==, shown);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("names-medium", TEST_TYPE_MEDIUM, NULL));
  g_test_add_func ("/names/rule", test_rule);
  g_test_add_func ("/names/own", test_own);
  g_test_add_data_func ("/names/peer/zmtp", &protocols[0], test_peer);
  g_test_add_data_func ("/names/peer/aiomsg", &protocols[1], test_peer);
  g_test_add_data_func ("/names/peer/soc", &protocols[2], test_peer);
  g_test_add_data_func ("/names/peer/socketengine", &protocols[3], test_peer);
  g_test_add_func ("/names/transport", test_transport);
  g_test_add_func ("/names/errors", test_errors);
  g_test_add_func ("/names/addresses", test_addresses);
  g_test_add_func ("/names/plugins", test_plugins);
  return g_test_run ();
}
