/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "offset-sessions.h"

/*
 * Somebody on the way does something at one byte of a session, on every wire:
 * nothing that was sent is lost without being counted, whatever waits for an
 * answer ends once, the next connection works, and a neighbour does not notice.
 * Some random bytes in make check, all of them in make check-long (-m thorough).
 * The environment variable HEIN_OFFSET says one: "up 123".
 */

#define N_RANDOM 8

typedef struct
{
  const char *name;
  ByteProxyDeed deed;
} Deed;

static const Deed deeds[] = {
  { "cut", BYTE_PROXY_CUT },
  { "reset", BYTE_PROXY_RESET },
  { "half-close", BYTE_PROXY_HALF },
  { "stall", BYTE_PROXY_PAUSE },
};

typedef struct
{
  const Wire *wire;
  const Session *session;
  const Deed *deed;
} Test;

/* ---- which one it was ---- */

static char current[256];

static void
on_fatal (int number)
{
  const gssize n = write (STDERR_FILENO, current, strlen (current));

  signal (number, SIG_DFL);
  raise (n < 0 ? SIGABRT : number);
}

/* A loop that turns nothing ends by an alarm. */
static void
note_current (const Test *test, Direction direction, gsize place)
{
  g_snprintf (current, sizeof current,
              "# -p /offsets/%s/%s/%s, HEIN_OFFSET='%s %" G_GSIZE_FORMAT "'\n",
              test->wire->name, test->session->name,
              test->deed != NULL ? test->deed->name : "drip",
              direction == UP ? "up" : "down", place);
  alarm (5 * hein_test_get_patience ());
}

/* ---- one byte ---- */

static gboolean
is_paused (Scene *scene)
{
  return scene->proxy->n_paused > 0;
}

static gboolean
is_done_to (Scene *scene)
{
  return scene->proxy->n_deeds > 0;
}

/* Also by a wire whose handshake has taken too long. */
static void
note_broken (Scene *scene, ByteProxyDeed deed)
{
  scene->is_broken |=
    (is_done_to (scene) && deed != BYTE_PROXY_PAUSE) ||
    scene->kirk->removed->len > 0 ||
    (scene->wire->broker == NULL && scene->hub->removed->len > 0);
}

/* Until both know of each other. */
static void
note_handshake (Scene *scene)
{
  if (scene_can_say (scene, DOWN) &&
      (scene->wire->is_one_way || scene_can_say (scene, UP)) &&
      scene->n_handshake[UP] == 0)
    memcpy (scene->n_handshake, scene->proxy->n_passed,
            sizeof scene->n_handshake);
}

/* TRUE: the session is over. */
static gboolean
step (Scene *scene, const Session *session, ByteProxyDeed deed)
{
  note_broken (scene, deed);
  note_handshake (scene);
  return session->step (scene);
}

static void
run_session (Scene *scene, const Session *session, ByteProxyDeed deed)
{
  hein_test_wait (step (scene, session, deed) || is_done_to (scene));
  if (is_paused (scene))
    {
      scene_say (scene, DOWN, 1);
      hein_test_wait (scene_is_good_served (scene));
      byte_proxy_go_on (scene->proxy);
    }
  hein_test_wait (step (scene, session, deed));
  hein_test_wait (scene_hears_again (scene) || is_paused (scene));
  byte_proxy_go_on (scene->proxy);
  hein_test_wait (scene_hears_again (scene));
  /* it may just have been broken by what was said last */
  hein_test_wait (scene_hears_again (scene));
  note_broken (scene, deed);
  if (session->again == NULL || !scene->is_broken)
    return;
  session->again (scene);
  hein_test_wait (session->step (scene));
}

static void
dial (Scene *scene)
{
  g_autofree char *uri = wire_dup_dial_uri (scene->wire, scene->proxy->port);

  hein_test_bus_dial (scene->kirk, uri);
}

/* Bytes of each direction of the last connection. */
typedef struct
{
  gsize begin[N_DIRECTIONS]; /* behind the handshake */
  gsize end[N_DIRECTIONS];
} Range;

static void
run_scene (const Test *test,
           ByteProxyDeed deed,
           Direction direction,
           gsize place,
           Range *range)
{
  g_autoptr (Scene) scene = scene_new (test->wire);

  scene->deed = scene->proxy->deed = deed;
  scene->proxy->is_upward = direction == UP;
  scene->proxy->place = place;
  dial (scene);
  run_session (scene, test->session, deed);
  scene_close_kirk (scene);
  note_broken (scene, deed);
  scene_say (scene, DOWN, 1);
  hein_test_wait (scene_is_good_served (scene));
  scene_check_balance (scene);
  test->session->check (scene);
  memcpy (range->begin, scene->n_handshake, sizeof range->begin);
  memcpy (range->end, scene->proxy->n_passed, sizeof range->end);
}

static void
run_at (const Test *test, Direction direction, gsize place)
{
  Range range;

  note_current (test, direction, place);
  run_scene (test, test->deed->deed, direction, place, &range);
}

/* ---- all of them, or some ---- */

static gboolean
run_named (const Test *test)
{
  const char *text = g_getenv ("HEIN_OFFSET");
  char direction[8];
  gsize place;

  if (text == NULL)
    return FALSE;
  g_assert_cmpint (sscanf (text, "%7s %zu", direction, &place), ==, 2);
  run_at (test, g_str_equal (direction, "up") ? UP : DOWN, place);
  return TRUE;
}

/* The handshake has a session of its own. */
static Range
measure (const Test *test)
{
  Range range;

  note_current (test, DOWN, 0);
  run_scene (test, BYTE_PROXY_PASS, DOWN, 0, &range);
  if (test->session == &session_handshake)
    memset (range.begin, 0, sizeof range.begin);
  for (Direction i = 0; i < N_DIRECTIONS; i++)
    {
      g_test_message ("%s: bytes %zu to %zu", i == UP ? "up" : "down",
                      range.begin[i], range.end[i]);
      g_assert_cmpuint (range.begin[i], <, range.end[i]);
    }
  return range;
}

static void
test_deed (gconstpointer data)
{
  const Test *test = data;
  Range range;

  if (!wire_prepare (test->wire) || run_named (test))
    return;
  range = measure (test);
  for (Direction i = 0; i < N_DIRECTIONS; i++)
    if (g_test_thorough ())
      for (gsize place = range.begin[i]; place < range.end[i]; place++)
        run_at (test, i, place);
    else
      for (guint k = 0; k < N_RANDOM; k++)
        run_at (test, i, g_test_rand_int_range (range.begin[i], range.end[i]));
}

/* Byte by byte nothing is broken. */
static void
test_drip (gconstpointer data)
{
  const Test *test = data;
  Range range;

  if (!wire_prepare (test->wire))
    return;
  note_current (test, DOWN, 0);
  run_scene (test, BYTE_PROXY_DRIP, DOWN, 0, &range);
}

static void
add (const Wire *wire, const Session *session, const Deed *deed)
{
  const Test test = { wire, session, deed };
  g_autofree char *path =
    g_strdup_printf ("/offsets/%s/%s/%s", wire->name, session->name,
                     deed != NULL ? deed->name : "drip");

  g_test_add_data_func_full (path, g_memdup2 (&test, sizeof test),
                             deed != NULL ? test_deed : test_drip, g_free);
}

static void
add_all (const Wire *wire, const Session *session)
{
  if (session->fits != NULL && !session->fits (wire))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
    add (wire, session, &deeds[i]);
  add (wire, session, NULL);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  signal (SIGABRT, on_fatal);
  signal (SIGALRM, on_fatal);
  for (guint i = 0; i < n_wires; i++)
    {
      add_all (&wires[i], &session_handshake);
      add_all (&wires[i], &session_messages);
      add_all (&wires[i], &session_requests);
      add_all (&wires[i], &session_deliveries);
    }
  status = g_test_run ();
  wires_clean_up ();
  return status;
}
