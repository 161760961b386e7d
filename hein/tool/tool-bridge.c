/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tool-commands.h"
#include "tool-losses.h"
#include "tool-options.h"
#include "tool-progress.h"
#include "tool-session.h"
#include "tool-status.h"
#include "tool-topics.h"

/* The command `hein bridge`: passes messages between two addresses. */

#define N_SIDES         2
#define TICK_MS         250
#define CLOSE_LINGER_MS 5000

typedef struct
{
  ToolSession sides[N_SIDES]; /* the first has the options of both */

  /* options */
  ToolTopics topics;
  char **served;
  char *id;
  gboolean is_one_way;
  gboolean dials_first;

  /* while it runs */
  HeinBridge *bridges[N_SIDES]; /* from each side; NULL: nothing goes there */
  guint64 n_turned_away;        /* from the second side, with --one-way */
} Bridge;

static const ToolHelp help = {
  "",
  "Passes messages between two addresses, of any two protocols.",
  "What comes from the peers of one address goes to those of the other.\n"
  "Messages keep their topics, and their attributes where both protocols have\n"
  "some. While one side takes nothing, the other one waits. A delivery (hein\n"
  "send --deliver) is acknowledged when the other side has acknowledged it, "
  "and\n"
  "a request (hein request) of a topic that --serve names is answered by the\n"
  "other side.\n\n"
  "Each message names in its attribute 'via' the bridges that it has passed, "
  "and\n"
  "none goes through the same one twice. Several bridges between the same\n"
  "networks need the same --id. Make no loop through protocols that have no\n"
  "attributes.\n\n"
  "Exit status: 0 interrupted, 1 failed, 2 wrong usage, 3 --timeout is "
  "over.\n\n"
  "Examples:\n"
  "  hein bridge --listen tcp://localhost:7000 \\\n"
  "    --dial tcp+mqtt://localhost:1883 --pattern 'house/**'\n"
  "  hein bridge --dial 'udp-multicast://239.7.7.7:7000?plaintext=yes' \\\n"
  "    --listen ws+zmtp://localhost:8080 --one-way",
};

/* ---- the two sides ---- */

/* GOption tells how often each was given, but not in which order. */
static gboolean
does_dial_first (char **argv)
{
  for (argv++; *argv != NULL; argv++)
    if (g_str_has_prefix (*argv, "--listen") || g_str_has_prefix (*argv, "-l"))
      return FALSE;
    else if (g_str_has_prefix (*argv, "--dial") ||
             g_str_has_prefix (*argv, "-d"))
      return TRUE;
  return FALSE;
}

static guint
count (char **addresses)
{
  return addresses != NULL ? g_strv_length (addresses) : 0;
}

static char **
make_list (char *address)
{
  char **list = g_new0 (char *, 2);

  list[0] = address;
  return list;
}

/* Gives the second address to the second side. */
static void
share_addresses (Bridge *self)
{
  ToolSession *first = &self->sides[0];
  ToolSession *second = &self->sides[1];

  if (count (first->listens) == 1 && self->dials_first)
    second->listens = g_steal_pointer (&first->listens);
  else if (count (first->dials) == 1)
    second->dials = g_steal_pointer (&first->dials);
  else
    {
      char **both = first->dials != NULL ? first->dials : first->listens;
      char **list = make_list (g_steal_pointer (&both[1]));

      if (first->dials != NULL)
        second->dials = list;
      else
        second->listens = list;
    }
  second->is_second = TRUE;
  second->is_mute = self->is_one_way;
  second->is_verbose = first->is_verbose;
  second->log_file = g_strdup (first->log_file);
  second->name = g_strdup (first->name);
}

static gboolean
open_sides (Bridge *self)
{
  ToolSession *first = &self->sides[0];
  ToolSession *second = &self->sides[1];

  share_addresses (self);
  if (!tool_session_open (first))
    return FALSE;
  if (second->name == NULL)
    second->name = g_strdup (hein_bus_get_name (first->bus));
  if (!tool_session_open (second))
    {
      first->status = second->status;
      return FALSE;
    }
  g_ptr_array_extend (first->unbound, second->unbound,
                      (GCopyFunc) (void (*) (void)) g_object_ref, NULL);
  g_ptr_array_set_size (second->unbound, 0);
  return TRUE;
}

/* ---- the bridges ---- */

static void
on_failed (HeinBridge *bridge,
           HeinMessage *message,
           const GError *error,
           gpointer user_data)
{
  if (message != NULL)
    g_info ("not passed on: %s: %s", hein_message_get_topic (message),
            error->message);
  else
    tool_complain ("%s", error->message);
}

/* Otherwise it would wait for ever, and so would who has delivered it. */
static void
turn_away (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  Bridge *self = user_data;

  self->n_turned_away++;
  g_info ("not passed on: %s: the bridge goes one way",
          hein_message_get_topic (message));
  hein_message_refuse (message, "the bridge goes one way");
}

static gboolean
serve (Bridge *self, HeinBridge *bridge)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; self->served != NULL && self->served[i] != NULL; i++)
    if (!hein_bridge_serve (bridge, self->served[i], &error))
      {
        tool_complain_usage ("--serve: %s", error->message);
        return FALSE;
      }
  return TRUE;
}

static gboolean
carry (Bridge *self, HeinBridge *bridge)
{
  const ToolTopics *topics = &self->topics;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; topics->topics != NULL && topics->topics[i] != NULL; i++)
    hein_bridge_add_topic (bridge, topics->topics[i], NULL); /* checked */
  for (guint i = 0; topics->patterns != NULL && topics->patterns[i] != NULL;
       i++)
    if (!hein_bridge_add_pattern (bridge, topics->patterns[i], &error))
      {
        tool_complain_usage ("--pattern: %s", error->message);
        return FALSE;
      }
  return TRUE;
}

static gboolean
build (Bridge *self)
{
  g_autoptr (GError) error = NULL;

  if (self->is_one_way)
    hein_bus_set_handler (self->sides[1].bus, turn_away, self, NULL);
  for (guint i = 0; i < (self->is_one_way ? 1 : N_SIDES); i++)
    {
      HeinBridge *bridge =
        hein_bridge_new (self->sides[i].bus, self->sides[1 - i].bus, self->id,
                         &error);

      if (bridge == NULL)
        {
          tool_complain_usage ("--id: %s", error->message);
          return FALSE;
        }
      self->bridges[i] = bridge;
      g_signal_connect (bridge, "failed", G_CALLBACK (on_failed), NULL);
      /* both are one bridge: nothing turns round */
      if (self->id == NULL)
        self->id = g_strdup (hein_bridge_get_id (bridge));
      if (!carry (self, bridge) || !serve (self, bridge))
        return FALSE;
    }
  return TRUE;
}

static guint64
sum (Bridge *self, guint64 (*get) (HeinBridge *bridge))
{
  guint64 n = 0;

  for (guint i = 0; i < N_SIDES; i++)
    n += self->bridges[i] != NULL ? get (self->bridges[i]) : 0;
  return n;
}

/* ---- the command ---- */

static gboolean
on_tick (gpointer user_data)
{
  Bridge *self = user_data;
  guint n_peers = 0;

  if (!tool_progress_is_wanted () || self->sides[0].is_verbose ||
      self->sides[0].is_over)
    return G_SOURCE_CONTINUE;
  for (guint i = 0; i < N_SIDES; i++)
    n_peers += hein_peers_get_n_peers (hein_bus_get_peers (self->sides[i].bus));
  tool_progress_show_counts (n_peers, sum (self, hein_bridge_get_n_passed),
                             " passed on");
  return G_SOURCE_CONTINUE;
}

static void
pump (gpointer user_data)
{
  Bridge *self = user_data;
  ToolSession *first = &self->sides[0];
  const gboolean is_broken =
    hein_bridge_get_is_closed (self->bridges[0]) ||
    (self->bridges[1] != NULL && hein_bridge_get_is_closed (self->bridges[1]));

  if (self->sides[1].is_over || is_broken)
    tool_session_end (first, TOOL_FAILED);
  else
    tool_session_check_end (first, TRUE, 0);
}

static int
finish (Bridge *self)
{
  const guint64 n_failed =
    sum (self, hein_bridge_get_n_failed) + self->n_turned_away;
  const gboolean is_verbose = self->sides[0].is_verbose;

  tool_progress_hide ();
  for (guint i = 0; i < N_SIDES; i++)
    if (self->bridges[i] != NULL)
      hein_bridge_close (self->bridges[i]);
  for (guint i = 0; i < N_SIDES; i++)
    tool_session_close (&self->sides[i], CLOSE_LINGER_MS, NULL);
  if (n_failed > 0)
    tool_complain ("%" G_GUINT64_FORMAT " message%s not passed on%s", n_failed,
                   n_failed == 1 ? " was" : "s were",
                   is_verbose ? "" : " (--verbose tells more)");
  for (guint i = 0; i < N_SIDES; i++)
    {
      tool_losses_tell (self->sides[i].bus);
      tool_losses_tell_unsent (self->sides[i].bus, 0, is_verbose);
    }
  return self->sides[0].status;
}

static gboolean
check (Bridge *self, int argc, char **argv)
{
  const guint n = count (self->sides[0].listens) + count (self->sides[0].dials);

  if (argc > 1)
    tool_complain_usage ("bridge takes no argument: %s", argv[1]);
  else if (n != N_SIDES)
    tool_complain_usage ("a bridge has two sides: --listen and --dial together "
                         "are given twice, not %u time%s",
                         n, n == 1 ? "" : "s");
  else
    return tool_check_text ("--id", self->id) &&
           tool_topics_check (&self->topics);
  return FALSE;
}

static int
bridge (Bridge *self)
{
  if (!open_sides (self))
    return self->sides[0].status;
  if (!build (self))
    return TOOL_USAGE;
  g_timeout_add (TICK_MS, on_tick, self);
  tool_session_run (&self->sides[0], pump, self);
  return finish (self);
}

static void
clear (Bridge *self)
{
  for (guint i = 0; i < N_SIDES; i++)
    {
      if (self->bridges[i] != NULL)
        hein_bridge_close (self->bridges[i]);
      g_clear_object (&self->bridges[i]);
    }
  for (guint i = 0; i < N_SIDES; i++)
    tool_session_clear (&self->sides[i]);
  tool_topics_clear (&self->topics);
  g_strfreev (self->served);
  g_free (self->id);
}

int
tool_bridge (int argc, char **argv)
{
  Bridge self = { .dials_first = does_dial_first (argv) };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  GOptionEntry topics[TOOL_TOPICS_N_OPTIONS];
  const GOptionEntry own[] = {
    { "serve", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self.served,
      "Have requests of topics that match PATTERN answered by the other side; "
      "may be given several times",
      "PATTERN" },
    { "one-way", 0, 0, G_OPTION_ARG_NONE, &self.is_one_way,
      "Only from the first address to the second", NULL },
    { "id", 0, 0, G_OPTION_ARG_FILENAME, &self.id,
      "By what messages are known that have come through this bridge; made up "
      "unless given",
      "ID" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, topics, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.sides[0], shared);
  tool_topics_fill_options (&self.topics, topics);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self, argc, argv))
    status = bridge (&self);
  clear (&self);
  return status;
}
