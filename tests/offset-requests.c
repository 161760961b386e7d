/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "offset-sessions.h"

#include <string.h>

#include "request-ends.h"

/* A session of requests, each way where the hub knows kirk, and one with a stream
 * of answers. */

#define N_EACH  3
#define N_ALL   (N_EACH + 1) /* and one over the new connection */
#define N_PARTS 5
#define CREDIT  2
#define MANY    "many"

static const char *const topics[N_DIRECTIONS] = { "kirk",
                                                  "hub" }; /* who serves */

typedef struct
{
  Asked asked[N_DIRECTIONS][N_ALL];
  guint n_begun[N_DIRECTIONS];
  guint n_done;
  GHashTable *served; /* owned: what was asked, each once */
  HeinReplies *replies;
  guint n_parts;
  guint n_ends;
  GError *error; /* why the stream has ended; NULL: after the last */
} Talk;

static void
talk_free (gpointer data)
{
  Talk *self = data;

  for (guint i = 0; i < N_DIRECTIONS; i++)
    for (guint k = 0; k < N_ALL; k++)
      asked_clear (&self->asked[i][k]);
  g_hash_table_unref (self->served);
  g_clear_object (&self->replies);
  g_clear_error (&self->error);
  g_free (self);
}

static gboolean
fits (const Wire *wire)
{
  return wire->has_requests;
}

/* ---- answering ---- */

static void give (HeinRequest *request, guint n);

static void
on_credit (GObject *source, GAsyncResult *result, gpointer data)
{
  if (hein_request_wait_for_credit_finish (HEIN_REQUEST (source), result, NULL))
    give (HEIN_REQUEST (source), GPOINTER_TO_UINT (data));
}

/* The parts from @n on, as many as it may. */
static void
give (HeinRequest *request, guint n)
{
  g_autoptr (GError) error = NULL;

  for (; n < N_PARTS; n++)
    {
      g_autofree char *text = g_strdup_printf ("%u", n);
      g_autoptr (HeinMessage) part = hein_message_new_text ("part", text);

      if (!hein_request_reply_part (request, part, &error))
        break;
    }
  if (error == NULL)
    hein_request_end (request, NULL);
  else if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    hein_request_wait_for_credit_async (request, NULL, on_credit,
                                        GUINT_TO_POINTER (n));
  else
    g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Talk *talk = data;
  char *text = hein_message_dup_text (hein_request_get_message (request), NULL);
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));

  /* never twice, whatever happened to the connection */
  g_assert_true (g_hash_table_add (talk->served, text));
  if (g_str_has_prefix (text, "ask " MANY))
    give (request, 0);
  else
    hein_request_reply (request, payload, NULL);
}

static void
serve_topic (HeinTestBus *bus, Direction direction, Talk *talk)
{
  g_autoptr (GError) error = NULL;

  hein_bus_serve (bus->bus, topics[direction], on_request, talk, NULL, &error);
  g_assert_no_error (error);
}

static Talk *
get_talk (Scene *scene)
{
  Talk *talk = scene->talk;

  if (talk != NULL)
    return talk;
  scene->talk = talk = g_new0 (Talk, 1);
  scene->free_talk = talk_free;
  talk->served = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  serve_topic (scene->kirk, DOWN, talk);
  serve_topic (scene->hub, UP, talk);
  return talk;
}

/* ---- asking ---- */

static char *
dup_text (Scene *scene, const char *what, guint i)
{
  return g_strdup_printf ("ask %s %u %u", what, scene->serial, i);
}

static void
ask_one (Scene *scene, Direction direction)
{
  Talk *talk = get_talk (scene);
  const guint i = talk->n_begun[direction]++;
  Asked *asked = &talk->asked[direction][i];
  HeinTestBus *bus = direction == DOWN ? scene->hub : scene->kirk;
  g_autofree char *text = dup_text (scene, topics[direction], i);
  g_autoptr (HeinMessage) message =
    hein_message_new_text (topics[direction], text);

  scene->n_asked++;
  asked->n_all = &talk->n_done;
  if (direction == DOWN)
    hein_bus_request_to_async (bus->bus, "kirk", message, -1, NULL,
                               asked_on_done, asked);
  else
    hein_bus_request_async (bus->bus, message, -1, NULL, asked_on_done, asked);
}

static void take (Talk *talk);

static void
on_part (GObject *source, GAsyncResult *result, gpointer data)
{
  Talk *talk = data;
  g_autoptr (HeinMessage) message =
    hein_replies_next_finish (HEIN_REPLIES (source), result, &talk->error);
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;

  if (message == NULL)
    {
      talk->n_ends++;
      return;
    }
  text = hein_message_dup_text (message, NULL);
  expected = g_strdup_printf ("%u", talk->n_parts++);
  g_assert_cmpstr (text, ==, expected);
  take (talk);
}

static void
take (Talk *talk)
{
  hein_replies_next_async (talk->replies, NULL, on_part, talk);
}

static void
ask_for_stream (Scene *scene)
{
  Talk *talk = get_talk (scene);
  g_autofree char *text = dup_text (scene, MANY, 0);
  g_autoptr (HeinMessage) message = hein_message_new_text (topics[UP], text);

  scene->n_asked += N_PARTS + 1;
  talk->replies = hein_bus_request_many (scene->kirk->bus, message, -1, CREDIT);
  take (talk);
}

static gboolean
asks (const Wire *wire, Direction direction)
{
  return direction == UP || wire->has_names;
}

static gboolean
step (Scene *scene)
{
  Talk *talk = get_talk (scene);
  gboolean have_begun = TRUE;

  for (Direction i = 0; i < N_DIRECTIONS; i++)
    {
      if (!asks (scene->wire, i))
        continue;
      if (talk->n_begun[i] == 0 && scene_can_say (scene, i))
        {
          for (guint k = 0; k < N_EACH; k++)
            ask_one (scene, i);
          if (i == UP && scene->wire->has_streams)
            ask_for_stream (scene);
        }
      have_begun &= talk->n_begun[i] > 0;
    }
  return have_begun &&
         talk->n_done == talk->n_begun[DOWN] + talk->n_begun[UP] &&
         (talk->replies == NULL || talk->n_ends > 0);
}

static void
again (Scene *scene)
{
  for (Direction i = 0; i < N_DIRECTIONS; i++)
    if (asks (scene->wire, i))
      ask_one (scene, i);
}

/* ---- what came of it ---- */

static void
check_one (Scene *scene, Direction direction, guint i)
{
  Asked *asked = &get_talk (scene)->asked[direction][i];
  g_autofree char *text = dup_text (scene, topics[direction], i);

  g_assert_cmpuint (asked->n_done, ==, 1);
  if (!scene->is_broken || i == N_EACH || asked->error == NULL)
    assert_answer (asked, text);
}

static void
check (Scene *scene)
{
  Talk *talk = get_talk (scene);

  for (Direction i = 0; i < N_DIRECTIONS; i++)
    for (guint k = 0; k < talk->n_begun[i]; k++)
      check_one (scene, i, k);
  if (talk->replies == NULL)
    return;
  g_assert_cmpuint (talk->n_ends, ==, 1);
  if (!scene->is_broken)
    g_assert_no_error (talk->error);
  if (talk->error == NULL)
    g_assert_cmpuint (talk->n_parts, ==, N_PARTS);
}

const Session session_requests = {
  .name = "requests", .fits = fits, .step = step, .again = again, .check = check
};
