/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "core-host.h"
#include "core/hein-budget.h"
#include "core/hein-calls.h"
#include "core/hein-held.h"
#include "core/hein-retry.h"
#include "core/hein-roster.h"

/* What waits for a peer or for room, without a bus: in which order it goes, what
 * it stands in the way of, and what is counted of it. */

#define WAITING_TYPE_STRATEGY (waiting_strategy_get_type ())
G_DECLARE_FINAL_TYPE (
  WaitingStrategy, waiting_strategy, WAITING, STRATEGY, HeinStrategy)

/* All, and none is missed: it waits for the first. */
struct _WaitingStrategy
{
  HeinStrategy parent_instance;
};

G_DEFINE_FINAL_TYPE (WaitingStrategy, waiting_strategy, HEIN_TYPE_STRATEGY)

static void
waiting_strategy_select (HeinStrategy *strategy,
                         HeinPeers *peers,
                         const char *key,
                         HeinMessage *message,
                         HeinSelection *selection)
{
  if (g_list_model_get_n_items (G_LIST_MODEL (peers)) == 0)
    hein_selection_hold (selection);
  else
    hein_selection_add_all (selection);
}

static void
waiting_strategy_class_init (WaitingStrategyClass *klass)
{
  HEIN_STRATEGY_CLASS (klass)->select = waiting_strategy_select;
}

static void
waiting_strategy_init (WaitingStrategy *self)
{
}

static void
host_init (CoreHost *host)
{
  core_host_init (host, NULL);
  host->core.host.settings.overflow = HEIN_OVERFLOW_WAIT;
  host->core.sender.strategy = g_object_new (WAITING_TYPE_STRATEGY, NULL);
}

static gboolean
send_text (CoreHost *host, const char *name, const char *text, GError **error)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", text);
  const HeinSending sending = { .message = message,
                                .key = name,
                                .is_named = name != NULL };

  return hein_send_message (&host->core, &sending, error);
}

static void
assert_taken (CoreHost *host, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (send_text (host, name, text, &error));
  g_assert_no_error (error);
}

static void
assert_refused (CoreHost *host, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (send_text (host, name, text, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  CoreHost *host = data;
  g_autoptr (GError) error = NULL;

  if (hein_call_finish (HEIN_CALL (result), &error) != NULL)
    core_host_note (host, "sent");
  else
    core_host_note (host, "failed:%d", error->code);
}

/* As hein_bus_send_async does. */
static void
send_later (CoreHost *host,
            const char *name,
            const char *text,
            GCancellable *cancellable)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", text);
  const HeinSending sending = { .message = message,
                                .key = name,
                                .is_named = name != NULL };
  HeinCall *call = hein_calls_begin_of (&host->core, host->transport, on_sent,
                                        cancellable, on_sent, host);

  hein_send_call (&host->core, call, &sending);
}

static guint
count_held (CoreHost *host)
{
  return host->core.held.n_held;
}

static gsize
get_cost (const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", text);

  return hein_message_get_cost (message);
}

static void
test_for_a_peer (void)
{
  CoreHost host;

  host_init (&host);
  assert_taken (&host, NULL, "one");
  assert_taken (&host, NULL, "two");
  assert_taken (&host, NULL, "three");
  g_assert_cmpuint (count_held (&host), ==, 3);
  g_assert_cmpuint (host.core.held.held_cost, ==,
                    get_cost ("one") + get_cost ("two") + get_cost ("three"));
  hein_retry_all (&host.core);
  g_assert_cmpuint (count_held (&host), ==, 3);
  core_host_add_peer (&host, "kirk");
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "kirk:one kirk:two kirk:three");
  g_assert_cmpuint (count_held (&host), ==, 0);
  g_assert_cmpuint (host.core.held.held_cost, ==, 0);
  core_host_clear (&host);
}

/* What is sent when somebody is there again goes behind what waits for that one. */
static void
test_behind (void)
{
  CoreHost host;

  host_init (&host);
  assert_taken (&host, NULL, "one");
  assert_taken (&host, NULL, "two");
  core_host_add_peer (&host, "kirk");
  assert_taken (&host, NULL, "three");
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "kirk:one kirk:two kirk:three");
  core_host_clear (&host);
}

/* More than send-limit is refused, and what was taken stays. */
static void
test_limit (void)
{
  CoreHost host;
  guint n = 0;

  host_init (&host);
  host.core.host.settings.send_limit = 10 * get_cost ("some");
  while (send_text (&host, NULL, "some", NULL))
    n++;
  g_assert_cmpuint (n, ==, 10);
  assert_refused (&host, NULL, "more");
  g_assert_cmpuint (count_held (&host), ==, n);
  g_assert_cmpuint (host.core.held.held_cost, ==, n * get_cost ("some"));
  core_host_add_peer (&host, "kirk");
  hein_retry_all (&host.core);
  g_assert_cmpuint (count_held (&host), ==, 0);
  core_host_clear (&host);
}

/* Calls end in the order in which they were made, each when its message goes. */
static void
test_for_room (void)
{
  CoreHost host;
  HeinPeer *kirk;

  host_init (&host);
  kirk = core_host_add_peer (&host, "kirk");
  hein_roster_set_full (&host.core, kirk, TRUE);
  core_host_assert_told (&host, "+kirk");
  core_host_assert_calls (&host, "check-ready");
  assert_refused (&host, NULL, "at once");
  send_later (&host, NULL, "one", NULL);
  send_later (&host, NULL, "two", NULL);
  core_host_assert_told (&host, "");
  g_assert_cmpuint (count_held (&host), ==, 2);
  g_assert_cmpuint (host.core.held.sends_cost, ==,
                    get_cost ("one") + get_cost ("two"));
  hein_roster_set_full (&host.core, kirk, FALSE);
  host.room = 1;
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "kirk:one");
  core_host_assert_told (&host, "call");
  core_host_assert_calls (&host, "sent");
  g_assert_cmpuint (count_held (&host), ==, 1);
  host.room = 1;
  hein_roster_set_full (&host.core, kirk, TRUE);
  hein_roster_set_full (&host.core, kirk, FALSE);
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "kirk:two");
  core_host_assert_told (&host, "call");
  g_assert_cmpuint (host.core.held.sends_cost, ==, 0);
  core_host_clear (&host);
}

/* Who has room gets what is for him alone; what is for all waits behind, and what
 * is sent to the slow one later does not overtake it. */
static void
test_in_the_way (void)
{
  CoreHost host;
  HeinPeer *kirk;

  host_init (&host);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_add_peer (&host, "spock");
  hein_roster_set_full (&host.core, kirk, TRUE);
  send_later (&host, "kirk", "one", NULL);
  assert_taken (&host, "spock", "two");
  core_host_assert_sent (&host, "spock:two");
  assert_refused (&host, "kirk", "refused");
  send_later (&host, NULL, "all", NULL);
  assert_refused (&host, "spock", "behind all");
  send_later (&host, "spock", "last", NULL);
  core_host_assert_sent (&host, "");
  g_assert_cmpuint (count_held (&host), ==, 3);
  hein_roster_set_full (&host.core, kirk, FALSE);
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "kirk:one kirk:all spock:all spock:last");
  g_assert_cmpuint (count_held (&host), ==, 0);
  core_host_clear (&host);
}

/* "one" waits for room, "all" does not. Returns how many are held then. */
static guint
hold_and_overtake (CoreHost *host, gboolean takes_forced)
{
  HeinPeer *kirk;

  host_init (host);
  host->takes_forced = takes_forced;
  host->core.host.settings.overflow = HEIN_OVERFLOW_DEFAULT;
  kirk = core_host_add_peer (host, "kirk");
  core_host_assert_told (host, "+kirk");
  core_host_assert_calls (host, "check-ready");
  host->room = 0;
  hein_roster_set_full (&host->core, kirk, TRUE);
  send_later (host, "kirk", "one", NULL);
  assert_taken (host, NULL, "all");
  g_assert_cmpuint (host->core.host.losses.n_dropped[HEIN_DROP_REASON_OVERFLOW],
                    ==, 1);
  hein_roster_set_full (&host->core, kirk, FALSE);
  return count_held (host);
}

/* What is dropped without room makes what waits before it go in. Where nothing
 * goes in without room, that waits on. */
static void
test_overtaken (void)
{
  CoreHost host;

  g_assert_cmpuint (hold_and_overtake (&host, FALSE), ==, 1);
  core_host_assert_sent (&host, "");
  core_host_assert_told (&host, "");
  host.room = 1;
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "kirk:one");
  core_host_assert_told (&host, "call");
  core_host_assert_calls (&host, "sent");
  core_host_clear (&host);
}

static void
test_forced (void)
{
  CoreHost host;

  g_assert_cmpuint (hold_and_overtake (&host, TRUE), ==, 0);
  core_host_assert_sent (&host, "kirk:one");
  core_host_assert_told (&host, "call");
  core_host_assert_calls (&host, "sent");
  core_host_clear (&host);
}

/* Whose call is cancelled waits no longer, nor does what waited behind it. */
static void
test_cancelled (void)
{
  CoreHost host;
  HeinPeer *kirk;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  host_init (&host);
  kirk = core_host_add_peer (&host, "kirk");
  core_host_add_peer (&host, "spock");
  core_host_assert_told (&host, "+kirk +spock");
  g_string_truncate (host.calls, 0);
  hein_roster_set_full (&host.core, kirk, TRUE);
  send_later (&host, NULL, "all", cancellable);
  send_later (&host, "spock", "one", NULL);
  core_host_assert_sent (&host, "");
  g_cancellable_cancel (cancellable);
  hein_calls_sweep (&host.core, G_MAXINT64);
  hein_retry_all (&host.core);
  core_host_assert_sent (&host, "spock:one");
  core_host_assert_told (&host, "call call");
  g_assert_nonnull (strstr (host.calls->str, "failed"));
  g_assert_nonnull (strstr (host.calls->str, "sent"));
  g_assert_cmpuint (count_held (&host), ==, 0);
  core_host_clear (&host);
}

static void
on_logged (const char *domain,
           GLogLevelFlags level,
           const char *text,
           gpointer data)
{
  *(guint *) data += strstr (text, "closed before there was room") != NULL;
}

/* When nothing will go any more calls fail, and the rest is counted. That is said
 * once: it would take longer than the rest when much waits. */
static void
test_given_up (void)
{
  guint n_logged = 0;
  guint handler;
  CoreHost host;

  host_init (&host);
  assert_taken (&host, NULL, "one");
  assert_taken (&host, NULL, "two");
  host.core.host.settings.send_limit = 1;
  send_later (&host, NULL, "three", NULL);
  g_assert_cmpuint (count_held (&host), ==, 3);
  g_assert_cmpuint (host.core.held.sends_cost, ==, get_cost ("three"));
  handler = g_log_set_handler ("Hein", G_LOG_LEVEL_INFO, on_logged, &n_logged);
  hein_held_give_up_all (&host.core);
  g_log_remove_handler ("Hein", handler);
  g_assert_cmpuint (n_logged, ==, 1);
  core_host_assert_told (&host, "call");
  g_assert_cmpuint (count_held (&host), ==, 0);
  g_assert_cmpuint (host.core.host.losses.n_dropped[HEIN_DROP_REASON_CLOSED],
                    ==, 2);
  core_host_assert_sent (&host, "");
  core_host_clear (&host);
}

/* Who was refused for lack of memory is tried again, whoever has found in the
 * meantime that there is some. */
static void
test_memory_again (void)
{
  CoreHost host;
  HeinCore *core = &host.core;
  const guint64 limit = 1024 * 1024;

  core_host_init (&host, NULL);
  core->host.settings.memory_limit = 0;
  hein_budget_limits_changed (core);
  g_assert_false (hein_budget_has_room (core));
  core->host.settings.memory_limit = limit;
  g_assert_true (hein_budget_has_room (core));
  core->roster.room_changed = FALSE;
  hein_budget_check (core);
  g_assert_true (core->roster.room_changed);
  g_assert_false (hein_budget_has_recovered (core));
  core_host_clear (&host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/held/memory-again", test_memory_again);
  g_test_add_func ("/held/for-a-peer", test_for_a_peer);
  g_test_add_func ("/held/behind", test_behind);
  g_test_add_func ("/held/limit", test_limit);
  g_test_add_func ("/held/for-room", test_for_room);
  g_test_add_func ("/held/in-the-way", test_in_the_way);
  g_test_add_func ("/held/overtaken", test_overtaken);
  g_test_add_func ("/held/forced", test_forced);
  g_test_add_func ("/held/cancelled", test_cancelled);
  g_test_add_func ("/held/given-up", test_given_up);
  return g_test_run ();
}
