/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "offset-sessions.h"

#include "deliver-ends.h"

/* A session of deliveries, each way where the hub knows kirk. */

#define N_EACH 4
#define N_ALL  (N_EACH + 1) /* and one over the new connection */

typedef struct
{
  Delivered delivered[N_DIRECTIONS][N_ALL];
  guint n_begun[N_DIRECTIONS];
  guint n_done;
} Talk;

static void
talk_free (gpointer data)
{
  Talk *self = data;

  for (guint i = 0; i < N_DIRECTIONS; i++)
    for (guint k = 0; k < N_ALL; k++)
      delivered_clear (&self->delivered[i][k]);
  g_free (self);
}

static Talk *
get_talk (Scene *scene)
{
  if (scene->talk == NULL)
    {
      scene->talk = g_new0 (Talk, 1);
      scene->free_talk = talk_free;
    }
  return scene->talk;
}

static gboolean
fits (const Wire *wire)
{
  return wire->has_deliveries;
}

static char *
dup_text (Scene *scene, Direction direction, guint i)
{
  return g_strdup_printf ("delivery %u %u %u", scene->serial, direction, i);
}

static void
deliver_one (Scene *scene, Direction direction)
{
  Talk *talk = get_talk (scene);
  const guint i = talk->n_begun[direction]++;
  Delivered *delivered = &talk->delivered[direction][i];
  HeinTestBus *bus = direction == DOWN ? scene->hub : scene->kirk;
  g_autofree char *text = dup_text (scene, direction, i);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);

  scene->n_asked++;
  delivered->n_all = &talk->n_done;
  if (direction == DOWN && scene->wire->has_names)
    hein_bus_deliver_to_async (bus->bus, "kirk", message, -1, NULL,
                               delivered_on_done, delivered);
  else
    hein_bus_deliver_async (bus->bus, message, -1, NULL, delivered_on_done,
                            delivered);
}

static guint
count_handled (Scene *scene, Direction direction, guint i)
{
  HeinTestBus *hearer = direction == DOWN ? scene->kirk : scene->hub;
  g_autofree char *expected = dup_text (scene, direction, i);
  guint n = 0;

  for (guint k = 0; k < hearer->messages->len; k++)
    {
      g_autofree char *text = hein_test_bus_dup_text (hearer, k);

      n += g_str_equal (text, expected);
    }
  return n;
}

/* A broker acknowledges before it passes on. */
static gboolean
have_last_arrived (Scene *scene)
{
  return get_talk (scene)->n_begun[UP] <= N_EACH ||
         (count_handled (scene, DOWN, N_EACH) > 0 &&
          count_handled (scene, UP, N_EACH) > 0);
}

static gboolean
step (Scene *scene)
{
  Talk *talk = get_talk (scene);
  gboolean have_begun = TRUE;

  for (Direction i = 0; i < N_DIRECTIONS; i++)
    {
      if (talk->n_begun[i] == 0 && scene_can_say (scene, i))
        for (guint k = 0; k < N_EACH; k++)
          deliver_one (scene, i);
      have_begun &= talk->n_begun[i] > 0;
    }
  return have_begun &&
         talk->n_done == talk->n_begun[DOWN] + talk->n_begun[UP] &&
         have_last_arrived (scene);
}

static void
again (Scene *scene)
{
  deliver_one (scene, DOWN);
  deliver_one (scene, UP);
}

/* What was acknowledged was handled; what is resumed is handled once. A broker
 * acknowledges what it has taken. */
static void
check_one (Scene *scene, Direction direction, guint i)
{
  Delivered *delivered = &get_talk (scene)->delivered[direction][i];
  const gboolean is_for_broker =
    scene->wire->broker != NULL && direction == DOWN;
  const gboolean is_undisturbed = !scene->is_broken || i == N_EACH;
  const guint n_handled = count_handled (scene, direction, i);
  HeinOutcome outcome;

  g_assert_cmpuint (delivered->n_done, ==, 1);
  if (is_undisturbed || scene->wire->resumes)
    {
      assert_acknowledged (delivered);
      if (!is_for_broker || is_undisturbed)
        g_assert_cmpuint (n_handled, ==, 1);
      return;
    }
  g_assert_no_error (delivered->error);
  outcome = hein_receipt_get_outcome (delivered->receipt, 0);
  if (outcome == HEIN_OUTCOME_ACKNOWLEDGED && !is_for_broker)
    g_assert_cmpuint (n_handled, ==, 1);
  if (outcome == HEIN_OUTCOME_FAILED)
    g_assert_cmpuint (n_handled, ==, 0);
  g_assert_cmpuint (n_handled, <=, 1);
}

static void
check (Scene *scene)
{
  Talk *talk = get_talk (scene);

  for (Direction i = 0; i < N_DIRECTIONS; i++)
    for (guint k = 0; k < talk->n_begun[i]; k++)
      check_one (scene, i, k);
}

const Session session_deliveries = { .name = "deliveries",
                                     .fits = fits,
                                     .step = step,
                                     .again = again,
                                     .check = check };
