/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-subscribe.h"

#include <string.h>

#include "nats-durable.h"
#include "nats-send.h"
#include "nats-subject.h"
#include "nats-watch.h"

/*
 * Telling the server about subscriptions, each by a number of its own:
 *
 *   SUB subject [queue group] sid
 *   UNSUB sid
 *
 * What is on its way when a subscription ends still counts until the answer to the
 * PING behind UNSUB: a wider one that takes its place may have begun later.
 */

typedef struct
{
  char *subject;
  guint sid;
  gboolean is_narrow; /* the first level is not a wildcard */
  guint64 end_ping;   /* whose answer ends it; 0: it is wanted */
} NatsSubscription;

static void
subscription_free (gpointer data)
{
  NatsSubscription *self = data;

  g_free (self->subject);
  g_free (self);
}

static void
ensure (NatsSubscriptions *self)
{
  if (self->by_sid != NULL)
    return;
  self->by_sid = g_hash_table_new_full (NULL, NULL, NULL, subscription_free);
  self->by_subject = g_hash_table_new (g_str_hash, g_str_equal);
  self->changes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
put_line (HeinWire *wire, const char *text)
{
  hein_wire_put (wire, (const guint8 *) text, strlen (text));
}

static void
begin (HeinNats *self, HeinWire *wire, const char *subject)
{
  NatsSubscriptions *all = &self->subscriptions;
  NatsSubscription *one = g_new0 (NatsSubscription, 1);
  g_autofree char *line = NULL;

  one->subject = g_strdup (subject);
  one->sid = ++all->last_sid;
  one->is_narrow =
    *subject != '>' &&
    !(*subject == '*' && (subject[1] == '.' || subject[1] == '\0'));
  g_hash_table_insert (all->by_sid, GUINT_TO_POINTER (one->sid), one);
  g_hash_table_insert (all->by_subject, one->subject, one);
  line = g_strdup_printf ("SUB %s%s%s %u\r\n", subject,
                          self->queue_group != NULL ? " " : "",
                          self->queue_group != NULL ? self->queue_group : "",
                          one->sid);
  put_line (wire, line);
}

static void
end (HeinNats *self, HeinWire *wire, const char *subject)
{
  NatsSubscription *one =
    g_hash_table_lookup (self->subscriptions.by_subject, subject);
  g_autofree char *line = g_strdup_printf ("UNSUB %u\r\n", one->sid);

  one->end_ping = self->flush.n_pings + 1;
  g_hash_table_remove (self->subscriptions.by_subject, subject);
  put_line (wire, line);
}

/* New ones go before old ones end, so that nothing is missed. */
static void
flush (HeinNats *self, HeinWire *wire)
{
  NatsSubscriptions *all = &self->subscriptions;
  GHashTableIter iter;
  gpointer subject;
  gpointer wanted;
  gboolean has_ended = FALSE;

  if (all->is_collecting || all->changes == NULL)
    return;
  g_hash_table_iter_init (&iter, all->changes);
  while (g_hash_table_iter_next (&iter, &subject, &wanted))
    if (GPOINTER_TO_INT (wanted))
      begin (self, wire, subject);
  g_hash_table_iter_init (&iter, all->changes);
  while (g_hash_table_iter_next (&iter, &subject, &wanted))
    if (!GPOINTER_TO_INT (wanted))
      {
        end (self, wire, subject);
        has_ended = TRUE;
      }
  g_hash_table_remove_all (all->changes);
  if (has_ended)
    nats_send_ping (self, wire);
}

/* A change and its opposite, when neither has been told, are none. */
static void
add_change (gpointer data, const char *subject, gboolean wanted)
{
  GHashTable *changes = ((HeinNats *) data)->subscriptions.changes;

  if (!g_hash_table_remove (changes, subject))
    g_hash_table_insert (changes, g_strdup (subject), GINT_TO_POINTER (wanted));
}

/* @text: the prefix or pattern. */
static void
change (HeinNats *self,
        HeinWire *wire,
        const char *subject,
        const char *text,
        gboolean is_pattern,
        gboolean wanted)
{
  if (self->bucket != NULL)
    {
      if (wanted)
        nats_watch_add (self, wire, subject, text, is_pattern);
      else
        nats_watch_remove (self, wire, subject, text, is_pattern);
      return;
    }
  if (self->durable != NULL)
    {
      nats_durable_change (self, wire, subject, text, is_pattern, wanted);
      return;
    }
  ensure (&self->subscriptions);
  if (wanted)
    nats_filters_add (&self->filters, subject, add_change, self);
  else
    nats_filters_remove (&self->filters, subject, add_change, self);
}

static void
warn (const char *kind, const char *text)
{
  g_warning (
    "nothing comes from NATS by the %s \"%s\", as its levels are in no "
    "subject: they are separated by \"/\", and \"*\" stands for one only "
    "in patterns",
    kind, text);
}

void
nats_subscribe_change (HeinNats *self,
                       HeinWire *wire,
                       const char *prefix,
                       gboolean wanted)
{
  g_autofree char *subject = NULL;

  if (!self->subscribes)
    return;
  subject = nats_subject_from_prefix (prefix);
  if (subject != NULL)
    change (self, wire, subject, prefix, FALSE, wanted);
  else if (wanted)
    warn ("prefix", prefix);
  flush (self, wire);
}

void
nats_subscribe_change_pattern (HeinNats *self,
                               HeinWire *wire,
                               const char *pattern,
                               gboolean wanted)
{
  g_autofree char *base = NULL;
  g_autofree char *subject = NULL;

  if (!self->subscribes)
    return;
  subject = nats_subject_from_pattern (pattern, &base);
  if (base != NULL)
    change (self, wire, base, pattern, TRUE, wanted);
  if (subject != NULL)
    change (self, wire, subject, pattern, TRUE, wanted);
  else if (wanted)
    warn ("pattern", pattern);
  flush (self, wire);
}

void
nats_subscribe_collect (HeinNats *self, HeinWire *wire, gboolean collect)
{
  self->subscriptions.is_collecting = collect;
  flush (self, wire);
}

NatsSid
nats_subscribe_check (const HeinNats *self,
                      guint64 sid,
                      const char *subject,
                      gsize size)
{
  const NatsSubscriptions *all = &self->subscriptions;
  const NatsSubscription *one =
    sid <= all->last_sid && all->by_sid != NULL
      ? g_hash_table_lookup (all->by_sid, GUINT_TO_POINTER ((guint) sid))
      : NULL;

  if (one == NULL)
    return sid > 0 && sid <= all->last_sid ? NATS_SID_OLD : NATS_SID_UNKNOWN;
  return one->is_narrow || !nats_subject_is_special (subject, size)
           ? NATS_SID_KNOWN
           : NATS_SID_OLD;
}

static gboolean
is_answered (gpointer sid, gpointer value, gpointer data)
{
  const NatsSubscription *one = value;
  const HeinNats *self = data;

  return one->end_ping > 0 && one->end_ping <= self->flush.n_pongs;
}

void
nats_subscribe_review (HeinNats *self, HeinWire *wire)
{
  NatsSubscriptions *all = &self->subscriptions;

  if (self->state != NATS_UP || all->confirm_ping == 0 ||
      all->confirm_ping > self->flush.n_pongs || nats_watch_is_waiting (self) ||
      nats_durable_is_waiting (self))
    return;
  all->confirm_ping = 0;
  hein_wire_confirm_subscriptions (wire, all->confirm_number);
}

void
nats_subscribe_take_pong (HeinNats *self, HeinWire *wire)
{
  NatsSubscriptions *all = &self->subscriptions;

  nats_subscribe_review (self, wire);
  if (all->by_sid != NULL &&
      g_hash_table_size (all->by_sid) > g_hash_table_size (all->by_subject))
    g_hash_table_foreach_remove (all->by_sid, is_answered, self);
}

void
nats_subscribe_clear (HeinNats *self)
{
  NatsSubscriptions *all = &self->subscriptions;

  g_clear_pointer (&all->changes, g_hash_table_unref);
  g_clear_pointer (&all->by_subject, g_hash_table_unref);
  g_clear_pointer (&all->by_sid, g_hash_table_unref);
  nats_filters_clear (&self->filters);
}
