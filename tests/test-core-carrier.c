/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "core-host.h"
#include "core/hein-roster.h"
#include "core/hein-send.h"

/* What is given to transports that carry messages, without one: to a peer by the
 * carrier that it came by, and to a medium once for all. */

#define ALL_TYPE_STRATEGY (all_strategy_get_type ())
G_DECLARE_FINAL_TYPE (AllStrategy, all_strategy, ALL, STRATEGY, HeinStrategy)

struct _AllStrategy
{
  HeinStrategy parent_instance;
};

G_DEFINE_FINAL_TYPE (AllStrategy, all_strategy, HEIN_TYPE_STRATEGY)

static void
all_strategy_select (HeinStrategy *strategy,
                     HeinPeers *peers,
                     const char *key,
                     HeinMessage *message,
                     HeinSelection *selection)
{
  hein_selection_add_all (selection);
}

static void
all_strategy_class_init (AllStrategyClass *klass)
{
  HEIN_STRATEGY_CLASS (klass)->select = all_strategy_select;
}

static void
all_strategy_init (AllStrategy *self)
{
}

static void
host_init (CoreHost *host)
{
  core_host_init (host, NULL);
  host->core.sender.strategy = g_object_new (ALL_TYPE_STRATEGY, NULL);
}

static HeinTried
try_to (CoreHost *host, const char *name, const char *text, GError **error)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", text);
  const HeinSending sending = { .message = message,
                                .key = name,
                                .is_named = name != NULL };

  return hein_send_try (&host->core, &sending, error);
}

static void
assert_given (CoreHost *host, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (try_to (host, name, text, &error), ==, HEIN_TRIED_GIVEN);
  g_assert_no_error (error);
}

static void
assert_full (CoreHost *host, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (try_to (host, name, text, &error), ==, HEIN_TRIED_FAILED);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
}

static guint64
count_dropped (CoreHost *host, HeinDropReason reason)
{
  return host->core.host.losses.n_dropped[reason];
}

static void
test_to_each (void)
{
  CoreHost host;
  HeinPeer *kirk;

  host_init (&host);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_add_peer (&host, "spock");
  assert_given (&host, NULL, "all");
  core_host_assert_sent (&host, "kirk:all spock:all");
  assert_given (&host, "spock", "one");
  core_host_assert_sent (&host, "spock:one");
  g_assert_cmpuint (hein_peer_get_messages_sent (kirk), ==, 1);
  hein_roster_remove (&host.core, kirk, NULL);
  assert_given (&host, NULL, "rest");
  core_host_assert_sent (&host, "spock:rest");
  core_host_clear (&host);
}

/* For all it is dropped for who has no room; for one by name it waits. */
static void
test_no_room (void)
{
  CoreHost host;

  host_init (&host);
  core_host_add_peer (&host, "kirk");
  core_host_add_peer (&host, "spock");
  host.room = 1;
  assert_given (&host, NULL, "all");
  core_host_assert_sent (&host, "kirk:all");
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_OVERFLOW), ==, 1);
  assert_full (&host, "kirk", "one");
  core_host_assert_sent (&host, "");
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_OVERFLOW), ==, 1);
  core_host_clear (&host);
}

static void
become_medium (CoreHost *host)
{
  host->carrier.reaches_all = TRUE;
  hein_carrier_array_add (host->core.roster.media, &host->carrier);
}

/* Known peers or not, a medium gets it once. */
static void
test_medium (void)
{
  CoreHost host;

  host_init (&host);
  become_medium (&host);
  assert_given (&host, NULL, "nobody");
  core_host_assert_sent (&host, "*:nobody");
  core_host_add_peer (&host, "kirk");
  core_host_add_peer (&host, "spock");
  assert_given (&host, NULL, "all");
  core_host_assert_sent (&host, "*:all");
  assert_given (&host, "spock", "one");
  core_host_assert_sent (&host, "spock:one");
  core_host_clear (&host);
}

/* Without room: dropped and counted, unless its address says that it waits. */
static void
test_full_medium (void)
{
  CoreHost host;

  host_init (&host);
  become_medium (&host);
  host.room = 0;
  assert_given (&host, NULL, "dropped");
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_OVERFLOW), ==, 1);
  g_assert_true (host.carrier.is_full);
  host.carrier.overflow = HEIN_OVERFLOW_WAIT;
  assert_full (&host, NULL, "waits");
  g_assert_cmpuint (count_dropped (&host, HEIN_DROP_REASON_OVERFLOW), ==, 1);
  host.room = 1;
  assert_given (&host, NULL, "waits");
  core_host_assert_sent (&host, "*:waits");
  core_host_clear (&host);
}

/* The medium of what is for all lives as long as the roster has it. */
static void
test_reference (void)
{
  CoreHost host;
  gpointer transport;

  host_init (&host);
  become_medium (&host);
  transport = host.transport;
  g_object_add_weak_pointer (host.transport, &transport);
  g_object_unref (host.transport);
  g_assert_nonnull (transport);
  assert_given (&host, NULL, "all");
  core_host_assert_sent (&host, "*:all");
  host.transport = g_object_ref (host.transport);
  g_object_remove_weak_pointer (host.transport, &transport);
  core_host_clear (&host);
}

static gboolean
keeps_latest (HeinTransport *transport, HeinOverflow overflow)
{
  return overflow == HEIN_OVERFLOW_LATEST;
}

static void
test_overflow (void)
{
  HeinCarrier plain = { 0 };
  HeinCarrier clever = { .keeps_overflow = keeps_latest };

  g_assert_true (hein_carrier_keeps_overflow (&plain, HEIN_OVERFLOW_WAIT));
  g_assert_true (
    hein_carrier_keeps_overflow (&plain, HEIN_OVERFLOW_DROP_NEWEST));
  g_assert_false (
    hein_carrier_keeps_overflow (&plain, HEIN_OVERFLOW_DROP_OLDEST));
  g_assert_true (hein_carrier_keeps_overflow (&clever, HEIN_OVERFLOW_LATEST));
  g_assert_false (hein_carrier_keeps_overflow (&clever, HEIN_OVERFLOW_WAIT));

  g_assert_true (hein_carrier_begin_send_to_all (&plain, HEIN_OVERFLOW_WAIT));
  g_assert_cmpint (plain.sending_overflow, ==, HEIN_OVERFLOW_WAIT);
  g_assert_false (
    hein_carrier_begin_send_to_all (&plain, HEIN_OVERFLOW_DROP_OLDEST));
  g_assert_cmpint (plain.sending_overflow, ==, HEIN_OVERFLOW_DROP_NEWEST);
  /* what its address says comes before what the bus says */
  plain.overflow = HEIN_OVERFLOW_DROP_NEWEST;
  g_assert_false (hein_carrier_begin_send_to_all (&plain, HEIN_OVERFLOW_WAIT));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/carrier/to-each", test_to_each);
  g_test_add_func ("/carrier/no-room", test_no_room);
  g_test_add_func ("/carrier/medium", test_medium);
  g_test_add_func ("/carrier/full-medium", test_full_medium);
  g_test_add_func ("/carrier/reference", test_reference);
  g_test_add_func ("/carrier/overflow", test_overflow);
  return g_test_run ();
}
