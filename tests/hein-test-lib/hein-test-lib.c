/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-test-lib.h"

#include <string.h>

#include "../strategy-suite.h"
#include "../protocol-suite.h"
#include "../transport-suite.h"

#define NUMBER "{n}"

/* one of each in a process: the suites ask for them without any data */
static GType strategy_type;
static char *transport_uri;

/**
 * hein_test_init:
 * @program: (array zero-terminated=1): what to run with two more arguments,
 *   an option and a URI, to get a process that calls hein_test_be_peer()
 * @skipped: (array zero-terminated=1): paths of tests that cannot be run
 *
 * Prepares for the suites; call it once.
 */
void
hein_test_init (const char *const *program, const char *const *skipped)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();
  char **argv;
  int argc;

  hein_test_set_program (program);
  /* GLib keeps the paths */
  g_ptr_array_add (arguments, (gpointer) g_intern_string (program[0]));
  for (guint i = 0; skipped[i] != NULL; i++)
    {
      g_ptr_array_add (arguments, (gpointer) "-s");
      g_ptr_array_add (arguments, (gpointer) g_intern_string (skipped[i]));
    }
  argc = arguments->len;
  g_ptr_array_add (arguments, NULL);
  argv = (char **) arguments->pdata;
  g_test_init (&argc, &argv, NULL);
}

static HeinStrategy *
create_strategy (void)
{
  return g_object_new (strategy_type, NULL);
}

/**
 * hein_test_add_strategy:
 * @name: what the tests call it
 * @type: a strategy that gives each message to one peer, and holds what is sent
 *   to nobody
 * @evades: whether it passes over peers without room
 *
 * Adds the suite of strategies.
 */
void
hein_test_add_strategy (const char *name, GType type, gboolean evades)
{
  static HeinStrategySuite suite;

  g_assert_null (suite.name);
  strategy_type = type;
  suite.name = g_strdup (name);
  suite.create = create_strategy;
  suite.holds = TRUE;
  suite.evades = evades;
  hein_strategy_suite_add (&suite);
}

static char *
make_uri (void)
{
  static guint serial;
  g_auto (GStrv) parts = g_strsplit (transport_uri, NUMBER, -1);
  g_autofree char *number = g_strdup_printf ("%u", serial++);

  return g_strjoinv (number, parts);
}

/**
 * hein_test_add_transport:
 * @name: what the tests call it
 * @uri: where to listen; {n} stands for a number that is another each time
 * @is_remote: whether other processes reach it
 *
 * Adds the suite of transports; protocols are held to it, too.
 */
void
hein_test_add_transport (const char *name, const char *uri, gboolean is_remote)
{
  static HeinTransportSuite suite;

  g_assert_null (suite.name);
  transport_uri = g_strdup (uri);
  suite.name = g_strdup (name);
  suite.make_uri = make_uri;
  suite.is_remote = is_remote;
  hein_transport_suite_add (&suite);
}

/**
 * hein_test_add_protocol:
 * @protocol: its name in addresses, as in tcp+<protocol>
 *
 * Adds the suite of protocols.
 */
void
hein_test_add_protocol (const char *protocol)
{
  hein_protocol_suite_add (protocol);
}

/**
 * hein_test_run:
 *
 * Runs what was added, and prints TAP.
 *
 * Returns: 0 when everything passed
 */
int
hein_test_run (void)
{
  return g_test_run ();
}

/**
 * hein_test_be_peer:
 * @uri: what to dial
 *
 * Is the peer of a test in another process; never returns.
 */
void
hein_test_be_peer (const char *uri)
{
  char *argv[] = { NULL, (char *) HEIN_TEST_PEER_OPTION, (char *) uri, NULL };

  hein_transport_suite_init (3, argv);
}

/**
 * hein_test_emit_messages:
 * @bus: whose signal `messages` is emitted
 * @count: how many messages in all
 * @size: bytes of each, at least 8; they begin with its number
 * @batch: how many in one emission
 *
 * Hands messages to the handlers without a socket, so that the cost of the
 * handlers alone can be measured.
 */
void
hein_test_emit_messages (HeinBus *bus, guint count, gsize size, guint batch)
{
  g_autofree guint8 *payload = g_malloc0 (size);
  g_autoptr (GPtrArray) messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);

  for (guint64 i = 0; i < count; i++)
    {
      memcpy (payload, &i, sizeof i);
      g_ptr_array_add (messages,
                       hein_message_new_data ("bench", payload, size));
      if (messages->len < batch && i + 1 < count)
        continue;
      g_signal_emit_by_name (bus, "messages", messages);
      g_ptr_array_set_size (messages, 0);
    }
}
