/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include <hein/hein.h>

/* A program that `hein simulate` runs: what it does is its first argument, and
 * a seed of its own may be the second one. */

#define HUB "tcp://hub:5555?plaintext=yes"

typedef struct
{
  HeinSimulation *net;
  HeinBus *hub;
  HeinBus *sensor;
} Story;

static HeinBus *
make_bus (Story *self, const char *host, const char *name)
{
  hein_simulation_set_host (self->net, host);
  return hein_bus_new (name);
}

static void
send (Story *self, const char *topic)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, "20.5");
  g_autoptr (GError) error = NULL;

  hein_bus_send (self->sensor, message, &error);
  g_assert_no_error (error);
  hein_simulation_run (self->net, 100);
}

static void
begin (Story *self, guint64 seed, const char *host)
{
  self->net = hein_simulation_new (seed);
  self->hub = make_bus (self, "hub", "hub");
  hein_bus_listen (self->hub, HUB, NULL);
  self->sensor = make_bus (self, host, "sensor");
  hein_bus_dial (self->sensor, HUB, NULL);
  hein_simulation_run (self->net, 500);
}

static void
end (Story *self)
{
  g_clear_object (&self->sensor);
  g_clear_object (&self->hub);
  g_clear_object (&self->net);
}

/* One that arrives, one that waits for the cable, and one that is lost. */
static void
tell_story (Story *self, const char *topic)
{
  send (self, topic);
  hein_simulation_partition (self->net, (const char *const[]){ "hub", NULL },
                             (const char *const[]){ "roof", NULL });
  send (self, "late");
  hein_simulation_pause (self->net, "hub");
  hein_simulation_heal (self->net);
  hein_simulation_run (self->net, 100);
  hein_simulation_resume (self->net, "hub");
  hein_simulation_run (self->net, 100);
  hein_simulation_step_clock (self->net, 5000);
  hein_simulation_crash (self->net, "hub");
  send (self, "lost");
}

static void
send_many (Story *self)
{
  for (guint i = 0; i < 400; i++)
    send (self, "many");
}

int
main (int argc, char **argv)
{
  const char *deed = argc > 1 ? argv[1] : "";
  const guint64 own =
    argc > 2 ? g_ascii_strtoull (argv[argc - 1], NULL, 10) : 0;
  Story story;
  guint64 seed;

  if (strcmp (deed, "nothing") == 0)
    return EXIT_SUCCESS;
  if (strcmp (deed, "twice") == 0)
    {
      begin (&story, own, "cellar");
      end (&story);
    }
  begin (&story, own, strcmp (deed, "hostile") == 0 ? "\033[2Jr<o>of" : "roof");
  g_object_get (story.net, "seed", &seed, NULL);
  if (strcmp (deed, "story") == 0)
    tell_story (&story, "temperature");
  else if (strcmp (deed, "hostile") == 0)
    tell_story (&story, "a\033]0;x\a<&>");
  else if (strcmp (deed, "many") == 0)
    send_many (&story);
  else if (strcmp (deed, "abort") == 0)
    abort ();
  else if (strcmp (deed, "fail-with-7") == 0 && seed == 7)
    return 3;
  end (&story);
  return EXIT_SUCCESS;
}
