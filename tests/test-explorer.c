/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-count.h"
#include "explorer-errand.h"
#include "explorer-value.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

/*
 * Random networks of buses in virtual time, with faults, keep to the rules of
 * explorer-party.c after every event. HEIN_EXPLORE says how many networks there
 * are of each kind, HEIN_EXPLORE_SEED which is the first.
 */

#define N_SEEDS      100
#define N_SEEDS_SLOW 5 /* where all takes fifty times as long */
#define N_SEEDS_LONG 2000
#define ACTS_MS      20000 /* faults and acts are over then */
#define QUIET_MS     180000
#define PARTIES_MAX  12
#define STILL_MAX    100000 /* events at one time */
#define CLOSED_US    (5 * G_USEC_PER_SEC)

static const char *const places[] = {
  "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", NULL,
};

static char *key_path; /* owned */

typedef struct
{
  Scene base;
  guint n_parties;
  Party *parties[PARTIES_MAX]; /* owned: those that live */
  GPtrArray *past;             /* owned Party: those that have ended */
  gint64 last_us;              /* when something has happened */
  guint n_still;               /* how much since then */
  guint n_events;
} Network;

/* ---- who is connected to whom ---- */

/* A tree: everybody dials one that was there before. */
static guint
get_parent (const Network *self, guint place)
{
  return self->base.is_star ? 0 : place / 2;
}

static const char *
get_host (const Network *self, guint place)
{
  return places[self->base.kind->is_local ? 0 : place];
}

static char *
make_uri (const Network *self, const char *host)
{
  const ExplorerKind *kind = self->base.kind;
  g_autofree char *address = g_strdup_printf (kind->address, host);

  return g_strconcat (address, kind->is_encrypted ? key_path : "",
                      "&overflow=", self->base.overflow, NULL);
}

static gboolean
listen_at (Network *self, guint place)
{
  g_autofree char *uri =
    make_uri (self, self->base.kind->is_local ? places[place] : "*");
  g_autoptr (GError) error = NULL;

  if (hein_bus_listen (self->parties[place]->bus, uri, &error) != NULL)
    return TRUE;
  /* the one before it was paused, and has not closed yet */
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
  return FALSE;
}

static void
begin_life (Network *self, guint place)
{
  const char *host = get_host (self, place);
  g_autoptr (GError) error = NULL;
  Party *party;

  hein_simulation_set_host (self->base.net, host);
  party = party_new (&self->base, places[place], host);
  self->parties[place] = party;
  if (!listen_at (self, place))
    hein_bus_close (party->bus);
  else if (place > 0)
    {
      g_autofree char *there =
        make_uri (self, places[get_parent (self, place)]);

      hein_bus_dial (party->bus, there, &error);
      g_assert_no_error (error);
    }
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

static void
network_init (Network *self, const ExplorerKind *kind, HeinSimulation *net)
{
  *self = (Network){ 0 };
  scene_init (&self->base, kind, net);
  self->past = g_ptr_array_new_with_free_func (party_free);
  self->n_parties = 2 + scene_draw (scene_draw (8) == 0 ? PARTIES_MAX - 1 : 4);
  g_signal_connect (net, "restarted", G_CALLBACK (on_restarted), self);
  for (guint i = 0; i < self->n_parties; i++)
    begin_life (self, i);
}

static void
network_clear (Network *self)
{
  g_signal_handlers_disconnect_by_data (self->base.net, self);
  for (guint i = 0; i < self->n_parties; i++)
    party_free (g_steal_pointer (&self->parties[i]));
  g_ptr_array_unref (self->past);
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
    n += get_parent (self, i) == place;
  return n;
}

static gboolean
have_met (const Network *self, guint place)
{
  const Party *child = self->parties[place];
  const Party *parent = self->parties[get_parent (self, place)];
  const ExplorerNames names = self->base.kind->names;

  if (names != KNOWS_BOTH &&
      g_hash_table_size (child->peers) < count_links (self, place))
    return FALSE;
  if (names == KNOWS_NOBODY)
    return g_hash_table_size (parent->peers) >=
           count_links (self, get_parent (self, place));
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
      const Party *parent = self->parties[get_parent (self, i)];

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
                   self->parties[get_parent (self, i)]->name,
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
  if (self.base.broken == NULL)
    close_all (&self);
  holds = self.base.broken == NULL;
  if (!holds)
    g_test_message ("%s, %u parties, %s, overflow=%s%s%s%s: %s",
                    self.base.kind->name, self.n_parties,
                    self.base.is_star ? "star" : "tree", self.base.overflow,
                    self.base.has_small_limits ? ", small limits" : "",
                    self.base.is_heavy ? ", heavy" : "",
                    self.base.has_counts ? ", counted" : "", self.base.broken);
  if (!holds)
    keep_trace (net);
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

  if (kind->is_encrypted && g_strcmp0 (g_getenv ("HEIN_TEST_TLS"), "no") == 0)
    {
      g_test_skip ("built without TLS");
      return;
    }
  report = hein_simulation_explore (seed, n, places, kind->faults, ACTS_MS,
                                    run_network, (gpointer) kind, NULL, NULL);
  g_assert_cmpstr (report, ==, NULL);
}

/* @data: the kind. */
static void
test_networks (gconstpointer data)
{
  guint n = g_test_thorough () ? N_SEEDS_LONG : N_SEEDS;

  if (g_getenv ("HEIN_TEST_SLOW") != NULL)
    n = N_SEEDS_SLOW;
  explore (data, get_number ("HEIN_EXPLORE_SEED", 1),
           (guint) get_number ("HEIN_EXPLORE", n));
}

/* For those that are encrypted. */
static void
write_key (void)
{
  static const char digits[] = "000102030405060708090a0b0c0d0e0f"
                               "101112131415161718191a1b1c1d1e1f\n";
  g_autoptr (GError) error = NULL;
  const int fd = g_file_open_tmp ("hein-explorer-XXXXXX", &key_path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, digits, strlen (digits)), ==, strlen (digits));
  close (fd);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  write_key ();
  for (guint i = 0; i < explorer_n_kinds; i++)
    {
      g_autofree char *path =
        g_strconcat ("/explorer/", explorer_kinds[i].name, NULL);

      g_test_add_data_func (path, &explorer_kinds[i], test_networks);
    }
  status = g_test_run ();
  g_unlink (key_path);
  g_free (key_path);
  return status;
}
