/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>

#include <hein/hein.h>

/*
 * One member of a group: it sends numbered messages, and checks those that come.
 *
 * usage: netns-end NAME ADDRESS RUN MIN MAX
 *
 * Its messages are of MIN to MAX bytes; they and their numbers belong to RUN,
 * which tells an end that was started again from its former life. On its
 * standard input it takes
 *
 *   send N RATE [NAME]   the next N messages, RATE in a second, to all or one
 *   report               what came, by run; what was reported lost, by peer
 *   quit                 as does its end
 *
 * and writes what happens to its standard output, a JSON object per line.
 */

#define HEAD_SIZE 12
#define TICK_MS   1
#define RUNS_MAX  64
/* Beyond any test's; a wrong message must not make us allocate. */
#define NUMBER_MAX (1000 * 1000)

/* What came of one run. */
typedef struct
{
  GByteArray *there; /* how often each number came, up to 255 times */
  guint32 first;
  guint32 last;
  guint n_delivered;
  guint n_duplicates;
  guint n_out_of_order;
} Run;

typedef struct
{
  HeinBus *bus;
  GMainLoop *loop;
  guint32 run;
  guint min;
  guint max;

  guint n_sent;
  guint n_wanted;
  guint n_blocked;
  guint rate;
  char to[64]; /* empty: all */
  guint n_at_begin;
  gint64 begin_us;
  guint source;

  GHashTable *runs; /* number -> owned Run */
  GHashTable *lost; /* owned name of a peer -> gsize */
  GHashTable *gaps; /* the same -> owned Gap, until the next message */
  guint64 n_told;   /* by `messages-lost` */
  guint n_misplaced;
  guint n_wrong;
} End;

/* What `messages-lost` said, and when: the messages count as we count them. */
typedef struct
{
  guint64 first;
  guint64 end;
} Gap;

static void
run_free (gpointer data)
{
  Run *self = data;

  g_byte_array_unref (self->there);
  g_free (self);
}

/* ---- messages ---- */

static gsize
get_size (End *self, guint32 number)
{
  return self->min + (number * 7919) % (self->max - self->min + 1);
}

static guint8
get_byte (guint32 run, guint32 number, gsize at)
{
  return (guint8) (run * 17 + number * 31 + at * 7 + (at >> 8));
}

static HeinMessage *
make_message (End *self, guint32 number)
{
  const gsize size = get_size (self, number);
  g_autofree guint8 *data = g_malloc (size);
  const guint32 head[] = { GUINT32_TO_BE (self->run), GUINT32_TO_BE (number),
                           GUINT32_TO_BE (size) };

  memcpy (data, head, HEAD_SIZE);
  for (gsize i = HEAD_SIZE; i < size; i++)
    data[i] = get_byte (self->run, number, i);
  return hein_message_new_data ("netns", data, size);
}

/* There are no topics in the format plain. */
static gboolean
has_our_topic (HeinMessage *message)
{
  const char *topic = hein_message_get_topic (message);

  return topic[0] == '\0' || g_str_equal (topic, "netns");
}

/* FALSE: it is none of ours, or damaged. */
static gboolean
read_message (HeinMessage *message, guint32 *run, guint32 *number)
{
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  guint32 head[HEAD_SIZE / 4];

  if (size < HEAD_SIZE || !has_our_topic (message))
    return FALSE;
  memcpy (head, data, HEAD_SIZE);
  *run = GUINT32_FROM_BE (head[0]);
  *number = GUINT32_FROM_BE (head[1]);
  if (GUINT32_FROM_BE (head[2]) != size || *number >= NUMBER_MAX)
    return FALSE;
  for (gsize i = HEAD_SIZE; i < size; i++)
    if (data[i] != get_byte (*run, *number, i))
      return FALSE;
  return TRUE;
}

/* ---- receiving ---- */

static Run *
ensure_run (End *self, guint32 run)
{
  Run *known = g_hash_table_lookup (self->runs, GUINT_TO_POINTER (run));

  if (known != NULL || g_hash_table_size (self->runs) == RUNS_MAX)
    return known;
  known = g_new0 (Run, 1);
  known->there = g_byte_array_new ();
  g_hash_table_insert (self->runs, GUINT_TO_POINTER (run), known);
  return known;
}

static void
count (Run *self, guint32 number)
{
  if (number >= self->there->len)
    {
      const guint before = self->there->len;

      g_byte_array_set_size (self->there, number + 1);
      memset (self->there->data + before, 0, number + 1 - before);
    }
  if (self->n_delivered == 0)
    self->first = number;
  else if (number < self->last)
    self->n_out_of_order++;
  self->last = number;
  if (self->there->data[number] > 0)
    self->n_duplicates++;
  else
    self->n_delivered++;
  self->there->data[number] = 1;
}

/* Behind a gap the next message is the first one of which it was not said that
 * it is lost, and before it, the one that is the last. */
static void
check_place (End *self, HeinMessage *message, const Run *run, guint32 number)
{
  const char *name = hein_peer_get_name (hein_message_get_sender (message));
  const Gap *gap = g_hash_table_lookup (self->gaps, name);

  if (gap == NULL)
    return;
  self->n_misplaced +=
    gap->end != number || (run->n_delivered > 0 && gap->first != run->last + 1);
  g_hash_table_remove (self->gaps, name);
}

static void
on_messages_lost (
  HeinBus *bus, HeinPeer *peer, guint64 first, guint64 n, End *self)
{
  const char *name = hein_peer_get_name (peer);
  Gap *gap = g_hash_table_lookup (self->gaps, name);

  self->n_told += n;
  if (gap != NULL)
    {
      self->n_misplaced += gap->end != first;
      gap->end = first + n;
      return;
    }
  gap = g_new (Gap, 1);
  *gap = (Gap){ first, first + n };
  g_hash_table_insert (self->gaps, g_strdup (name), gap);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  End *self = data;
  guint32 number;
  guint32 run;
  Run *known;

  if (read_message (message, &run, &number) &&
      (known = ensure_run (self, run)) != NULL)
    {
      check_place (self, message, known, number);
      count (known, number);
    }
  else
    self->n_wrong++;
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            End *self)
{
  const char *name = peer != NULL ? hein_peer_get_name (peer) : "";
  gsize n;

  if (reason != HEIN_DROP_REASON_LOST)
    return;
  n = GPOINTER_TO_SIZE (g_hash_table_lookup (self->lost, name));
  g_hash_table_insert (self->lost, g_strdup (name),
                       GSIZE_TO_POINTER (n + n_messages));
}

/* ---- what it tells; names and reasons have nothing to escape ---- */

static void
tell (const char *event, const char *name)
{
  printf ("{\"event\": \"%s\", \"name\": \"%s\"}\n", event, name);
  fflush (stdout);
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, End *self)
{
  tell ("peer-added", hein_peer_get_name (peer));
}

static void
on_peer_removed (HeinBus *bus, HeinPeer *peer, GError *error, End *self)
{
  tell (error == NULL ? "peer-left" : "peer-silent", hein_peer_get_name (peer));
  tell ("peer-removed", hein_peer_get_name (peer));
}

static void
on_failed (HeinBus *bus, HeinEndpoint *endpoint, GError *error, End *self)
{
  g_autofree char *text = g_strdup (error->message);

  tell ("failed", g_strdelimit (text, "\"\\", '\''));
}

static void
report_runs (End *self)
{
  GHashTableIter iter;
  gpointer key;
  gpointer value;
  const char *comma = "";

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Run *run = value;

      printf ("%s\"%u\": {\"first\": %u, \"last\": %u, \"delivered\": %u, "
              "\"duplicates\": %u, \"out_of_order\": %u}",
              comma, GPOINTER_TO_UINT (key), run->first, run->last,
              run->n_delivered, run->n_duplicates, run->n_out_of_order);
      comma = ", ";
    }
}

static void
report_lost (End *self)
{
  GHashTableIter iter;
  gpointer key;
  gpointer value;
  const char *comma = "";

  g_hash_table_iter_init (&iter, self->lost);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      printf ("%s\"%s\": %" G_GSIZE_FORMAT, comma, (const char *) key,
              GPOINTER_TO_SIZE (value));
      comma = ", ";
    }
}

static void
report (End *self)
{
  printf ("{\"event\": \"report\", \"sent\": %u, \"blocked\": %u, "
          "\"wrong\": %u, \"misplaced\": %u, \"told\": %" G_GUINT64_FORMAT
          ", \"dropped\": [",
          self->n_sent, self->n_blocked, self->n_wrong, self->n_misplaced,
          self->n_told);
  for (int reason = 0; reason <= HEIN_DROP_REASON_LOST; reason++)
    printf ("%s%" G_GUINT64_FORMAT, reason > 0 ? ", " : "",
            hein_bus_get_n_dropped (self->bus, reason));
  printf ("], \"runs\": {");
  report_runs (self);
  printf ("}, \"lost\": {");
  report_lost (self);
  printf ("}}\n");
  fflush (stdout);
}

/* ---- sending ---- */

static gboolean
send_one (End *self)
{
  g_autoptr (HeinMessage) message = make_message (self, self->n_sent);
  g_autoptr (GError) error = NULL;

  if (self->to[0] == '\0'
        ? hein_bus_send (self->bus, message, &error)
        : hein_bus_send_to (self->bus, self->to, message, &error))
    {
      self->n_sent++;
      return TRUE;
    }
  if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    g_error ("sending: %s", error->message);
  self->n_blocked++;
  return FALSE;
}

/* What is due by now; what finds no room is tried again at the next tick. */
static gboolean
on_tick (gpointer data)
{
  End *self = data;
  const gint64 elapsed_us = g_get_monotonic_time () - self->begin_us;
  const guint64 due =
    self->n_at_begin + (guint64) elapsed_us * self->rate / G_USEC_PER_SEC;

  while (self->n_sent < MIN (due, self->n_wanted))
    if (!send_one (self))
      return G_SOURCE_CONTINUE;
  if (self->n_sent < self->n_wanted)
    return G_SOURCE_CONTINUE;
  self->source = 0;
  tell ("sent", hein_bus_get_name (self->bus));
  return G_SOURCE_REMOVE;
}

static void
begin_sending (End *self, const char *command)
{
  guint n;

  self->to[0] = '\0';
  if (sscanf (command, "send %u %u %63s", &n, &self->rate, self->to) < 2 ||
      self->source != 0 || self->n_sent + n > NUMBER_MAX)
    g_error ("\"%s\"", command);
  self->n_wanted = self->n_sent + n;
  self->n_at_begin = self->n_sent;
  self->begin_us = g_get_monotonic_time ();
  self->source = g_timeout_add (TICK_MS, on_tick, self);
}

/* ---- life ---- */

static void
on_line (GObject *source, GAsyncResult *result, gpointer data)
{
  End *self = data;
  GDataInputStream *commands = G_DATA_INPUT_STREAM (source);
  g_autofree char *line =
    g_data_input_stream_read_line_finish (commands, result, NULL, NULL);

  if (line == NULL || g_str_equal (line, "quit"))
    {
      g_main_loop_quit (self->loop);
      return;
    }
  if (g_str_equal (line, "report"))
    report (self);
  else
    begin_sending (self, line);
  g_data_input_stream_read_line_async (commands, G_PRIORITY_DEFAULT, NULL,
                                       on_line, self);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!hein_bus_close_finish (HEIN_BUS (source), result, &error))
    g_error ("closing: %s", error->message);
  g_main_loop_quit (data);
}

static void
run (End *self, const char *address)
{
  g_autoptr (GInputStream) input =
    g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GDataInputStream) commands = g_data_input_stream_new (input);
  g_autoptr (GError) error = NULL;

  hein_bus_set_handler (self->bus, on_message, self, NULL);
  g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_peer_removed),
                    self);
  g_signal_connect (self->bus, "dropped", G_CALLBACK (on_dropped), self);
  g_signal_connect (self->bus, "messages-lost", G_CALLBACK (on_messages_lost),
                    self);
  g_signal_connect (self->bus, "failed", G_CALLBACK (on_failed), self);
  if (hein_bus_listen (self->bus, address, &error) == NULL)
    g_error ("%s: %s", address, error->message);
  tell ("open", hein_bus_get_name (self->bus));
  g_data_input_stream_read_line_async (commands, G_PRIORITY_DEFAULT, NULL,
                                       on_line, self);
  g_main_loop_run (self->loop);
  hein_bus_close_async (self->bus, NULL, on_closed, self->loop);
  g_main_loop_run (self->loop);
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (HeinBus) bus = argc == 6 ? hein_bus_new (argv[1]) : NULL;
  End self = { .bus = bus, .loop = loop };

  if (bus == NULL)
    {
      fprintf (stderr, "usage: %s NAME ADDRESS RUN MIN MAX\n", argv[0]);
      return 2;
    }
  self.run = strtoul (argv[3], NULL, 10);
  self.min = MAX (strtoul (argv[4], NULL, 10), HEAD_SIZE);
  self.max = MAX (strtoul (argv[5], NULL, 10), self.min);
  self.runs = g_hash_table_new_full (NULL, NULL, NULL, run_free);
  self.lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.gaps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  run (&self, argv[2]);
  g_clear_handle_id (&self.source, g_source_remove);
  g_hash_table_unref (self.runs);
  g_hash_table_unref (self.lost);
  g_hash_table_unref (self.gaps);
  return 0;
}
