/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-top-data.h"

/* Asks buses again and again, and finds out how fast their counters grow. */

/* Of more peers all are asked for less often, so that to look at them every
 * second costs a bus no more than some 10 ms of it: a peer takes 10 us. */
#define PEERS_PER_ROUND 1000

/* Who collects. */
typedef struct
{
  ToolTopData *data;
  gint64 now_us;
} Collector;

static void
item_free (gpointer data)
{
  ToolTopItem *self = data;

  g_free (self->name);
  g_free (self->program);
  g_free (self->problem);
  g_free (self->losses);
  g_free (self);
}

void
tool_top_data_init (ToolTopData *self)
{
  *self = (ToolTopData){
    .buses =
      g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, item_free),
    .peers =
      g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, item_free),
    .bus_row = g_ptr_array_new (),
    .peer_row = g_ptr_array_new (),
  };
}

void
tool_top_data_clear (ToolTopData *self)
{
  g_hash_table_unref (self->buses);
  g_hash_table_unref (self->peers);
  g_ptr_array_unref (self->bus_row);
  g_ptr_array_unref (self->peer_row);
}

/* ---- an item ---- */

/* Takes ownership of @key. */
static ToolTopItem *
get_item (GHashTable *items, char *key)
{
  ToolTopItem *item = g_hash_table_lookup (items, key);

  if (item != NULL)
    {
      g_free (key);
      return item;
    }
  item = g_new0 (ToolTopItem, 1);
  item->rtt_us = -1;
  g_hash_table_insert (items, key, item);
  return item;
}

static double
get_rate (guint64 before, guint64 now, double seconds)
{
  /* a bus that began anew at the same place counts from 0 */
  return now >= before && seconds > 0 ? (now - before) / seconds : 0;
}

/* The sum; @text: what it is made of. */
static guint64
read_losses (const HeinJsonSpan *object, GString *text)
{
  GEnumClass *reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  HeinJsonSpan dropped;
  guint64 sum = 0;

  if (tool_control_get (object, "dropped", &dropped))
    for (guint i = 0; i < reasons->n_values; i++)
      {
        const char *nick = reasons->values[i].value_nick;
        const guint64 n = tool_control_get_number (&dropped, nick);

        if (n > 0)
          g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " %s",
                                  text->len > 0 ? ", " : "", n, nick);
        sum += n;
      }
  g_type_class_unref (reasons);
  return sum;
}

static void
update (ToolTopItem *self, const HeinJsonSpan *object, gint64 now_us)
{
  const ToolTopItem before = *self;
  const double seconds =
    before.at_us > 0 ? (now_us - before.at_us) / (double) G_USEC_PER_SEC : 0;
  g_autoptr (GString) losses = g_string_new (NULL);

  self->queued_bytes = tool_control_get_number (object, "queued-bytes");
  self->n_sent = tool_control_get_number (object, "messages-sent");
  self->n_received = tool_control_get_number (object, "messages-received");
  self->n_dropped = read_losses (object, losses);
  self->sent_rate = get_rate (before.n_sent, self->n_sent, seconds);
  self->received_rate = get_rate (before.n_received, self->n_received, seconds);
  self->dropped_rate = get_rate (before.n_dropped, self->n_dropped, seconds);
  self->at_us = now_us;
  g_free (self->losses);
  self->losses = g_string_free (g_steal_pointer (&losses), FALSE);
}

/* ---- what buses say ---- */

static void
on_bus (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  Collector *self = user_data;
  HeinJsonSpan bus;
  ToolTopItem *item;
  char *name;

  if (!tool_control_get (line, "bus", &bus))
    return;
  item = get_item (self->data->buses, g_strdup (control->path));
  name = tool_control_dup_text (&bus, "name");
  if (name != NULL)
    {
      g_free (item->name);
      item->name = name;
    }
  item->n_peers = tool_control_get_number (&bus, "peers");
  update (item, &bus, g_get_monotonic_time ());
}

/* Peers may share a name, and those of one machine an address. */
static char *
make_key (ToolControl *control, const HeinJsonSpan *peer, const char *name)
{
  g_autofree char *address = tool_control_dup_text (peer, "address");
  g_autofree char *instance = tool_control_dup_text (peer, "instance");

  return g_strdup_printf ("%s\n%s\n%s\n%s", control->path, name,
                          address != NULL ? address : "",
                          instance != NULL ? instance : "");
}

static void
on_peer (ToolControl *control, const HeinJsonSpan *line, gpointer user_data)
{
  Collector *self = user_data;
  ToolTopItem *bus = g_hash_table_lookup (self->data->buses, control->path);
  g_autofree char *name = NULL;
  HeinJsonSpan peer;
  HeinJsonSpan value;
  ToolTopItem *item;

  if (bus == NULL || !tool_control_get (line, "peer", &peer))
    return;
  name = tool_control_dup_text (&peer, "name");
  if (name == NULL)
    return;
  item = get_item (self->data->peers, make_key (control, &peer, name));
  if (item->name == NULL)
    item->name = g_steal_pointer (&name);
  item->bus = bus->name;
  item->pid = control->pid;
  item->round = self->data->round;
  item->rtt_us = tool_control_get (&peer, "rtt-us", &value)
                   ? (gint64) tool_control_get_number (&peer, "rtt-us")
                   : -1;
  update (item, &peer, self->now_us);
}

/* ---- a round ---- */

static gboolean
is_old (gpointer key, gpointer value, gpointer round)
{
  return ((ToolTopItem *) value)->round != GPOINTER_TO_UINT (round);
}

/* What has gone wrong comes first, then what waits, then what is busy. */
static int
compare (gconstpointer a, gconstpointer b)
{
  const ToolTopItem *one = *(ToolTopItem *const *) a;
  const ToolTopItem *other = *(ToolTopItem *const *) b;
  const double busy = one->sent_rate + one->received_rate;
  const double other_busy = other->sent_rate + other->received_rate;

  if (one->dropped_rate != other->dropped_rate)
    return one->dropped_rate > other->dropped_rate ? -1 : 1;
  if (one->queued_bytes != other->queued_bytes)
    return one->queued_bytes > other->queued_bytes ? -1 : 1;
  if (busy != other_busy)
    return busy > other_busy ? -1 : 1;
  return g_strcmp0 (one->name, other->name);
}

static void
note_control (ToolTopData *self, ToolControl *control)
{
  ToolTopItem *item = get_item (self->buses, g_strdup (control->path));

  if (item->name == NULL)
    item->name = g_strdup (control->name);
  g_free (item->program);
  item->program = g_strdup (control->program);
  g_free (item->problem);
  item->problem = g_strdup (control->problem);
  item->pid = control->pid;
  item->round = self->round;
  if (item->problem != NULL)
    item->sent_rate = item->received_rate = item->dropped_rate = 0;
  g_ptr_array_add (self->bus_row, item);
}

static guint
count_rounds_between (ToolTopData *self)
{
  GHashTableIter iter;
  gpointer item;
  guint64 n_peers = 0;

  g_hash_table_iter_init (&iter, self->buses);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    n_peers = MAX (n_peers, ((ToolTopItem *) item)->n_peers);
  return (guint) MIN (n_peers / PEERS_PER_ROUND, 60) + 1;
}

static void
collect_peers (ToolTopData *self, GPtrArray *controls, gint64 patience_us)
{
  Collector collector = { self, g_get_monotonic_time () };
  GHashTableIter iter;
  gpointer item;

  if (self->peers_round > 0 &&
      self->round - self->peers_round < count_rounds_between (self))
    return;
  self->peers_round = self->round;
  tool_control_ask (controls, "{\"ask\":\"peers\"}\n",
                    collector.now_us + patience_us, on_peer, &collector);
  g_hash_table_foreach_remove (self->peers, is_old,
                               GUINT_TO_POINTER (self->round));
  g_ptr_array_set_size (self->peer_row, 0);
  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    g_ptr_array_add (self->peer_row, item);
  g_ptr_array_sort (self->peer_row, compare);
}

gboolean
tool_top_data_collect (ToolTopData *self, const char *who, gint64 patience_us)
{
  g_autoptr (GPtrArray) controls = tool_control_find (who);
  Collector collector = { self, 0 };

  if (controls == NULL)
    return FALSE;
  self->round++;
  /* who is late once is asked no more, and takes no time of the others */
  tool_control_ask (controls, "{\"ask\":\"bus\"}\n",
                    g_get_monotonic_time () + patience_us, on_bus, &collector);
  collect_peers (self, controls, patience_us);
  g_ptr_array_set_size (self->bus_row, 0);
  for (guint i = 0; i < controls->len; i++)
    note_control (self, g_ptr_array_index (controls, i));
  g_hash_table_foreach_remove (self->buses, is_old,
                               GUINT_TO_POINTER (self->round));
  return TRUE;
}
