/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-pipe.h"

#include <string.h>

/* A message, and its place in the row. */
#define OVERHEAD_BYTES 128
/* Another part of one. */
#define PART_BYTES 96

struct _HeinInprocBell
{
  gatomicrefcount refs;
  GSource *source; /* owned */

  /* under lock */
  GMutex lock;
  gboolean is_closed;
  gboolean is_rung;
  GPtrArray *pipes; /* owned, each once */
};

/* what one side tells the other */
typedef struct
{
  HeinInprocBell *bell; /* owned */
  gboolean is_queued;   /* in pipes of the bell; under the bell's lock */

  /* under the pipe's lock; the first five never change once set */
  char *name;
  char *instance;
  gsize max_size; /* of a message that this side takes */
  guint credit;   /* how many deliveries this side takes at a time */
  HeinSubscriber *subscriber; /* owned, nullable: which ones */
  gboolean is_gone;
  GError *reason;      /* owned, nullable */
  GQueue messages;     /* owned, on the way to this side */
  GQueue high;         /* owned, before those: of high priority */
  int has_high;        /* atomic, set under the lock */
  GTree *values;       /* borrowed topic -> node of messages: the last value
                          under `latest`; NULL until there is one. A tree, since
                          topics may be chosen to collide in a table */
  guint64 n_delivered; /* to the bus of this side */
  gsize cost;          /* of messages, and of those taken but not settled */
  gsize high_cost;     /* the same of those of high priority */
  gsize limit;         /* a threshold: below it one message more is taken */
  gboolean is_awaited; /* the other side waits for room */
} Half;

struct _HeinInprocPipe
{
  gatomicrefcount refs;
  gpointer data;
  GDestroyNotify destroy;
  GMutex lock;
  Half halves[2];
};

typedef struct
{
  GSource parent;
  HeinInprocFunc func;
  gpointer data;
} BellSource;

static gboolean
dispatch_bell (GSource *source, GSourceFunc callback, gpointer data)
{
  BellSource *self = (BellSource *) source;

  self->func (self->data);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs bell_funcs = { .dispatch = dispatch_bell };

HeinInprocBell *
hein_inproc_bell_new (GMainContext *context, HeinInprocFunc func, gpointer data)
{
  HeinInprocBell *self = g_new0 (HeinInprocBell, 1);
  BellSource *source;

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->pipes =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_inproc_pipe_unref);
  self->source = g_source_new (&bell_funcs, sizeof (BellSource));
  source = (BellSource *) self->source;
  source->func = func;
  source->data = data;
  g_source_set_static_name (self->source, "hein-inproc");
  g_source_attach (self->source, context);
  return self;
}

HeinInprocBell *
hein_inproc_bell_ref (HeinInprocBell *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hein_inproc_bell_unref (HeinInprocBell *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_ptr_array_unref (self->pipes);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* A transport has one bell and one role, so the two sides differ even when a bus
 * dials itself. */
static gboolean *
get_queued_flag (HeinInprocBell *self, HeinInprocPipe *pipe)
{
  if (pipe->halves[HEIN_INPROC_DIALLER].bell == self)
    return &pipe->halves[HEIN_INPROC_DIALLER].is_queued;
  return &pipe->halves[HEIN_INPROC_LISTENER].is_queued;
}

gboolean
hein_inproc_bell_ring (HeinInprocBell *self, HeinInprocPipe *pipe)
{
  gboolean is_heard;

  g_mutex_lock (&self->lock);
  is_heard = !self->is_closed;
  if (is_heard && pipe != NULL && !*get_queued_flag (self, pipe))
    {
      *get_queued_flag (self, pipe) = TRUE;
      g_ptr_array_add (self->pipes, hein_inproc_pipe_ref (pipe));
    }
  if (is_heard && !self->is_rung)
    {
      self->is_rung = TRUE;
      g_source_set_ready_time (self->source, 0);
    }
  g_mutex_unlock (&self->lock);
  return is_heard;
}

static GPtrArray *
take_pipes (HeinInprocBell *self)
{
  GPtrArray *pipes = self->pipes;

  for (guint i = 0; i < pipes->len; i++)
    *get_queued_flag (self, g_ptr_array_index (pipes, i)) = FALSE;
  self->pipes =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_inproc_pipe_unref);
  self->is_rung = FALSE;
  g_source_set_ready_time (self->source, -1);
  return pipes;
}

GPtrArray *
hein_inproc_bell_take (HeinInprocBell *self)
{
  GPtrArray *pipes;

  g_mutex_lock (&self->lock);
  pipes = take_pipes (self);
  g_mutex_unlock (&self->lock);
  return pipes;
}

void
hein_inproc_bell_set_time (HeinInprocBell *self, gint64 time_us)
{
  g_mutex_lock (&self->lock);
  if (!self->is_rung && !self->is_closed)
    g_source_set_ready_time (self->source, time_us);
  g_mutex_unlock (&self->lock);
}

GPtrArray *
hein_inproc_bell_close (HeinInprocBell *self)
{
  GPtrArray *pipes;

  g_mutex_lock (&self->lock);
  pipes = take_pipes (self);
  self->is_closed = TRUE;
  g_mutex_unlock (&self->lock);
  g_source_destroy (self->source);
  return pipes;
}

HeinInprocPipe *
hein_inproc_pipe_new (HeinInprocBell *dialler,
                      HeinInprocBell *listener,
                      gpointer data,
                      GDestroyNotify destroy)
{
  HeinInprocPipe *self = g_new0 (HeinInprocPipe, 1);

  self->data = data;
  self->destroy = destroy;
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->halves[HEIN_INPROC_DIALLER].bell = hein_inproc_bell_ref (dialler);
  self->halves[HEIN_INPROC_LISTENER].bell = hein_inproc_bell_ref (listener);
  return self;
}

HeinInprocPipe *
hein_inproc_pipe_ref (HeinInprocPipe *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

static void
clear_half (Half *half)
{
  g_queue_clear_full (&half->high, (GDestroyNotify) hein_message_unref);
  g_queue_clear_full (&half->messages, (GDestroyNotify) hein_message_unref);
  g_clear_pointer (&half->values, g_tree_unref);
  g_clear_error (&half->reason);
  g_free (half->name);
  g_free (half->instance);
  g_clear_pointer (&half->subscriber, hein_subscriber_unref);
  hein_inproc_bell_unref (half->bell);
}

void
hein_inproc_pipe_unref (HeinInprocPipe *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  clear_half (&self->halves[HEIN_INPROC_DIALLER]);
  clear_half (&self->halves[HEIN_INPROC_LISTENER]);
  g_mutex_clear (&self->lock);
  self->destroy (self->data);
  g_free (self);
}

static Half *
get_half (HeinInprocPipe *self, HeinInprocSide side)
{
  return &self->halves[side];
}

static Half *
get_other_half (HeinInprocPipe *self, HeinInprocSide side)
{
  return &self->halves[1 - side];
}

static void
ring_other (HeinInprocPipe *self, HeinInprocSide side)
{
  hein_inproc_bell_ring (get_other_half (self, side)->bell, self);
}

void
hein_inproc_pipe_introduce (HeinInprocPipe *self,
                            HeinInprocSide side,
                            HeinBus *bus,
                            HeinSubscriber *subscriber)
{
  Half *half = get_half (self, side);
  guint64 max_size;
  guint credit;

  g_object_get (bus, "max-message-size", &max_size, "credit", &credit, NULL);
  g_mutex_lock (&self->lock);
  g_assert (half->name == NULL);
  half->name = g_strdup (hein_bus_get_name (bus));
  half->instance = g_strdup (hein_bus_get_instance (bus));
  half->max_size = max_size;
  half->credit = credit;
  half->subscriber = subscriber;
  g_mutex_unlock (&self->lock);
  ring_other (self, side);
}

gboolean
hein_inproc_pipe_get_other (HeinInprocPipe *self,
                            HeinInprocSide side,
                            const char **name,
                            const char **instance)
{
  Half *other = get_other_half (self, side);

  g_mutex_lock (&self->lock);
  *name = other->name;
  *instance = other->instance;
  g_mutex_unlock (&self->lock);
  return *name != NULL;
}

guint
hein_inproc_pipe_get_credit (HeinInprocPipe *self,
                             HeinInprocSide side,
                             HeinSubscriber **subscriber)
{
  Half *other = get_other_half (self, side);
  guint credit;

  g_mutex_lock (&self->lock);
  credit = other->credit;
  *subscriber = other->subscriber;
  g_mutex_unlock (&self->lock);
  return credit;
}

static void
free_messages (GQueue *messages, HeinInprocLoss *loss)
{
  HeinMessage *message;

  while ((message = g_queue_pop_head (messages)) != NULL)
    {
      loss->n_messages++;
      loss->n_bytes += hein_message_get_size (message);
      hein_message_unref (message);
    }
}

void
hein_inproc_pipe_leave (HeinInprocPipe *self,
                        HeinInprocSide side,
                        const GError *reason,
                        GQueue *taken,
                        HeinInprocLoss *loss)
{
  Half *half = get_half (self, side);
  GQueue messages;
  GQueue high;

  g_mutex_lock (&self->lock);
  if (!half->is_gone && reason != NULL)
    half->reason = g_error_copy (reason);
  half->is_gone = TRUE;
  messages = half->messages;
  high = half->high;
  g_queue_init (&half->messages);
  g_queue_init (&half->high);
  half->cost = half->high_cost = 0;
  g_clear_pointer (&half->values, g_tree_unref);
  g_mutex_unlock (&self->lock);
  free_messages (taken, loss);
  free_messages (&high, loss);
  free_messages (&messages, loss);
  ring_other (self, side);
}

gboolean
hein_inproc_pipe_has_left (HeinInprocPipe *self, HeinInprocSide side)
{
  gboolean has_left;

  g_mutex_lock (&self->lock);
  has_left = get_half (self, side)->is_gone;
  g_mutex_unlock (&self->lock);
  return has_left;
}

static gboolean
is_full (const Half *half)
{
  return half->cost >= half->limit || half->high_cost >= half->limit;
}

static gboolean
has_any (const Half *half)
{
  return half->messages.length > 0 || half->high.length > 0;
}

gboolean
hein_inproc_pipe_is_over (HeinInprocPipe *self,
                          HeinInprocSide side,
                          GError **reason)
{
  Half *half = get_half (self, side);
  Half *other = get_other_half (self, side);
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = other->is_gone && !has_any (half);
  if (is_over && other->reason != NULL)
    *reason = g_error_copy (other->reason);
  g_mutex_unlock (&self->lock);
  return is_over;
}

gsize
hein_inproc_message_cost (HeinMessage *message)
{
  const gsize n_parts = hein_message_get_n_parts (message);

  return hein_message_get_size (message) + OVERHEAD_BYTES +
         (n_parts - 1) * PART_BYTES;
}

static int
compare_topics (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

/* Under the lock, as all that follow: the value is no longer one that a newer
 * one replaces. */
static void
forget_value (Half *half, GList *node)
{
  const char *topic = hein_message_get_topic (node->data);

  if (half->values != NULL && g_tree_lookup (half->values, topic) == node)
    g_tree_remove (half->values, topic);
}

/* Messages of each priority have a limit of their own. */
static gsize *
get_cost (Half *half, HeinMessage *message)
{
  return hein_message_get_priority (message) == HEIN_PRIORITY_HIGH
           ? &half->high_cost
           : &half->cost;
}

static void
note_dropped (Half *half,
              HeinMessage *message,
              HeinInprocLoss *loss,
              GQueue *dropped)
{
  *get_cost (half, message) -= hein_inproc_message_cost (message);
  loss->n_messages++;
  loss->n_bytes += hein_message_get_size (message);
  g_queue_push_tail (dropped, message);
}

/* Returns whether somebody waits for what becomes of it, or for what it says: it
 * belongs to a request or a delivery. */
static gboolean
is_ask (HeinMessage *message)
{
  HeinMessageView view;

  hein_message_peek (message, &view);
  return view.attributes != NULL && view.attributes->ask != HEIN_ASK_NONE;
}

/* The oldest ones of @queue go that nobody waits for. Below the limit of @used,
 * or where everything is taken already, one more is let in. */
static void
drop_oldest_locked (Half *half,
                    GQueue *queue,
                    const gsize *used,
                    gsize cost,
                    HeinInprocLoss *loss,
                    GQueue *dropped)
{
  GList *node = queue->head;

  while (*used + cost > half->limit && node != NULL)
    {
      HeinMessage *oldest = node->data;
      GList *next = node->next;

      if (!is_ask (oldest) && get_cost (half, oldest) == used)
        {
          forget_value (half, node);
          g_queue_delete_link (queue, node);
          note_dropped (half, oldest, loss, dropped);
        }
      node = next;
    }
}

/* The newer value takes the place of the older one. FALSE: there is none. */
static gboolean
replace_locked (Half *half,
                HeinMessage *message,
                HeinInprocLoss *loss,
                GQueue *dropped)
{
  const char *topic = hein_message_get_topic (message);
  GList *node =
    half->values != NULL ? g_tree_lookup (half->values, topic) : NULL;
  HeinMessage *old;

  if (node == NULL)
    return FALSE;
  old = node->data;
  *get_cost (half, message) += hein_inproc_message_cost (message);
  *get_cost (half, old) -= hein_inproc_message_cost (old);
  node->data = message;
  g_tree_replace (half->values, (gpointer) topic, node);
  loss->n_messages = 1;
  loss->n_bytes = hein_message_get_size (old);
  loss->is_replaced = TRUE;
  g_queue_push_tail (dropped, old);
  return TRUE;
}

/* The last one is the value of its topic, or overtakes that one. */
static void
note_value (Half *half, gboolean is_value)
{
  GList *node = half->messages.tail;
  char *topic = (char *) hein_message_get_topic (node->data);

  if (is_value && half->values == NULL)
    half->values = g_tree_new_full (compare_topics, NULL, NULL, NULL);
  if (is_value)
    g_tree_replace (half->values, topic, node);
  else
    g_tree_remove (half->values, topic);
}

/* Values keep their order, whatever their priority: one that came earlier would
 * come before an older one of its topic. */
static GQueue *
choose_queue (Half *half, HeinMessage *message, gboolean is_value)
{
  return !is_value && hein_message_get_priority (message) == HEIN_PRIORITY_HIGH
           ? &half->high
           : &half->messages;
}

static void
append_locked (Half *half,
               GQueue *queue,
               HeinMessage *message,
               gboolean is_value)
{
  g_queue_push_tail (queue, message);
  if (G_UNLIKELY (queue == &half->high))
    {
      g_atomic_int_set (&half->has_high, TRUE);
      if (half->values != NULL)
        g_tree_remove (half->values, hein_message_get_topic (message));
    }
  else if (G_UNLIKELY (is_value || half->values != NULL))
    note_value (half, is_value);
}

/* Returns the error code, or -1. */
static int
push_locked (Half *other,
             HeinMessage *message,
             HeinOverflow overflow,
             HeinInprocLoss *loss,
             GQueue *dropped,
             gboolean *is_first)
{
  const gsize size = hein_message_get_size (message);
  const gsize cost = hein_inproc_message_cost (message);
  const gboolean is_value = overflow == HEIN_OVERFLOW_LATEST;
  GQueue *queue = choose_queue (other, message, is_value);
  gsize *used = get_cost (other, message);

  if (other->is_gone)
    return HEIN_ERROR_CLOSED;
  if (size > other->max_size)
    return HEIN_ERROR_TOO_LARGE;
  if (G_UNLIKELY (is_value) && replace_locked (other, message, loss, dropped))
    return -1;
  if (is_value || overflow == HEIN_OVERFLOW_DROP_OLDEST)
    drop_oldest_locked (other, queue, used, cost, loss, dropped);
  else if (*used >= other->limit)
    return HEIN_ERROR_WOULD_BLOCK;
  *is_first = !has_any (other);
  append_locked (other, queue, message, is_value);
  *used += cost;
  return -1;
}

static void
set_push_error (GError **error, int code, Half *other, HeinMessage *message)
{
  if (code == HEIN_ERROR_TOO_LARGE)
    g_set_error (error, HEIN_ERROR, code,
                 "the message has %" G_GSIZE_FORMAT
                 " bytes, and \"%s\" takes %" G_GSIZE_FORMAT,
                 hein_message_get_size (message), other->name, other->max_size);
  else if (code == HEIN_ERROR_CLOSED)
    g_set_error (error, HEIN_ERROR, code, "\"%s\" has closed", other->name);
  else
    g_set_error (error, HEIN_ERROR, code,
                 "\"%s\" has %" G_GSIZE_FORMAT " bytes that it has not taken",
                 other->name, *get_cost (other, message));
}

gboolean
hein_inproc_pipe_push (HeinInprocPipe *self,
                       HeinInprocSide side,
                       HeinMessage *message,
                       HeinOverflow overflow,
                       HeinInprocLoss *loss,
                       gboolean *has_room,
                       gsize *waiting,
                       GError **error)
{
  Half *other = get_other_half (self, side);
  GQueue dropped = G_QUEUE_INIT;
  gboolean is_first = FALSE;
  int code;

  g_mutex_lock (&self->lock);
  code = push_locked (other, message, overflow, loss, &dropped, &is_first);
  other->is_awaited = is_full (other);
  *has_room = !other->is_awaited;
  *waiting = other->cost + other->high_cost;
  g_mutex_unlock (&self->lock);
  if (G_UNLIKELY (dropped.length > 0))
    g_queue_clear_full (&dropped, (GDestroyNotify) hein_message_unref);
  if (is_first)
    ring_other (self, side);
  if (code < 0)
    return TRUE;
  set_push_error (error, code, other, message);
  return FALSE;
}

gboolean
hein_inproc_pipe_set_limit (HeinInprocPipe *self,
                            HeinInprocSide side,
                            gsize limit)
{
  Half *other = get_other_half (self, side);
  gboolean has_room;

  g_mutex_lock (&self->lock);
  other->limit = limit;
  has_room = !is_full (other);
  other->is_awaited = !has_room;
  g_mutex_unlock (&self->lock);
  return has_room;
}

gsize
hein_inproc_pipe_get_memory (HeinInprocPipe *self, HeinInprocSide side)
{
  Half *other = get_other_half (self, side);
  gsize memory;

  g_mutex_lock (&self->lock);
  memory = other->cost + other->high_cost;
  if (other->is_gone)
    memory += get_half (self, side)->cost + get_half (self, side)->high_cost;
  g_mutex_unlock (&self->lock);
  return memory;
}

gboolean
hein_inproc_pipe_has_messages (HeinInprocPipe *self, HeinInprocSide side)
{
  gboolean has_messages;

  g_mutex_lock (&self->lock);
  has_messages = has_any (get_half (self, side));
  g_mutex_unlock (&self->lock);
  return has_messages;
}

gboolean
hein_inproc_pipe_has_room (HeinInprocPipe *self, HeinInprocSide side)
{
  gboolean has_room;

  g_mutex_lock (&self->lock);
  has_room = !get_other_half (self, side)->is_awaited;
  g_mutex_unlock (&self->lock);
  return has_room;
}

static void
append_queue (GQueue *queue, GQueue *more)
{
  if (queue->length == 0)
    *queue = *more;
  else if (more->length > 0)
    {
      queue->tail->next = more->head;
      more->head->prev = queue->tail;
      queue->tail = more->tail;
      queue->length += more->length;
    }
  g_queue_init (more);
}

/* A few of them, so that values can be replaced as long as possible. */
static void
take_values_locked (Half *half, GQueue *messages, guint n_max)
{
  for (guint i = 0; i < n_max && half->messages.length > 0; i++)
    {
      GList *node = g_queue_peek_head_link (&half->messages);

      forget_value (half, node);
      g_queue_unlink (&half->messages, node);
      g_queue_push_tail_link (messages, node);
    }
}

/* They go behind the first @n_high of @messages. */
void
hein_inproc_pipe_take_high (HeinInprocPipe *self,
                            HeinInprocSide side,
                            GQueue *messages,
                            guint *n_high)
{
  Half *half = get_half (self, side);
  GQueue first = G_QUEUE_INIT;

  if (G_LIKELY (!g_atomic_int_get (&half->has_high)))
    return;
  for (guint i = 0; i < *n_high; i++)
    g_queue_push_tail_link (&first, g_queue_pop_head_link (messages));
  g_mutex_lock (&self->lock);
  g_atomic_int_set (&half->has_high, FALSE);
  *n_high += half->high.length;
  append_queue (&first, &half->high);
  g_mutex_unlock (&self->lock);
  append_queue (&first, messages);
  *messages = first;
}

/* Not one by one, as long as the other side must not wait for that. */
void
hein_inproc_pipe_take (HeinInprocPipe *self,
                       HeinInprocSide side,
                       GQueue *messages,
                       guint n_max)
{
  Half *half = get_half (self, side);

  g_mutex_lock (&self->lock);
  if (half->values == NULL)
    append_queue (messages, &half->messages);
  else
    take_values_locked (half, messages, n_max);
  g_mutex_unlock (&self->lock);
}

void
hein_inproc_pipe_put_back (HeinInprocPipe *self,
                           HeinInprocSide side,
                           GQueue *messages,
                           guint n_high)
{
  Half *half = get_half (self, side);
  GQueue high = G_QUEUE_INIT;

  for (guint i = 0; i < n_high; i++)
    g_queue_push_tail_link (&high, g_queue_pop_head_link (messages));
  g_mutex_lock (&self->lock);
  append_queue (messages, &half->messages);
  half->messages = *messages;
  append_queue (&high, &half->high);
  half->high = high;
  g_atomic_int_set (&half->has_high, half->high.length > 0);
  g_mutex_unlock (&self->lock);
  g_queue_init (messages);
}

guint64
hein_inproc_pipe_get_n_delivered (HeinInprocPipe *self, HeinInprocSide side)
{
  guint64 n_delivered;

  g_mutex_lock (&self->lock);
  n_delivered = get_other_half (self, side)->n_delivered;
  g_mutex_unlock (&self->lock);
  return n_delivered;
}

/* The other side is woken when half of it is free, so that it is not woken for
 * every message. */
void
hein_inproc_pipe_settle (HeinInprocPipe *self,
                         HeinInprocSide side,
                         gsize cost,
                         gsize high_cost,
                         guint n)
{
  Half *half = get_half (self, side);
  gboolean is_news;

  g_mutex_lock (&self->lock);
  half->n_delivered += n;
  /* a side that has left has none */
  half->cost -= MIN (cost, half->cost);
  half->high_cost -= MIN (high_cost, half->high_cost);
  is_news = half->is_awaited && half->cost <= half->limit / 2 &&
            half->high_cost <= half->limit / 2;
  if (is_news)
    half->is_awaited = FALSE;
  g_mutex_unlock (&self->lock);
  if (is_news)
    ring_other (self, side);
}
