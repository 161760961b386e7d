/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>
#include <string.h>

#include <glib/gstdio.h>

/* Groups of udp-multicast in virtual time, over networks that lose, double,
 * overtake and delay datagrams: each message comes once, or is counted. */

#define N_PARTIES 4
#define N_SEEDS   40

typedef struct _Scene Scene;

typedef struct
{
  Scene *scene;
  HeinBus *bus; /* owned; NULL: it is not there */
  guint n_sent;
  guint n_heard[N_PARTIES]; /* of each sender */
  guint next[N_PARTIES];    /* the number that is expected, in order */
  gboolean is_in_order;
} Party;

struct _Scene
{
  HeinSimulation *net;
  const char *options;
  gboolean is_sealed;
  char *key_file;
  Party parties[N_PARTIES];
};

static const char *const hosts[] = { "anna", "bert", "carl", "dora" };

/* ---- parties ---- */

static guint
find_host (const char *name)
{
  for (guint i = 0; i < N_PARTIES; i++)
    if (g_str_equal (hosts[i], name))
      return i;
  g_assert_not_reached ();
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  Party *self = data;
  const guint sender =
    find_host (hein_peer_get_name (hein_message_get_sender (message)));
  g_autofree char *text = hein_message_dup_text (message, NULL);
  const guint number = (guint) g_ascii_strtoull (text, NULL, 10);

  self->n_heard[sender]++;
  self->is_in_order &= number >= self->next[sender];
  self->next[sender] = number + 1;
}

static char *
dup_uri (const Scene *self)
{
  return self->is_sealed
           ? g_strdup_printf ("udp-multicast://239.1.2.3:7000?key-file=%s%s",
                              self->key_file, self->options)
           : g_strdup_printf ("udp-multicast://239.1.2.3:7000?format=hein&"
                              "plaintext=yes%s",
                              self->options);
}

static void
join (Scene *self, guint i)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = dup_uri (self);
  Party *party = &self->parties[i];

  *party = (Party){ .scene = self, .is_in_order = TRUE };
  hein_simulation_set_host (self->net, hosts[i]);
  party->bus = hein_bus_new (hosts[i]);
  g_signal_connect (party->bus, "message", G_CALLBACK (on_message), party);
  hein_bus_listen (party->bus, uri, &error);
  g_assert_no_error (error);
}

static gboolean
all_know (HeinSimulation *net, gpointer data)
{
  const Scene *self = data;

  for (guint i = 0; i < N_PARTIES; i++)
    if (hein_peers_get_n_peers (hein_bus_get_peers (self->parties[i].bus)) !=
        N_PARTIES - 1)
      return FALSE;
  return TRUE;
}

static void
scene_init (Scene *self, guint64 seed, const char *options, gboolean is_sealed)
{
  *self = (Scene){ .net = hein_simulation_new (seed),
                   .options = options,
                   .is_sealed = is_sealed };
  if (is_sealed)
    {
      g_autoptr (GError) error = NULL;
      const int fd =
        g_file_open_tmp ("hein-key-XXXXXX", &self->key_file, &error);

      g_assert_no_error (error);
      g_close (fd, NULL);
      g_file_set_contents_full (self->key_file,
                                "00112233445566778899aabbccddeeff"
                                "00112233445566778899aabbccddeeff",
                                -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < N_PARTIES; i++)
    join (self, i);
}

static void
meet (Scene *self)
{
  g_assert_true (
    hein_simulation_run_until (self->net, 60 * 1000, all_know, self));
}

static void
scene_clear (Scene *self)
{
  for (guint i = 0; i < N_PARTIES; i++)
    g_clear_object (&self->parties[i].bus);
  g_object_unref (self->net);
  if (self->key_file != NULL)
    g_unlink (self->key_file);
  g_free (self->key_file);
}

static void
send (Party *self, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = NULL;
  g_autofree char *text = g_strnfill (size, 'x');

  g_snprintf (text, size, "%u ", self->n_sent++);
  text[strlen (text)] = 'x';
  message = hein_message_new_text ("t", text);
  hein_bus_send (self->bus, message, &error);
  g_assert_no_error (error);
}

static guint64
count_lost (const Party *self)
{
  return hein_bus_get_n_dropped (self->bus, HEIN_DROP_REASON_LOST);
}

/* What the others have sent. */
static guint
count_sent (const Scene *self, const Party *hearer)
{
  guint n = 0;

  for (guint i = 0; i < N_PARTIES; i++)
    if (&self->parties[i] != hearer)
      n += self->parties[i].n_sent;
  return n;
}

static guint
count_heard (const Party *self)
{
  guint n = 0;

  for (guint i = 0; i < N_PARTIES; i++)
    n += self->n_heard[i];
  return n;
}

/* ---- a network without faults ---- */

static void
test_messages (gconstpointer is_sealed)
{
  Scene self;

  scene_init (&self, 1, "&reliable=yes", GPOINTER_TO_INT (is_sealed));
  meet (&self);
  for (guint i = 0; i < N_PARTIES; i++)
    send (&self.parties[i], 100);
  send (&self.parties[0], 500 * 1024);
  hein_simulation_run (self.net, 2000);
  for (guint i = 0; i < N_PARTIES; i++)
    {
      const Party *party = &self.parties[i];

      g_assert_cmpuint (count_heard (party), ==, count_sent (&self, party));
      g_assert_cmpuint (count_lost (party), ==, 0);
      g_assert_true (party->is_in_order);
    }
  scene_clear (&self);
}

/* By name: to one of them, from its own socket to the other's. */
static void
test_send_to (void)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "0");
  g_autoptr (GError) error = NULL;
  Scene self;

  scene_init (&self, 2, "", TRUE);
  meet (&self);
  hein_bus_send_to (self.parties[0].bus, "carl", message, &error);
  g_assert_no_error (error);
  hein_simulation_run (self.net, 100);
  g_assert_cmpuint (count_heard (&self.parties[2]), ==, 1);
  g_assert_cmpuint (count_heard (&self.parties[1]), ==, 0);
  scene_clear (&self);
}

/* Without a key nothing leaves the host. */
static void
test_stays (void)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (3);
  g_autoptr (GError) error = NULL;
  HeinBus *buses[3];

  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      hein_simulation_set_host (net, i < 2 ? "anna" : "bert");
      buses[i] = hein_bus_new (hosts[i]);
      hein_bus_listen (buses[i], "udp-multicast://239.1.2.3:7000?format=hein",
                       &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (net, 5000);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_assert_cmpuint (hein_peers_get_n_peers (hein_bus_get_peers (buses[i])),
                        ==, i < 2 ? 1 : 0);
      g_object_unref (buses[i]);
    }
}

/* The format plain, in IPv6, and multisock, which hears itself. */
static void
check_plain (const char *uri, guint n_own)
{
  g_autoptr (HeinSimulation) net = hein_simulation_new (4);
  guint n_heard[2] = { 0 };
  HeinBus *buses[2];

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      hein_simulation_set_host (net, hosts[i]);
      buses[i] = hein_bus_new (hosts[i]);
      hein_bus_listen (buses[i], uri, &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (net, 100);
  for (guint i = 0; i < 10; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("", "hello");
      g_autoptr (GError) error = NULL;

      hein_bus_send (buses[0], message, &error);
      g_assert_no_error (error);
    }
  hein_simulation_run (net, 100);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GPtrArray) taken = hein_bus_take (buses[i], 100);

      n_heard[i] = taken->len;
      g_object_unref (buses[i]);
    }
  g_assert_cmpuint (n_heard[0], ==, n_own);
  g_assert_cmpuint (n_heard[1], ==, 10);
}

static void
test_plain (void)
{
  check_plain ("udp-multicast://[ff05::77]:7000?plaintext=yes", 0);
  check_plain ("udp-multicast://239.1.2.3:7000?format=multisock&plaintext=yes",
               10);
}

/* ---- faults ---- */

/* Draws its faults from the seed, so that each seed has others. */
static void
make_faults (Scene *self, GRand *dice, double worst)
{
  for (guint i = 0; i < N_PARTIES; i++)
    hein_simulation_set_way (self->net, hosts[i], NULL,
                             g_rand_int_range (dice, 50, 20000),
                             g_rand_int_range (dice, 0, 5000), 0);
  for (guint i = 0; i < N_PARTIES; i++)
    hein_simulation_set_loss (self->net, hosts[i], NULL,
                              g_rand_double (dice) * worst,
                              g_rand_double (dice) * worst,
                              g_rand_double (dice) * worst);
}

static void
talk (Scene *self, GRand *dice)
{
  for (guint i = 0; i < 300; i++)
    {
      send (&self->parties[g_rand_int_range (dice, 0, N_PARTIES)],
            g_rand_int_range (dice, 0, 20) == 0
              ? g_rand_int_range (dice, 20, 40000)
              : g_rand_int_range (dice, 20, 200));
      hein_simulation_run (self->net, g_rand_int_range (dice, 0, 20));
    }
}

/* The last word of each may be lost: heartbeats tell of it. */
static void
check_counts (const Scene *self, guint64 seed)
{
  for (guint i = 0; i < N_PARTIES; i++)
    {
      const Party *party = &self->parties[i];

      g_test_message ("seed %" G_GUINT64_FORMAT ": %s: %u heard, %u lost", seed,
                      hosts[i], count_heard (party),
                      (guint) count_lost (party));
      g_assert_cmpuint (count_heard (party) + count_lost (party), ==,
                        count_sent (self, party));
    }
}

/* All comes, in order: what is lost is asked for again. */
static void
test_repaired (gconstpointer is_sealed)
{
  for (guint64 seed = 1; seed <= N_SEEDS; seed++)
    {
      g_autoptr (GRand) dice = g_rand_new_with_seed ((guint32) seed);
      Scene self;

      scene_init (&self, seed, "&reliable=yes", GPOINTER_TO_INT (is_sealed));
      meet (&self);
      make_faults (&self, dice, 0.2);
      talk (&self, dice);
      hein_simulation_run (self.net, 10 * 1000);
      check_counts (&self, seed);
      for (guint i = 0; i < N_PARTIES; i++)
        {
          g_assert_cmpuint (count_lost (&self.parties[i]), ==, 0);
          g_assert_true (self.parties[i].is_in_order);
        }
      scene_clear (&self);
    }
}

/* Each comes at most once, and whoever misses one counts it. */
static void
test_counted (gconstpointer is_sealed)
{
  guint64 n_lost = 0;

  for (guint64 seed = 1; seed <= N_SEEDS; seed++)
    {
      g_autoptr (GRand) dice = g_rand_new_with_seed ((guint32) seed);
      Scene self;

      scene_init (&self, seed, "&reliable=no", GPOINTER_TO_INT (is_sealed));
      meet (&self);
      make_faults (&self, dice, 0.2);
      talk (&self, dice);
      for (guint i = 0; i < N_PARTIES; i++)
        hein_simulation_set_loss (self.net, hosts[i], NULL, 0, 0, 0);
      hein_simulation_run (self.net, 10 * 1000);
      check_counts (&self, seed);
      for (guint i = 0; i < N_PARTIES; i++)
        n_lost += count_lost (&self.parties[i]);
      scene_clear (&self);
    }
  /* there was something to count */
  g_assert_cmpuint (n_lost, >, 1000);
}

/* A cable that is pulled for a while: what was sent meanwhile is repaired, or
 * counted, and a long one ends the membership. */
static void
test_partition (void)
{
  const char *const some[] = { "anna", NULL };
  const char *const others[] = { "bert", "carl", "dora", NULL };

  for (guint64 seed = 1; seed <= N_SEEDS; seed++)
    {
      g_autoptr (GRand) dice = g_rand_new_with_seed ((guint32) seed);
      Scene self;

      scene_init (&self, seed, "&reliable=yes", FALSE);
      meet (&self);
      hein_simulation_partition (self.net, some, others);
      for (guint i = 0; i < 20; i++)
        {
          send (&self.parties[i % N_PARTIES], 100);
          hein_simulation_run (self.net, g_rand_int_range (dice, 0, 50));
        }
      hein_simulation_heal (self.net);
      talk (&self, dice);
      hein_simulation_run (self.net, 10 * 1000);
      check_counts (&self, seed);
      hein_simulation_partition (self.net, some, others);
      hein_simulation_run (self.net, 60 * 1000);
      g_assert_cmpuint (hein_peers_get_n_peers (
                          hein_bus_get_peers (self.parties[0].bus)),
                        ==, 0);
      hein_simulation_heal (self.net);
      meet (&self);
      scene_clear (&self);
    }
}

/* A program that dies, and comes again under its name. */
static void
test_crash (void)
{
  Scene self;

  scene_init (&self, 5, "&reliable=yes", TRUE);
  meet (&self);
  send (&self.parties[0], 100);
  hein_simulation_crash (self.net, "anna");
  hein_simulation_run (self.net, 60 * 1000);
  g_assert_cmpuint (hein_peers_get_n_peers (
                      hein_bus_get_peers (self.parties[1].bus)),
                    ==, N_PARTIES - 2);
  /* what it had sent was on its way */
  g_assert_cmpuint (count_heard (&self.parties[1]), ==, 0);
  hein_simulation_restart (self.net, "anna");
  g_clear_object (&self.parties[0].bus);
  join (&self, 0);
  meet (&self);
  send (&self.parties[0], 100);
  hein_simulation_kill (self.net, "anna");
  hein_simulation_run (self.net, 1000);
  g_assert_cmpuint (count_heard (&self.parties[1]), ==, 0);
  scene_clear (&self);
}

/* A line of 100 KiB in a second, and more than it takes. */
static void
test_narrow (void)
{
  Scene self;
  gint64 begin_us;

  scene_init (&self, 6, "&reliable=yes", FALSE);
  meet (&self);
  for (guint i = 0; i < N_PARTIES; i++)
    hein_simulation_set_way (self.net, hosts[i], NULL, 1000, 0, 100 * 1024);
  begin_us = hein_simulation_get_time_us (self.net);
  for (guint i = 0; i < 5; i++)
    send (&self.parties[0], 40 * 1024);
  while (count_heard (&self.parties[1]) < 5)
    g_assert_true (hein_simulation_step (self.net));
  g_assert_cmpint (hein_simulation_get_time_us (self.net) - begin_us, >=,
                   2 * G_USEC_PER_SEC);
  /* some of this has no place in front of the line, and is asked for again */
  send (&self.parties[0], 900 * 1024);
  hein_simulation_run (self.net, 60 * 1000);
  for (guint i = 1; i < N_PARTIES; i++)
    g_assert_cmpuint (count_heard (&self.parties[i]) +
                        count_lost (&self.parties[i]),
                      ==, 6);
  scene_clear (&self);
}

/* Who is stopped for long finds as much as a kernel keeps; the rest is counted
 * as datagrams that there was no room for. */
static void
test_paused (void)
{
  Scene self;

  scene_init (&self, 7, "&reliable=no", FALSE);
  meet (&self);
  hein_simulation_pause (self.net, "bert");
  for (guint i = 0; i < 20; i++)
    {
      send (&self.parties[0], 400 * 1024);
      hein_simulation_run (self.net, 50);
    }
  hein_simulation_resume (self.net, "bert");
  hein_simulation_run (self.net, 10 * 1000);
  g_assert_cmpuint (count_heard (&self.parties[2]), ==, 20);
  g_assert_cmpuint (count_heard (&self.parties[1]), >, 0);
  g_assert_cmpuint (count_heard (&self.parties[1]), <, 20);
  g_assert_cmpuint (hein_bus_get_n_dropped (self.parties[1].bus,
                                            HEIN_DROP_REASON_OVERFLOW),
                    >, 0);
  scene_clear (&self);
}

static char *
run_story (guint64 seed)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (1);
  char *trace;
  Scene self;

  scene_init (&self, seed, "&reliable=yes", TRUE);
  hein_simulation_begin_trace (self.net);
  make_faults (&self, dice, 0.3);
  meet (&self);
  talk (&self, dice);
  trace = hein_simulation_dup_trace (self.net);
  scene_clear (&self);
  return trace;
}

static void
test_seeds (void)
{
  g_autofree char *one = run_story (8);
  g_autofree char *again = run_story (8);
  g_autofree char *other = run_story (9);

  g_assert_nonnull (strstr (one, ", lost\n"));
  g_assert_cmpstr (one, ==, again);
  g_assert_cmpstr (one, !=, other);
}

int
main (int argc, char **argv)
{
  const gpointer sealed = GINT_TO_POINTER (TRUE);

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/simulation-multicast/messages/open", NULL,
                        test_messages);
  g_test_add_data_func ("/simulation-multicast/messages/sealed", sealed,
                        test_messages);
  g_test_add_func ("/simulation-multicast/send-to", test_send_to);
  g_test_add_func ("/simulation-multicast/stays", test_stays);
  g_test_add_func ("/simulation-multicast/plain", test_plain);
  g_test_add_data_func ("/simulation-multicast/repaired/open", NULL,
                        test_repaired);
  g_test_add_data_func ("/simulation-multicast/repaired/sealed", sealed,
                        test_repaired);
  g_test_add_data_func ("/simulation-multicast/counted/open", NULL,
                        test_counted);
  g_test_add_data_func ("/simulation-multicast/counted/sealed", sealed,
                        test_counted);
  g_test_add_func ("/simulation-multicast/partition", test_partition);
  g_test_add_func ("/simulation-multicast/crash", test_crash);
  g_test_add_func ("/simulation-multicast/narrow", test_narrow);
  g_test_add_func ("/simulation-multicast/paused", test_paused);
  g_test_add_func ("/simulation-multicast/seeds", test_seeds);
  return g_test_run ();
}
