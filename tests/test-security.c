/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "byte-protocol.h"
#include "hein-test.h"

/* What peers tell of how they were proved. */

/* not printable */
#define OATH "oath:by\x1b[2Jmy \xffhand"

#define TEST_TYPE_PROVER (test_prover_get_type ())
G_DECLARE_FINAL_TYPE (TestProver, test_prover, TEST, PROVER, ByteProtocol)

struct _TestProver
{
  ByteProtocol parent_instance;
};

G_DEFINE_FINAL_TYPE (TestProver, test_prover, BYTE_TYPE_PROTOCOL)

static void
test_prover_admitted (HeinProtocol *protocol,
                      HeinWire *wire,
                      const GError *error)
{
  hein_wire_set_security (wire, OATH);
  HEIN_PROTOCOL_CLASS (test_prover_parent_class)
    ->admitted (protocol, wire, error);
  hein_wire_set_security (wire, "too late");
}

static void
test_prover_class_init (TestProverClass *class)
{
  HEIN_PROTOCOL_CLASS (class)->admitted = test_prover_admitted;
}

static void
test_prover_init (TestProver *self)
{
}

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
} Pair;

static void
meet (Pair *self, gconstpointer uri)
{
  HeinEndpoint *endpoint;

  self->hub = hein_test_bus_new ("hub");
  self->kirk = hein_test_bus_new ("kirk");
  endpoint = hein_test_bus_listen (self->hub, uri);
  hein_test_bus_dial (self->kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 1 &&
                  hein_test_bus_count_peers (self->kirk) == 1);
}

static void
part (Pair *self, gconstpointer uri)
{
  hein_test_bus_free (self->kirk);
  hein_test_bus_free (self->hub);
}

static void
assert_security (HeinTestBus *bus, const char *expected)
{
  g_autoptr (HeinPeer) peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (bus->bus)), 0);
  g_autofree char *text = NULL;

  g_object_get (peer, "security", &text, NULL);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (hein_peer_get_security (peer), ==, expected);
}

static void
test_none (Pair *self, gconstpointer uri)
{
  assert_security (self->hub, "none");
  assert_security (self->kirk, "none");
}

static void
test_user (Pair *self, gconstpointer uri)
{
  g_autofree char *expected = g_strdup_printf ("unix:%u", (guint) getuid ());

  assert_security (self->hub, expected);
  assert_security (self->kirk, expected);
}

static void
test_process (Pair *self, gconstpointer uri)
{
  assert_security (self->hub, "process");
  assert_security (self->kirk, "process");
}

/* What a protocol says comes in place of the user, printable, and once. */
static void
test_protocol_says (Pair *self, gconstpointer uri)
{
  g_autofree char *expected = hein_error_dup_printable (OATH, strlen (OATH));

  g_assert_null (strchr (expected, '\x1b'));
  assert_security (self->hub, expected);
  assert_security (self->kirk, expected);
}

/* It is known, and stays, when the peer is gone. */
static void
test_remembered (Pair *self, gconstpointer uri)
{
  g_autofree char *expected = g_strdup_printf ("unix:%u", (guint) getuid ());

  hein_test_bus_close (self->kirk);
  hein_test_wait (self->hub->removed->len == 1);
  g_assert_cmpstr (hein_peer_get_security (self->hub->removed->pdata[0]), ==,
                   expected);
}

static void
add (const char *path, const char *uri, void (*test) (Pair *, gconstpointer))
{
  g_test_add (path, Pair, uri, meet, test, part);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (hein_plugin_add ("test-prover", TEST_TYPE_PROVER, NULL));
  add ("/security/none", "tcp://127.0.0.1:0", test_none);
  add ("/security/user", "unix:@hein-test-security", test_user);
  add ("/security/process", "inproc://security", test_process);
  add ("/security/protocol-says", "unix+test-prover:@hein-test-security-prover",
       test_protocol_says);
  add ("/security/remembered", "unix:@hein-test-security-gone",
       test_remembered);
  return g_test_run ();
}
