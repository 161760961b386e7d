/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sim-net.h"

/* Requests by MQTT between heins, in virtual time: a hub that is the broker, a
 * sensor that asks, and a cellar that serves, each over the hub. */

#define HUB    "tcp+mqtt://hub:1883?plaintext=yes"
#define ASKER  HUB "&subscribe=no"
#define SEED   3
#define ANSWER 5000

typedef struct
{
  SimNet net;
  HeinBus *cellar;
  HeinRequest *open;  /* owned, nullable: the last one that was not answered */
  GPtrArray *answers; /* owned texts, in order */
  GError *error;      /* owned, nullable: of the last request */
  guint n_over;
} Fixture;

static void
on_question (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Fixture *self = data;
  const char *topic =
    hein_message_get_topic (hein_request_get_message (request));
  g_autoptr (HeinMessage) answer = hein_message_new_text (NULL, topic);

  if (g_str_has_suffix (topic, "fail"))
    hein_request_refuse (request, 42, "too hot", NULL);
  else if (g_str_has_suffix (topic, "wait"))
    g_set_object (&self->open, request);
  else
    hein_request_reply_message (request, answer, NULL);
}

static void
on_answer (GObject *bus, GAsyncResult *result, gpointer data)
{
  Fixture *self = data;
  g_autoptr (HeinMessage) answer = NULL;

  g_clear_error (&self->error);
  answer = hein_bus_request_finish (HEIN_BUS (bus), result, &self->error);
  if (answer != NULL)
    g_ptr_array_add (self->answers, hein_message_dup_text (answer, NULL));
  self->n_over++;
}

static gboolean
is_over (HeinSimulation *net, gpointer data)
{
  return ((Fixture *) data)->n_over > 0;
}

static void
ask (Fixture *self,
     HeinBus *bus,
     const char *whom,
     const char *topic,
     GCancellable *cancellable)
{
  g_autoptr (HeinMessage) question = hein_message_new_text (topic, "?");

  if (whom != NULL)
    hein_bus_request_to_async (bus, whom, question, ANSWER, cancellable,
                               on_answer, self);
  else
    hein_bus_request_async (bus, question, ANSWER, cancellable, on_answer,
                            self);
}

/* Until it is answered. */
static void
ask_and_wait (Fixture *self, HeinBus *bus, const char *whom, const char *topic)
{
  self->n_over = 0;
  ask (self, bus, whom, topic, NULL);
  hein_simulation_run_until (self->net.net, 60000, is_over, self);
  g_assert_cmpuint (self->n_over, ==, 1);
}

static void
begin (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->answers = g_ptr_array_new_with_free_func (g_free);
  sim_net_init (&self->net, HUB, SEED);
  g_clear_object (&self->net.sensor);
  self->net.sensor = sim_net_make_bus (&self->net, "attic");
  hein_bus_dial (self->net.sensor, ASKER, &error);
  g_assert_no_error (error);
  self->cellar = sim_net_make_bus (&self->net, "cellar");
  hein_bus_subscribe (self->cellar, "cellar/", &error);
  g_assert_no_error (error);
  hein_bus_serve (self->cellar, "cellar/*", on_question, self, NULL, &error);
  g_assert_no_error (error);
  hein_bus_subscribe (self->net.hub, "hub/", &error);
  g_assert_no_error (error);
  hein_bus_serve (self->net.hub, "hub/*", on_question, self, NULL, &error);
  g_assert_no_error (error);
  hein_bus_dial (self->cellar, HUB, &error);
  g_assert_no_error (error);
  hein_simulation_run (self->net.net, 3000);
}

static void
end (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->open);
  g_clear_object (&self->cellar);
  sim_net_clear (&self->net);
  g_ptr_array_unref (self->answers);
  g_clear_error (&self->error);
}

#define ANSWERED(self, n, text)                                                \
  g_assert_no_error ((self)->error);                                           \
  g_assert_cmpuint ((self)->answers->len, ==, n);                              \
  g_assert_cmpstr ((self)->answers->pdata[(n) -1], ==, text)

/* One client asks another, and the hub; and the hub a client by its name. */
static void
test_answers (Fixture *self, gconstpointer data)
{
  ask_and_wait (self, self->net.sensor, NULL, "cellar/a");
  ANSWERED (self, 1, "cellar/a");
  ask_and_wait (self, self->net.sensor, NULL, "hub/a");
  ANSWERED (self, 2, "hub/a");
  ask_and_wait (self, self->net.hub, "cellar", "cellar/b");
  ANSWERED (self, 3, "cellar/b");
}

static void
test_errors (Fixture *self, gconstpointer data)
{
  ask_and_wait (self, self->net.sensor, NULL, "cellar/fail");
  g_assert_error (self->error, HEIN_ANSWER_ERROR, 42);
  g_assert_cmpstr (self->error->message, ==, "too hot");
  ask_and_wait (self, self->net.sensor, NULL, "hub/fail");
  g_assert_error (self->error, HEIN_ANSWER_ERROR, 42);
  ask_and_wait (self, self->net.hub, "cellar", "cellar/fail");
  g_assert_error (self->error, HEIN_ANSWER_ERROR, 42);
  /* at once, and not when the time is over */
  ask_and_wait (self, self->net.sensor, NULL, "nobody");
  g_assert_error (self->error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
  ask_and_wait (self, self->net.hub, "cellar", "nobody");
  g_assert_error (self->error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED);
}

/* A late answer is no answer to what was asked next. */
static void
test_late (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (HeinMessage) late = hein_message_new_text (NULL, "late");

  ask_and_wait (self, self->net.sensor, NULL, "cellar/wait");
  g_assert_error (self->error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  self->n_over = 0;
  ask (self, self->net.sensor, NULL, "cellar/a", NULL);
  hein_request_reply_message (self->open, late, NULL);
  hein_simulation_run_until (self->net.net, 60000, is_over, self);
  ANSWERED (self, 1, "cellar/a");
  /* the same of one that was cancelled */
  self->n_over = 0;
  ask (self, self->net.sensor, NULL, "cellar/wait", cancellable);
  hein_simulation_run (self->net.net, 1000);
  g_cancellable_cancel (cancellable);
  hein_simulation_run_until (self->net.net, 60000, is_over, self);
  g_assert_error (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  self->n_over = 0;
  ask (self, self->net.sensor, NULL, "cellar/b", NULL);
  hein_request_reply_message (self->open, late, NULL);
  hein_simulation_run_until (self->net.net, 60000, is_over, self);
  hein_simulation_run (self->net.net, 3000);
  ANSWERED (self, 2, "cellar/b");
  g_assert_cmpuint (self->n_over, ==, 1);
}

/* Who is gone answers nothing, and who was asked is there again later. */
static void
test_cut (Fixture *self, gconstpointer data)
{
  self->n_over = 0;
  ask (self, self->net.sensor, NULL, "cellar/wait", NULL);
  hein_simulation_run (self->net.net, 1000);
  hein_simulation_cut (self->net.net, "attic", "hub");
  hein_simulation_run_until (self->net.net, 60000, is_over, self);
  g_assert_error (self->error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  hein_simulation_run (self->net.net, 10000);
  ask_and_wait (self, self->net.sensor, NULL, "cellar/a");
  ANSWERED (self, 1, "cellar/a");
}

#define ADD(path, test)                                                        \
  g_test_add ("/mqtt-hub-ask/" path, Fixture, NULL, begin, test, end)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("answers", test_answers);
  ADD ("errors", test_errors);
  ADD ("late", test_late);
  ADD ("cut", test_cut);
  return g_test_run ();
}
