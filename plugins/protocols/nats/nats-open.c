/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-open.h"

#define LATER_MAX_S 60

/* One that is open, by its number in the stream. */
typedef struct
{
  guint64 sequence;
  guint64 n_times;
  char *reply;
  gboolean is_old; /* it was there when the last ones were told to be open */
} Open;

static void
open_free (gpointer data)
{
  Open *self = data;

  g_free (self->reply);
  g_free (self);
}

/* The server chooses the numbers. */
static guint
hash_sequence (gconstpointer sequence)
{
  return hein_hash_data (sequence, sizeof (guint64));
}

static GHashTable *
ensure (NatsOpen *self)
{
  if (self->by_sequence == NULL)
    self->by_sequence =
      g_hash_table_new_full (hash_sequence, g_int64_equal, NULL, open_free);
  return self->by_sequence;
}

guint
nats_open_count (const NatsOpen *self)
{
  return self->by_sequence != NULL ? g_hash_table_size (self->by_sequence) : 0;
}

gsize
nats_open_get_memory (const NatsOpen *self)
{
  return nats_open_count (self) * (sizeof (Open) + 3 * sizeof (gpointer)) +
         self->n_bytes;
}

gboolean
nats_open_add (NatsOpen *self, const NatsAck *ack, const NatsSpan *reply)
{
  GHashTable *all = ensure (self);
  Open *open = g_hash_table_lookup (all, &ack->sequence);
  const gboolean is_new = open == NULL;

  if (is_new)
    {
      open = g_new0 (Open, 1);
      open->sequence = ack->sequence;
      g_hash_table_insert (all, &open->sequence, open);
    }
  else
    self->n_bytes -= strlen (open->reply);
  g_free (open->reply);
  open->reply = g_strndup (reply->data, reply->size);
  open->n_times = ack->n_times;
  self->n_bytes += strlen (open->reply);
  return is_new;
}

static void
say (HeinWire *wire, const Open *open, const char *word)
{
  g_autofree char *line =
    g_strdup_printf ("PUB %s %" G_GSIZE_FORMAT "\r\n%s\r\n", open->reply,
                     strlen (word), word);

  hein_wire_put (wire, (const guint8 *) line, strlen (line));
}

/* What fails again and again comes less often. */
static void
say_later (HeinWire *wire, const Open *open)
{
  g_autofree char *word =
    g_strdup_printf ("-NAK {\"delay\":%" G_GUINT64_FORMAT "000000000}",
                     CLAMP (open->n_times, 1, LATER_MAX_S));

  say (wire, open, word);
}

void
nats_open_settle (NatsOpen *self,
                  HeinWire *wire,
                  guint64 sequence,
                  NatsOutcome outcome)
{
  static const char *const words[] = { "+ACK", "-NAK", NULL, "+TERM" };
  Open *open = self->by_sequence != NULL
                 ? g_hash_table_lookup (self->by_sequence, &sequence)
                 : NULL;

  if (open == NULL)
    return;
  if (outcome == NATS_LATER)
    say_later (wire, open);
  else
    say (wire, open, words[outcome]);
  self->n_bytes -= strlen (open->reply);
  g_hash_table_remove (self->by_sequence, &sequence);
}

void
nats_open_return (NatsOpen *self, HeinWire *wire)
{
  GHashTableIter iter;
  gpointer open;

  if (self->by_sequence == NULL)
    return;
  g_hash_table_iter_init (&iter, self->by_sequence);
  while (g_hash_table_iter_next (&iter, NULL, &open))
    say (wire, open, "-NAK");
  nats_open_clear (self);
}

void
nats_open_go_on (NatsOpen *self, HeinWire *wire)
{
  GHashTableIter iter;
  gpointer value;

  if (self->by_sequence == NULL)
    return;
  g_hash_table_iter_init (&iter, self->by_sequence);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Open *open = value;

      if (open->is_old)
        say (wire, open, "+WPI");
      open->is_old = TRUE;
    }
}

NatsOutcome
nats_open_get_outcome (const GError *failure)
{
  if (failure == NULL)
    return NATS_HANDLED;
  /* what this program refuses, another one may take, or this one later; but a time
   * that is over stays so */
  return failure->code == HEIN_ERROR_TIMED_OUT ? NATS_NEVER : NATS_LATER;
}

void
nats_open_clear (NatsOpen *self)
{
  g_clear_pointer (&self->by_sequence, g_hash_table_unref);
  self->n_bytes = 0;
}
