/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hein/hein.h>

/* A process of test-history.py, there to be killed: it delivers messages, or
 * handles them, and writes down what becomes of each before anything else can
 * know it.
 *
 * history-peer deliver|post|handle LOG listen|dial URI NAME COUNT STRATEGY
 *   RESUME-MS [SPOOL]
 */

#define OPEN_MAX 100

typedef struct
{
  HeinBus *bus;
  int log;
  const char *name;
  guint count;
  guint n_begun;
  guint n_open;
  gboolean is_waiting;
} Peer;

/* A line is in the file, whatever becomes of this process, once write () has
 * returned. */
G_GNUC_PRINTF (2, 3)
static void
note (Peer *self, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  gssize n;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = g_strconcat (text, "\n", NULL);
  n = write (self->log, line, strlen (line));
  if (n != (gssize) strlen (line))
    g_error ("the log cannot be written");
}

/* ---- delivering ---- */

static void deliver_more (Peer *self);

static void
on_peers (GObject *source, GAsyncResult *result, gpointer data)
{
  Peer *self = data;

  hein_bus_wait_for_peers_finish (self->bus, result, NULL);
  self->is_waiting = FALSE;
  deliver_more (self);
}

static void
wait_for_peers (Peer *self)
{
  if (self->is_waiting)
    return;
  self->is_waiting = TRUE;
  hein_bus_wait_for_peers_async (self->bus, 1, -1, NULL, on_peers, self);
}

typedef struct
{
  Peer *peer;
  guint number;
} Delivery;

/* In one line: killed between two, a process would have written down what some
 * peers did, and not what others did.
 * @receipt: nullable */
static void
note_outcomes (Peer *self, guint number, HeinReceipt *receipt)
{
  static const char *const outcomes[] = { "acknowledged", "failed", "unknown" };
  g_autoptr (GString) words = g_string_new (NULL);

  if (receipt == NULL)
    g_string_append (words, " failed");
  else
    for (guint i = 0; i < hein_receipt_get_n_peers (receipt); i++)
      g_string_append_printf (words, " %s",
                              outcomes[hein_receipt_get_outcome (receipt, i)]);
  note (self, "ended %u%s", number, words->str);
}

static void
on_receipt (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Delivery *delivery = data;
  Peer *self = delivery->peer;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (self->bus, result, &error);

  self->n_open--;
  note_outcomes (self, delivery->number, receipt);
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_NO_PEER))
    wait_for_peers (self);
  else
    deliver_more (self);
}

static void
deliver_more (Peer *self)
{
  while (!self->is_waiting && self->n_open < OPEN_MAX &&
         self->n_begun < self->count)
    {
      Delivery *delivery = g_new (Delivery, 1);
      g_autofree char *text = NULL;
      g_autoptr (HeinMessage) message = NULL;

      *delivery = (Delivery){ self, self->n_begun++ };
      self->n_open++;
      text = g_strdup_printf ("%s %u", self->name, delivery->number);
      message = hein_message_new_text ("t", text);
      note (self, "begun %u", delivery->number);
      hein_bus_deliver_async (self->bus, message, -1, NULL, on_receipt,
                              delivery);
    }
}

static void
deliver_all (Peer *self)
{
  wait_for_peers (self);
  while (self->n_begun < self->count || self->n_open > 0)
    g_main_context_iteration (NULL, TRUE);
  note (self, "end");
}

/* ---- posting ---- */

/* What was accepted is not posted again: an earlier life has said so. */
static guint
count_accepted (const char *log)
{
  g_autofree char *text = NULL;
  guint n = 0;

  g_file_get_contents (log, &text, NULL, NULL);
  for (const char *at = text; (at = strstr (at, "accepted ")) != NULL; at++)
    n++;
  return n;
}

static void post_more (Peer *self);

static void
on_posted (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Delivery *post = data;
  Peer *self = post->peer;
  g_autoptr (GError) error = NULL;

  if (!hein_bus_post_finish (self->bus, result, &error))
    g_error ("%s", error->message);
  note (self, "accepted %u", post->number);
  self->n_open--;
  post_more (self);
}

static void
post_more (Peer *self)
{
  while (self->n_open < OPEN_MAX && self->n_begun < self->count)
    {
      Delivery *post = g_new (Delivery, 1);
      g_autofree char *text = NULL;
      g_autoptr (HeinMessage) message = NULL;

      *post = (Delivery){ self, self->n_begun++ };
      self->n_open++;
      text = g_strdup_printf ("%s %u", self->name, post->number);
      message = hein_message_new_text ("t", text);
      /* one that was accepted, but not written down, is posted again */
      hein_message_set_attribute (message, HEIN_ATTRIBUTE_ID, text, NULL);
      hein_bus_post_async (self->bus, message, NULL, on_posted, post);
    }
}

static void
on_settled (HeinBus *bus,
            HeinMessage *message,
            HeinReceipt *receipt,
            gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!hein_receipt_check (receipt, &error))
    g_error ("%s", error->message);
}

static void
post_all (Peer *self, const char *spool, const char *log)
{
  g_autoptr (GError) error = NULL;

  self->n_begun = count_accepted (log);
  note (self, "from %u", self->n_begun);
  g_signal_connect (self->bus, "settled", G_CALLBACK (on_settled), NULL);
  hein_bus_open_spool (self->bus, spool, 0, &error);
  g_assert_no_error (error);
  post_more (self);
  while (self->n_begun < self->count || self->n_open > 0 ||
         hein_bus_get_n_posted (self->bus) > 0)
    g_main_context_iteration (NULL, TRUE);
  note (self, "end");
}

/* ---- handling ---- */

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_autofree char *text = hein_message_dup_text (message, NULL);

  note (data, "handled %s", text);
}

G_GNUC_NORETURN
static void
handle_all (Peer *self)
{
  g_signal_connect (self->bus, "message", G_CALLBACK (on_message), self);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

int
main (int argc, char **argv)
{
  Peer self = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (argc, >=, 9);
  self.log = open (argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  g_assert_cmpint (self.log, >=, 0);
  self.name = argv[5];
  self.count = (guint) g_ascii_strtoull (argv[6], NULL, 10);
  self.bus =
    g_object_new (HEIN_TYPE_BUS, "name", self.name, "reconnect-min-ms", 1u,
                  "reconnect-max-ms", 20u, "resume-ms", atoi (argv[8]), NULL);
  hein_bus_set_strategy (self.bus, hein_strategy_new (argv[7], &error));
  g_assert_no_error (error);
  if (g_str_equal (argv[3], "listen"))
    hein_bus_listen (self.bus, argv[4], &error);
  else
    hein_bus_dial (self.bus, argv[4], &error);
  g_assert_no_error (error);
  if (g_str_equal (argv[1], "handle"))
    handle_all (&self);
  if (g_str_equal (argv[1], "post"))
    post_all (&self, argv[9], argv[2]);
  else
    deliver_all (&self);
  return 0;
}
