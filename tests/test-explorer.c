/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-count.h"
#include "explorer-errand.h"
#include "explorer-interest.h"
#include "explorer-keys.h"
#include "explorer-right.h"
#include "explorer-value.h"

#include <malloc.h>
#include <string.h>

/*
 * Random networks of buses in virtual time, with faults, keep to the rules of
 * explorer-party.c after every event. HEIN_EXPLORE says how many networks there
 * are of each kind, HEIN_EXPLORE_SEED which is the first.
 */

#define N_SEEDS        100
#define N_SEEDS_SLOW   5 /* where all takes fifty times as long */
#define N_SEEDS_LONG   2000
#define ACTS_MS        20000 /* faults and acts are over then */
#define QUIET_MS       180000
#define NARROW_MIN     20000 /* bytes per second */
#define USUAL_DELAY_US 100
#define STILL_MAX      100000 /* events at one time */
#define CLOSED_US      (5 * G_USEC_PER_SEC)
#define KEPT_MAX       (32 * 1024 * 1024) /* the most that glibc knows */

static const char *const places[] = {
  "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", NULL,
};

typedef struct
{
  Scene base;
  guint n_parties;
  Party *parties[SCENE_PLACES_MAX]; /* owned: those that live */
  GPtrArray *past;                  /* owned Party: those that have ended */
  gint64 last_us;                   /* when something has happened */
  guint n_still;                    /* how much since then */
  guint n_events;
  GString *ring; /* owned */
} Network;

/* ---- who is connected to whom ---- */

static const char *
get_host (const Network *self, guint place)
{
  return places[self->base.kind->is_local ? 0 : place];
}

/* ---- keys ---- */

/* Listeners read of the key of a new life when they look at their ring. */
static void
add_to_ring (Network *self, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".key", NULL);
  g_autofree char *key =
    g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

  keys_write (file, key);
  g_string_append_printf (self->ring, "%s %s\n", name, key);
  keys_write ("explorer.ring", self->ring->str);
}

/* ---- addresses ---- */

/* What @place says in an address; a key of its own where it dials. */
static char *
make_options (const Network *self, guint place, gboolean dials)
{
  const ExplorerKind *kind = self->base.kind;
  GString *text = g_string_new (NULL);

  if (kind->is_encrypted)
    g_string_append_printf (text, "%s/explorer.key", keys_get_folder ());
  if (kind->has_ring && dials)
    g_string_append_printf (text, "key-file=%s/%s.key", keys_get_folder (),
                            self->parties[place]->name);
  else if (kind->has_ring)
    g_string_append_printf (text, "key-ring-file=%s/explorer.ring",
                            keys_get_folder ());
  if (kind->has_rights)
    g_string_append_printf (text, "&access-file=%s",
                            rights_get_path (self->base.rights[place]));
  if ((dials ? kind->dials : kind->listens) != NULL)
    g_string_append (text, dials ? kind->dials : kind->listens);
  g_string_append_printf (text, "&overflow=%s", self->base.overflow);
  return g_string_free (text, FALSE);
}

static char *
make_uri (const Network *self, const char *host, guint place, gboolean dials)
{
  g_autofree char *address = g_strdup_printf (self->base.kind->address, host);
  g_autofree char *options = make_options (self, place, dials);

  return g_strconcat (address, options, NULL);
}

static gboolean
listen_at (Network *self, guint place)
{
  g_autofree char *uri =
    make_uri (self, self->base.kind->is_local ? places[place] : "*", place,
              FALSE);
  g_autoptr (GError) error = NULL;

  if (hein_bus_listen (self->parties[place]->bus, uri, &error) != NULL)
    return TRUE;
  /* the one before it was paused, and has not closed yet */
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  return FALSE;
}

static void
dial (Network *self, guint place, guint other)
{
  g_autofree char *uri = make_uri (self, places[other], place, TRUE);
  g_autoptr (GError) error = NULL;

  hein_bus_dial (self->parties[place]->bus, uri, &error);
  g_assert_no_error (error);
}

static void
begin_life (Network *self, guint place)
{
  const char *host = get_host (self, place);
  Party *party;

  hein_simulation_set_host (self->base.net, host);
  party = party_new (&self->base, places[place], host);
  self->parties[place] = party;
  if (self->base.kind->has_ring)
    add_to_ring (self, party->name);
  if (!listen_at (self, place))
    hein_bus_close (party->bus);
  else if (place > 0)
    dial (self, place, scene_get_parent (&self->base, place));
  for (guint i = 1; self->base.dials_back && i < self->n_parties; i++)
    if (i != place && scene_get_parent (&self->base, i) == place &&
        !hein_bus_get_is_closed (party->bus))
      dial (self, place, i);
}

static void
end_life (Network *self, guint place, gboolean has_crashed)
{
  Party *party = g_steal_pointer (&self->parties[place]);

  party->has_crashed = has_crashed;
  if (has_crashed)
    g_clear_object (&party->bus);
  g_ptr_array_add (self->past, party);
}

static void
on_restarted (HeinSimulation *net, const char *host, gpointer data)
{
  Network *self = data;

  /* some may have been about to close */
  for (guint i = 0; i < self->past->len; i++)
    {
      Party *past = g_ptr_array_index (self->past, i);

      past->has_crashed |= strcmp (past->host, host) == 0;
    }
  for (guint i = 0; i < self->n_parties; i++)
    if (strcmp (get_host (self, i), host) == 0)
      end_life (self, i, TRUE);
  for (guint i = 0; i < self->n_parties; i++)
    if (self->parties[i] == NULL)
      begin_life (self, i);
}

/* Of all connections. 0: what everybody sends gets through at once. */
static void
set_ways (Network *self, gint64 bytes_per_second)
{
  for (guint i = 1; !self->base.kind->is_local && i < self->n_parties; i++)
    hein_simulation_set_way (self->base.net, places[i],
                             places[scene_get_parent (&self->base, i)],
                             USUAL_DELAY_US, 0, bytes_per_second);
}

static void
network_init (Network *self, const ExplorerKind *kind, HeinSimulation *net)
{
  *self = (Network){ 0 };
  scene_init (&self->base, kind, net);
  self->past = g_ptr_array_new_with_free_func (party_free);
  self->ring = g_string_new (NULL);
  self->n_parties =
    2 + scene_draw (scene_draw (8) == 0 ? SCENE_PLACES_MAX - 1 : 4);
  self->base.n_places = self->n_parties;
  for (guint i = 0; kind->has_rights && i < self->n_parties; i++)
    {
      self->base.rights[i] = rights_new (keys_get_folder (), places[i]);
      rights_draw (&self->base, self->base.rights[i]);
    }
  g_signal_connect (net, "restarted", G_CALLBACK (on_restarted), self);
  for (guint i = 0; i < self->n_parties; i++)
    begin_life (self, i);
  if (self->base.is_narrow)
    set_ways (self, NARROW_MIN + scene_draw (NARROW_MIN * 9));
}

static void
network_clear (Network *self)
{
  g_signal_handlers_disconnect_by_data (self->base.net, self);
  for (guint i = 0; i < self->n_parties; i++)
    party_free (g_steal_pointer (&self->parties[i]));
  g_ptr_array_unref (self->past);
  g_string_free (self->ring, TRUE);
  scene_clear (&self->base);
}

/* ---- what is looked at after every event ---- */

static void
check_time (Network *self, gint64 now_us)
{
  self->n_still = now_us == self->last_us ? self->n_still + 1 : 0;
  self->last_us = now_us;
  if (self->n_still > STILL_MAX)
    scene_break (&self->base, "buses are turned, and no time passes");
}

static gboolean
is_broken (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  check_time (self, hein_simulation_get_time_us (net));
  /* measuring costs more than most events: one bus after the other */
  party_check_memory (self->parties[self->n_events++ % self->n_parties]);
  return self->base.broken != NULL;
}

static guint
count_links (const Network *self, guint place)
{
  guint n = place > 0;

  for (guint i = 1; i < self->n_parties; i++)
    n += scene_get_parent (&self->base, i) == place;
  return n;
}

static gboolean
have_met (const Network *self, guint place)
{
  const Party *child = self->parties[place];
  const Party *parent = self->parties[scene_get_parent (&self->base, place)];
  const ExplorerNames names = self->base.kind->names;

  if (names != KNOWS_BOTH &&
      g_hash_table_size (child->peers) < count_links (self, place))
    return FALSE;
  if (names == KNOWS_NOBODY)
    return g_hash_table_size (parent->peers) >=
           count_links (self, scene_get_parent (&self->base, place));
  return party_knows (parent, child->name) &&
         (names == KNOWS_DIALLER || party_knows (child, parent->name));
}

static gboolean
is_whole (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  for (guint i = 1; i < self->n_parties; i++)
    if (!have_met (self, i))
      return is_broken (net, data);
  return TRUE;
}

typedef gboolean (*LinkTest) (const Party *party, const Party *other);

/* Whether it holds for both ends of all connections, as far as they receive. */
static gboolean
all_links (const Network *self, LinkTest test)
{
  for (guint i = 1; i < self->n_parties; i++)
    {
      const Party *child = self->parties[i];
      const Party *parent = self->parties[scene_get_parent (&self->base, i)];

      if (!test (child, parent) ||
          (!self->base.kind->is_one_way && !test (parent, child)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_heard (HeinSimulation *net, gpointer data)
{
  return all_links (data, party_has_heard) || is_broken (net, data);
}

static gboolean
has_values (HeinSimulation *net, gpointer data)
{
  return all_links (data, value_has_all) || is_broken (net, data);
}

/* ---- a run ---- */

/* A bus that was closed has a while for its peers, then its place is free. */
static void
replace_closed (Network *self)
{
  const gint64 now_us = hein_simulation_get_time_us (self->base.net);

  for (guint i = 0; i < self->n_parties; i++)
    {
      Party *party = self->parties[i];

      if (!hein_bus_get_is_closed (party->bus))
        continue;
      if (party->closed_us == 0)
        party->closed_us = now_us;
      if (now_us - party->closed_us < CLOSED_US)
        continue;
      end_life (self, i, FALSE);
      begin_life (self, i);
    }
}

static void
act_for_a_while (Network *self)
{
  HeinSimulation *net = self->base.net;
  const gint64 end_us =
    hein_simulation_get_time_us (net) + scene_draw (ACTS_MS) * 1000;

  while (self->base.broken == NULL &&
         hein_simulation_get_time_us (net) < end_us)
    {
      party_act (self->parties[scene_draw (self->n_parties)]);
      replace_closed (self);
      hein_simulation_run_until (net,
                                 scene_draw (4) == 0 ? scene_draw (2000)
                                                     : scene_draw (20),
                                 is_broken, self);
    }
}

/* All faults end, and nothing is closed any more. */
static void
calm_down (Network *self)
{
  HeinSimulation *net = self->base.net;
  const gint64 end_us = (gint64) (1000 + ACTS_MS) * 1000;
  const gint64 left_us = end_us - hein_simulation_get_time_us (net);

  self->base.may_close = FALSE;
  set_ways (self, 0);
  hein_simulation_run_until (net, (guint) (MAX (left_us, 0) / 1000), is_broken,
                             self);
  /* one life may be in the way of the next one */
  for (guint i = 0; i < 4; i++)
    {
      replace_closed (self);
      hein_simulation_run_until (net, CLOSED_US / 1000, is_broken, self);
    }
}

static void
complain_of_parted (Network *self)
{
  for (guint i = 1; i < self->n_parties; i++)
    if (!have_met (self, i))
      scene_break (&self->base, "%s and %s have not met again after all faults",
                   self->parties[scene_get_parent (&self->base, i)]->name,
                   self->parties[i]->name);
}

/* What is said may be dropped where a queue is full, so it is said again. */
static void
check_liveness (Network *self)
{
  HeinSimulation *net = self->base.net;
  const gint64 end_us =
    hein_simulation_get_time_us (net) + (gint64) QUIET_MS * 1000;

  if (!hein_simulation_run_until (net, QUIET_MS, is_whole, self))
    complain_of_parted (self);
  do
    for (guint i = 0; i < self->n_parties; i++)
      party_call (self->parties[i]);
  while (!hein_simulation_run_until (net, 5000, is_heard, self) &&
         hein_simulation_get_time_us (net) < end_us);
  if (!is_heard (net, self))
    scene_break (&self->base, "not all hear each other after all faults");
}

static gboolean
are_errands_over (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  for (guint i = 0; i < self->n_parties; i++)
    if (!errand_are_over (self->parties[i]))
      return is_broken (net, data);
  return TRUE;
}

/* Whoever was asked has answered, or is gone. */
static void
check_errands (Network *self)
{
  if (hein_simulation_run_until (self->base.net, QUIET_MS, are_errands_over,
                                 self))
    return;
  for (guint i = 0; i < self->n_parties; i++)
    errand_check_ends (self->parties[i]);
}

/* The last values arrive, and once more at whoever comes again. */
static void
check_values (Network *self)
{
  HeinSimulation *net = self->base.net;

  for (guint i = 0; self->base.kind->has_rights && i < self->n_parties; i++)
    rights_open (&self->base, self->base.rights[i]);
  if (self->base.kind->has_rights)
    hein_simulation_run (net, 2 * RIGHTS_READ_MS);
  for (guint i = 0; i < self->n_parties; i++)
    value_send_all (self->parties[i]);
  if (!hein_simulation_run_until (net, QUIET_MS, has_values, self))
    scene_break (&self->base, "a value has not arrived");
  for (guint i = 0; i < self->n_parties; i++)
    hein_simulation_cut (net, get_host (self, i), NULL);
  hein_simulation_run (net, 100);
  if (!hein_simulation_run_until (net, QUIET_MS, has_values, self))
    scene_break (&self->base, "a value was not given to who came again");
}

static gboolean
is_over (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  for (guint i = 0; i < self->n_parties; i++)
    if (!party_is_over (self->parties[i]))
      return is_broken (net, data);
  return TRUE;
}

static gboolean
are_confirmed (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  for (guint i = 0; i < self->n_parties; i++)
    if (!interest_is_confirmed (self->parties[i]))
      return is_broken (net, data);
  return TRUE;
}

typedef struct
{
  Network *network;
  guint first[SCENE_PLACES_MAX]; /* number of the first message of each */
} Round;

static gboolean
has_news_of (const Round *self, guint place, guint other)
{
  const Network *network = self->network;

  return party_has_news (network->parties[place], network->parties[other],
                         self->first[other]);
}

static gboolean
have_news (HeinSimulation *net, gpointer data)
{
  const Round *self = data;

  for (guint i = 1; i < self->network->n_parties; i++)
    {
      const guint parent = scene_get_parent (&self->network->base, i);

      if (!has_news_of (self, i, parent) || !has_news_of (self, parent, i))
        return is_broken (net, self->network);
    }
  return TRUE;
}

/* What they subscribe to, and may, is known to all when it has been confirmed,
 * and read: from that moment on it is what they hear. */
static void
check_one_round (Network *self)
{
  HeinSimulation *net = self->base.net;
  Round round = { .network = self };

  for (guint i = 0; i < self->n_parties; i++)
    {
      if (self->base.kind->has_rights)
        rights_draw (&self->base, self->base.rights[i]);
      for (guint n = self->base.is_choosy ? scene_draw (4) : 0; n > 0; n--)
        interest_act (self->parties[i]);
    }
  if (self->base.kind->has_rights)
    hein_simulation_run (net, 2 * RIGHTS_READ_MS);
  for (guint i = 0; i < self->n_parties; i++)
    interest_confirm (self->parties[i]);
  if (!hein_simulation_run_until (net, QUIET_MS, are_confirmed, self))
    scene_break (&self->base, "subscriptions are not confirmed");
  for (guint i = 0; i < self->n_parties; i++)
    {
      round.first[i] = self->parties[i]->sent->len + 1;
      party_publish_all (self->parties[i]);
    }
  if (!hein_simulation_run_until (net, QUIET_MS, have_news, &round))
    scene_break (&self->base, "not all hear what they have subscribed to");
}

static void
check_topics (Network *self)
{
  for (guint i = 0; i < 3 && self->base.broken == NULL; i++)
    check_one_round (self);
}

/* What comes later than it may is waited for, too. */
static void
close_all (Network *self)
{
  for (guint i = 0; i < self->n_parties; i++)
    hein_bus_close (self->parties[i]->bus);
  hein_simulation_run_until (self->base.net, 30 * 1000, is_over, self);
  hein_simulation_run_until (self->base.net, 2000, is_broken, self);
  for (guint i = 0; i < self->n_parties; i++)
    end_life (self, i, FALSE);
  for (guint i = 0; i < self->past->len; i++)
    party_check_end (g_ptr_array_index (self->past, i));
  count_check (&self->base, self->past);
}

/* HEIN_EXPLORE_TRACE is a file for what has happened in the last network that
 * broke a rule, and so the smallest one. */
static void
keep_trace (HeinSimulation *net)
{
  const char *path = g_getenv ("HEIN_EXPLORE_TRACE");
  g_autofree char *trace = hein_simulation_dup_trace (net);

  if (path != NULL && trace != NULL)
    g_file_set_contents (path, trace, -1, NULL);
}

/* Whoever waits is told of the end as long as what it knows is there: a bus
 * that closes would do so in the next network. */
static void
end_early (HeinSimulation *net)
{
  hein_simulation_close (net);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
run_network (HeinSimulation *net, gpointer kind)
{
  Network self;
  gboolean holds;

  if (g_getenv ("HEIN_EXPLORE_TRACE") != NULL)
    hein_simulation_begin_trace (net);
  network_init (&self, kind, net);
  act_for_a_while (&self);
  calm_down (&self);
  if (self.base.broken == NULL)
    check_liveness (&self);
  if (self.base.broken == NULL)
    check_errands (&self);
  if (self.base.broken == NULL && self.base.kind->has_values)
    check_values (&self);
  if (self.base.broken == NULL && self.base.kind->has_subscriptions)
    check_topics (&self);
  if (self.base.broken == NULL)
    close_all (&self);
  holds = self.base.broken == NULL;
  if (!holds)
    g_test_message ("%s, %u parties, %s, overflow=%s%s%s%s%s%s%s: %s",
                    self.base.kind->name, self.n_parties,
                    self.base.is_star ? "star" : "tree", self.base.overflow,
                    self.base.has_small_limits ? ", small limits" : "",
                    self.base.is_heavy ? ", heavy" : "",
                    self.base.is_narrow ? ", narrow" : "",
                    self.base.has_counts ? ", counted" : "",
                    self.base.is_choosy ? ", choosy" : "",
                    self.base.dials_back ? ", dialled back" : "",
                    self.base.broken);
  if (!holds)
    {
      keep_trace (net);
      end_early (net);
    }
  network_clear (&self);
  return holds;
}

static guint64
get_number (const char *variable, guint64 usual)
{
  const char *text = g_getenv (variable);

  return text != NULL ? g_ascii_strtoull (text, NULL, 10) : usual;
}

static void
explore (const ExplorerKind *kind, guint64 seed, guint n)
{
  g_autofree char *report = NULL;

  if ((kind->is_encrypted || kind->has_ring) &&
      g_strcmp0 (g_getenv ("HEIN_TEST_TLS"), "no") == 0)
    {
      g_test_skip ("built without TLS");
      return;
    }
  report = hein_simulation_explore (seed, n, places, kind->faults, ACTS_MS,
                                    run_network, (gpointer) kind, NULL, NULL);
  g_assert_cmpstr (report, ==, NULL);
}

static void
explore_found (const ExplorerKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind->found) && kind->found[i] > 0; i++)
    explore (kind, kind->found[i], 1);
}

static void
test_networks (gconstpointer data)
{
  guint n = g_test_thorough () ? N_SEEDS_LONG : N_SEEDS;

  if (g_getenv ("HEIN_TEST_SLOW") != NULL)
    n = N_SEEDS_SLOW;
  if (g_getenv ("HEIN_EXPLORE_SEED") == NULL)
    explore_found (data);
  explore (data, get_number ("HEIN_EXPLORE_SEED", 1),
           (guint) get_number ("HEIN_EXPLORE", n));
}

static GLogFunc log_usual;

/* Reports of all networks would take longer than they do. */
static void
log_trouble (const char *domain,
             GLogLevelFlags level,
             const char *text,
             gpointer data)
{
  if ((level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)) == 0)
    log_usual (domain, level, text, data);
}

/* Every network needs what the one before it has set free: giving that back to
 * the kernel, and faulting it in again, took as long as some networks do. */
static void
keep_memory (void)
{
#ifdef M_TRIM_THRESHOLD
  mallopt (M_TRIM_THRESHOLD, KEPT_MAX);
  mallopt (M_MMAP_THRESHOLD, KEPT_MAX);
#endif
}

int
main (int argc, char **argv)
{
  int status;

  keep_memory ();
  g_test_init (&argc, &argv, NULL);
  log_usual = g_log_set_default_handler (log_trouble, NULL);
  keys_begin ();
  for (guint i = 0; i < explorer_n_kinds; i++)
    {
      g_autofree char *path =
        g_strconcat ("/explorer/", explorer_kinds[i].name, NULL);

      g_test_add_data_func (path, &explorer_kinds[i], test_networks);
    }
  status = g_test_run ();
  keys_end ();
  return status;
}
