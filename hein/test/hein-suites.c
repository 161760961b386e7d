/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-suites.h"

#include <string.h>

#include "protocol-suite.h"
#include "strategy-suite.h"
#include "transport-suite.h"

/* The suites of hein as a library, libhein-test-1. Their tests stand in tests/,
 * and are those of hein's own plugins. */

#define NUMBER "{n}"

/* one of each in a process: the suites ask for them without any data */
static GType strategy_type;
static char *transport_uri;

static void
init (const char *const *program, GPtrArray *arguments)
{
  char **argv;
  int argc = arguments->len;

  hein_test_set_program (program);
  g_ptr_array_add (arguments, NULL);
  argv = (char **) arguments->pdata;
  g_test_init (&argc, &argv, NULL);
}

/* GLib keeps them. */
static void
add_argument (GPtrArray *arguments, const char *text)
{
  g_ptr_array_add (arguments, (gpointer) g_intern_string (text));
}

/**
 * hein_test_init:
 * @program: (array zero-terminated=1): what to run with two more arguments,
 *   an option and a URI, to get a process that calls hein_test_be_peer()
 * @skipped: (array zero-terminated=1): paths of tests that cannot be run
 *
 * Prepares for the suites; call it once, before anything is added.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_init (const char *const *program, const char *const *skipped)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

  g_return_if_fail (program != NULL && program[0] != NULL);
  g_return_if_fail (skipped != NULL);

  add_argument (arguments, program[0]);
  for (guint i = 0; skipped[i] != NULL; i++)
    {
      add_argument (arguments, "-s");
      add_argument (arguments, skipped[i]);
    }
  init (program, arguments);
}

/**
 * hein_test_init_one:
 * @program: (array zero-terminated=1): as for hein_test_init()
 * @path: the path of a test
 *
 * Prepares for one test of the suites alone, instead of hein_test_init(). A law
 * that is broken ends the process, so whoever wants to know of all runs each in
 * a process of its own.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_init_one (const char *const *program, const char *path)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

  g_return_if_fail (program != NULL && program[0] != NULL);
  g_return_if_fail (path != NULL);

  add_argument (arguments, program[0]);
  add_argument (arguments, "-p");
  add_argument (arguments, path);
  init (program, arguments);
}

/* ---- laws ---- */

typedef struct
{
  const char *suite; /* the first part of the paths of its tests */
  void (*foreach) (HeinLawFunc func, gpointer data);
} Suite;

static const Suite suites[] = {
  { "transports", hein_transport_suite_foreach_law },
  { "protocol", hein_protocol_suite_foreach_law },
  { "strategies", hein_strategy_suite_foreach_law },
};

typedef struct
{
  const char *suite;
  GStrvBuilder *laws;
  const char *wanted;
  const char *text;
} Walk;

static void
take_law (const HeinLaw *law, gpointer data)
{
  Walk *walk = data;
  g_autofree char *name = g_strdup_printf ("%s/%s", walk->suite, law->name);

  if (walk->laws != NULL)
    g_strv_builder_add (walk->laws, name);
  if (g_strcmp0 (name, walk->wanted) == 0)
    walk->text = law->text;
}

static void
walk_suite (Walk *walk, HeinPluginKind kind)
{
  walk->suite = suites[kind].suite;
  suites[kind].foreach (take_law, walk);
}

/**
 * hein_test_dup_laws:
 * @kind: a kind of plugin
 *
 * Lists the laws for plugins of that kind, such as `transports/order`. A
 * protocol is held to those for transports, too, over TCP.
 *
 * - Thread: any.
 *
 * Returns: (transfer full) (array zero-terminated=1): the laws
 *
 * Since: 0.9
 */
char **
hein_test_dup_laws (HeinPluginKind kind)
{
  g_autoptr (GStrvBuilder) laws = g_strv_builder_new ();
  Walk walk = { .laws = laws };

  g_return_val_if_fail (kind <= HEIN_PLUGIN_KIND_STRATEGY, NULL);

  walk_suite (&walk, kind);
  if (kind == HEIN_PLUGIN_KIND_PROTOCOL)
    walk_suite (&walk, HEIN_PLUGIN_KIND_TRANSPORT);
  return g_strv_builder_end (laws);
}

/**
 * hein_test_describe_law:
 * @law: one of [func@HeinTest.dup_laws]
 *
 * Says in plain words what a law asks for.
 *
 * - Thread: any.
 *
 * Returns: (transfer none) (nullable): a sentence; %NULL when there is no such
 *   law
 *
 * Since: 0.9
 */
const char *
hein_test_describe_law (const char *law)
{
  Walk walk = { .wanted = law };

  g_return_val_if_fail (law != NULL, NULL);

  for (guint kind = 0; kind < G_N_ELEMENTS (suites); kind++)
    walk_suite (&walk, kind);
  return walk.text;
}

/**
 * hein_test_dup_path:
 * @law: one of [func@HeinTest.dup_laws]
 * @name: the name that the plugin was added with
 *
 * Gets the path of the test of a law, for hein_test_init() and
 * hein_test_init_one().
 *
 * - Thread: any.
 *
 * Returns: (transfer full): a path, such as `/transports/tcp/order`
 *
 * Since: 0.9
 */
char *
hein_test_dup_path (const char *law, const char *name)
{
  const char *slash;

  g_return_val_if_fail (law != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);

  slash = strchr (law, '/');
  g_return_val_if_fail (slash != NULL, NULL);
  return g_strdup_printf ("/%.*s/%s%s", (int) (slash - law), law, name, slash);
}

/* ---- plugins ---- */

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
 * Adds the suite of strategies, for a class of this program. One in a process.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_add_strategy (const char *name, GType type, gboolean evades)
{
  static HeinStrategySuite suite;

  g_return_if_fail (name != NULL);
  g_return_if_fail (g_type_is_a (type, HEIN_TYPE_STRATEGY));
  g_return_if_fail (suite.name == NULL);

  strategy_type = type;
  suite.name = g_strdup (name);
  suite.create = create_strategy;
  suite.holds = TRUE;
  suite.evades = evades;
  hein_strategy_suite_add (&suite);
}

/**
 * hein_test_add_strategy_plugin:
 * @name: the name of a strategy plugin
 * @key: (nullable): a key with which it chooses all peers, where it needs one
 * @promises: what it promises
 *
 * Adds the suite of strategies, for a plugin. One in a process.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_add_strategy_plugin (const char *name,
                               const char *key,
                               HeinTestPromises promises)
{
  static HeinStrategySuite suite;

  g_return_if_fail (name != NULL);
  g_return_if_fail (suite.name == NULL);

  suite.name = g_strdup (name);
  suite.key = g_strdup (key);
  suite.gives_all = (promises & HEIN_TEST_PROMISES_EVERYBODY) != 0;
  suite.takes_names = (promises & HEIN_TEST_PROMISES_NAMES) != 0;
  suite.holds = (promises & HEIN_TEST_PROMISES_HOLDS) != 0;
  suite.waits = (promises & HEIN_TEST_PROMISES_WAITS) != 0;
  suite.evades = (promises & HEIN_TEST_PROMISES_EVADES) != 0;
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
 * Adds the suite of transports; protocols are held to it, too. One in a
 * process.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_add_transport (const char *name, const char *uri, gboolean is_remote)
{
  static HeinTransportSuite suite;

  g_return_if_fail (name != NULL);
  g_return_if_fail (uri != NULL);
  g_return_if_fail (suite.name == NULL);

  transport_uri = g_strdup (uri);
  suite.name = g_strdup (name);
  suite.make_uri = make_uri;
  suite.is_remote = is_remote;
  hein_transport_suite_add (&suite);
}

/**
 * hein_test_add_line:
 * @name: what the tests call it
 * @uri: what both ends dial; {tty} stands for the device of each
 *
 * Adds the suite of transports for one whose two ends both dial, such as that
 * of a serial line, over pseudo-terminals. Laws about listening, and about more
 * than two, are skipped. One in a process.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_add_line (const char *name, const char *uri)
{
  static HeinTransportSuite suite;

  g_return_if_fail (name != NULL);
  g_return_if_fail (uri != NULL && strstr (uri, "{tty}") != NULL);
  g_return_if_fail (suite.name == NULL);

  suite.name = g_strdup (name);
  suite.line_uri = g_strdup (uri);
  hein_transport_suite_add (&suite);
}

/**
 * hein_test_add_protocol:
 * @protocol: its name in addresses, as in tcp+<protocol>
 *
 * Adds the suite of protocols.
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_add_protocol (const char *protocol)
{
  g_return_if_fail (protocol != NULL);

  hein_protocol_suite_add (protocol);
}

/**
 * hein_test_run:
 *
 * Runs what was added, and prints TAP. A law that is broken ends the process by
 * a signal.
 *
 * - Thread: main.
 *
 * Returns: 0 when everything passed
 *
 * Since: 0.9
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
 *
 * - Thread: main.
 *
 * Since: 0.9
 */
void
hein_test_be_peer (const char *uri)
{
  char *argv[] = { NULL, (char *) HEIN_TEST_PEER_OPTION, (char *) uri, NULL };

  g_return_if_fail (uri != NULL);

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
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_test_emit_messages (HeinBus *bus, guint count, gsize size, guint batch)
{
  g_autofree guint8 *payload = g_malloc0 (size);
  g_autoptr (GPtrArray) messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);

  g_return_if_fail (size >= sizeof (guint64));

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
