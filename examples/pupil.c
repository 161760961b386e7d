/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Asks what A is divided by B, and prints the answer, or the error that is one.
 *
 *   pupil A B [URI]
 */
#include <hein/hein.h>
#include <stdlib.h>

typedef struct
{
  GMainLoop *loop;
  HeinMessage *question;
  GError *error;
} Pupil;

static void
on_answer (GObject *bus, GAsyncResult *result, gpointer data)
{
  Pupil *self = data;
  g_autoptr (HeinMessage) answer =
    hein_bus_request_finish (HEIN_BUS (bus), result, &self->error);
  g_autofree char *text =
    answer != NULL ? hein_message_dup_text (answer, &self->error) : NULL;

  if (text != NULL)
    g_print ("%s\n", text);
  else if (self->error->domain == HEIN_ANSWER_ERROR)
    {
      g_print ("error %d: %s\n", self->error->code, self->error->message);
      g_clear_error (&self->error);
    }
  g_main_loop_quit (self->loop);
}

static void
on_peer (GObject *bus, GAsyncResult *result, gpointer data)
{
  Pupil *self = data;

  if (hein_bus_wait_for_peers_finish (HEIN_BUS (bus), result, &self->error))
    hein_bus_request_async (HEIN_BUS (bus), self->question, 10000, NULL,
                            on_answer, self);
  else
    g_main_loop_quit (self->loop);
}

int
main (int argc, char *argv[])
{
  g_autoptr (HeinBus) bus = hein_bus_new ("pupil");
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree char *text = g_strdup_printf ("%s %s", argc > 1 ? argv[1] : "6",
                                           argc > 2 ? argv[2] : "3");
  g_autoptr (HeinMessage) question =
    hein_message_new_text ("math/divide", text);
  Pupil self = { loop, question, NULL };

  if (hein_bus_dial (bus, argc > 3 ? argv[3] : "tcp://127.0.0.1:5555",
                     &self.error) != NULL)
    {
      hein_bus_wait_for_peers_async (bus, 1, -1, NULL, on_peer, &self);
      g_main_loop_run (loop);
    }
  if (self.error == NULL)
    return EXIT_SUCCESS;
  g_printerr ("%s\n", self.error->message);
  g_error_free (self.error);
  return EXIT_FAILURE;
}
