/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-party.h"

/*
 * Random networks of buses in virtual time, with faults, keep to the rules of
 * explorer-party.c after every event. HEIN_EXPLORE says how many networks there
 * are, HEIN_EXPLORE_SEED which is the first.
 */

#define N_SEEDS      60
#define N_SEEDS_LONG 20000
#define ACTS_MS      20000 /* faults and acts are over then */
#define QUIET_MS     180000
#define PARTIES_MAX  12
#define CLOSED_US    (5 * G_USEC_PER_SEC)

typedef struct
{
  const char *name;
  const char *scheme;
  gboolean has_asking; /* requests and deliveries */
  gboolean has_names;  /* both ends learn those of buses */
} Kind;

static const Kind kinds[] = {
  { "zmtp", "tcp", TRUE, TRUE },
};

static const char *const hosts[] = {
  "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", NULL,
};
static const char *const faults[] = {
  "cut", "partition", "pause", "slow", "crash", NULL,
};

typedef struct
{
  Scene base;
  const Kind *kind;
  guint n_parties;
  Party *parties[PARTIES_MAX]; /* owned: those that live */
  GPtrArray *past;             /* owned Party: those that have ended */
} Network;

static guint
draw (guint n)
{
  return hein_get_random_int () % n;
}

/* ---- who is connected to whom ---- */

/* A tree: everybody dials one that was there before. */
static guint
get_parent (const Network *self, guint place)
{
  return self->base.is_star ? 0 : place / 2;
}

static char *
make_uri (const Network *self, const char *host)
{
  return g_strdup_printf ("%s://%s:5555?plaintext=yes&overflow=%s",
                          self->kind->scheme, host, self->base.overflow);
}

static void
begin_life (Network *self, guint place)
{
  g_autofree char *here = make_uri (self, "*");
  g_autoptr (GError) error = NULL;
  Party *party;

  hein_simulation_set_host (self->base.net, hosts[place]);
  party = party_new (&self->base, hosts[place]);
  self->parties[place] = party;
  if (!hein_bus_listen (party->bus, here, &error))
    {
      /* the one before it was paused, and has not closed yet */
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
      hein_bus_close (party->bus);
      return;
    }
  if (place > 0)
    {
      g_autofree char *there = make_uri (self, hosts[get_parent (self, place)]);

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
  const guint place = *host - 'a';

  if (place >= self->n_parties)
    return;
  end_life (self, place, TRUE);
  /* some may have been about to close */
  for (guint i = 0; i < self->past->len; i++)
    {
      Party *past = g_ptr_array_index (self->past, i);

      past->has_crashed |= *past->name == *host;
    }
  begin_life (self, place);
}

static void
network_init (Network *self, HeinSimulation *net)
{
  static const char *const overflows[] = {
    "default", "wait", "drop-oldest", "drop-newest", "latest", "disconnect",
  };

  *self = (Network){ .base.net = net };
  scene_init (&self->base);
  self->past = g_ptr_array_new_with_free_func (party_free);
  self->kind = &kinds[draw (G_N_ELEMENTS (kinds))];
  self->base.overflow = overflows[draw (G_N_ELEMENTS (overflows))];
  self->base.has_asking = self->kind->has_asking;
  self->base.is_star = draw (2) == 0;
  self->base.has_small_limits = draw (2) == 0;
  self->n_parties = 2 + draw (draw (8) == 0 ? PARTIES_MAX - 1 : 4);
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

static gboolean
is_broken (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  for (guint i = 0; i < self->n_parties; i++)
    party_check_memory (self->parties[i]);
  return self->base.broken != NULL;
}

static gboolean
are_met (const Network *self, guint place)
{
  const Party *one = self->parties[place];
  const Party *other = self->parties[get_parent (self, place)];

  if (!self->kind->has_names)
    return g_hash_table_size (one->peers) > 0;
  return party_knows (one, other->name) && party_knows (other, one->name);
}

static gboolean
is_whole (HeinSimulation *net, gpointer data)
{
  Network *self = data;

  for (guint i = 1; i < self->n_parties; i++)
    if (!are_met (self, i))
      return is_broken (net, data);
  return TRUE;
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
  const gint64 end_us = hein_simulation_get_time_us (net) + ACTS_MS * 1000;

  while (self->base.broken == NULL &&
         hein_simulation_get_time_us (net) < end_us)
    {
      party_act (self->parties[draw (self->n_parties)]);
      replace_closed (self);
      hein_simulation_run_until (net, draw (4) == 0 ? draw (2000) : draw (20),
                                 is_broken, self);
    }
}

static void
close_all (Network *self)
{
  for (guint i = 0; i < self->n_parties; i++)
    hein_bus_close (self->parties[i]->bus);
  hein_simulation_run (self->base.net, 30 * 1000);
  for (guint i = 0; i < self->n_parties; i++)
    party_check_end (self->parties[i]);
  for (guint i = 0; i < self->past->len; i++)
    party_check_end (g_ptr_array_index (self->past, i));
}

static gboolean
run_network (HeinSimulation *net, gpointer data)
{
  Network self;
  gboolean holds;

  network_init (&self, net);
  self.base.may_close = TRUE;
  act_for_a_while (&self);
  self.base.may_close = FALSE;
  for (guint i = 0; i < 4; i++)
    {
      hein_simulation_run_until (net, ACTS_MS, is_broken, &self);
      replace_closed (&self);
    }
  if (self.base.broken == NULL &&
      !hein_simulation_run_until (net, QUIET_MS, is_whole, &self))
    scene_break (&self.base, "not all have met again after all faults");
  if (self.base.broken == NULL)
    close_all (&self);
  holds = self.base.broken == NULL;
  if (!holds)
    g_test_message ("%s, %u parties, %s, overflow=%s%s: %s", self.kind->name,
                    self.n_parties, self.base.is_star ? "star" : "tree",
                    self.base.overflow,
                    self.base.has_small_limits ? ", small limits" : "",
                    self.base.broken);
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
test_networks (void)
{
  g_autofree char *report =
    hein_simulation_explore (get_number ("HEIN_EXPLORE_SEED", 1),
                             (guint) get_number ("HEIN_EXPLORE",
                                                 g_test_thorough ()
                                                   ? N_SEEDS_LONG
                                                   : N_SEEDS),
                             hosts, faults, ACTS_MS, run_network, NULL, NULL,
                             NULL);

  g_assert_cmpstr (report, ==, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/explorer/networks", test_networks);
  return g_test_run ();
}
