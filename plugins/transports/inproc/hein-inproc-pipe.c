/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-pipe.h"

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
  HeinInprocRow row;   /* what is on the way to this side */
  guint64 n_delivered; /* to the bus of this side */
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
  hein_inproc_row_clear (&half->row);
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
  GQueue messages = G_QUEUE_INIT;
  GQueue high = G_QUEUE_INIT;

  g_mutex_lock (&self->lock);
  if (!half->is_gone && reason != NULL)
    half->reason = g_error_copy (reason);
  half->is_gone = TRUE;
  hein_inproc_row_end (&half->row, &messages, &high);
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

gboolean
hein_inproc_pipe_is_over (HeinInprocPipe *self,
                          HeinInprocSide side,
                          GError **reason)
{
  Half *half = get_half (self, side);
  Half *other = get_other_half (self, side);
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = other->is_gone && !hein_inproc_row_has_any (&half->row);
  if (is_over && other->reason != NULL)
    *reason = g_error_copy (other->reason);
  g_mutex_unlock (&self->lock);
  return is_over;
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
  if (other->is_gone)
    return HEIN_ERROR_CLOSED;
  if (hein_message_get_size (message) > other->max_size)
    return HEIN_ERROR_TOO_LARGE;
  if (!hein_inproc_row_add (&other->row, message, overflow, loss, dropped,
                            is_first))
    return HEIN_ERROR_WOULD_BLOCK;
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
                 other->name, *hein_inproc_row_get_used (&other->row, message));
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
  other->is_awaited = hein_inproc_row_is_full (&other->row);
  *has_room = !other->is_awaited;
  *waiting = hein_inproc_row_get_cost (&other->row);
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
  other->row.limit = limit;
  has_room = !hein_inproc_row_is_full (&other->row);
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
  memory = hein_inproc_row_get_cost (&other->row);
  if (other->is_gone)
    memory += hein_inproc_row_get_cost (&get_half (self, side)->row);
  g_mutex_unlock (&self->lock);
  return memory;
}

gboolean
hein_inproc_pipe_has_messages (HeinInprocPipe *self, HeinInprocSide side)
{
  gboolean has_messages;

  g_mutex_lock (&self->lock);
  has_messages = hein_inproc_row_has_any (&get_half (self, side)->row);
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

/* They go behind the first @n_high of @messages. */
void
hein_inproc_pipe_take_high (HeinInprocPipe *self,
                            HeinInprocSide side,
                            GQueue *messages,
                            guint *n_high)
{
  Half *half = get_half (self, side);
  GQueue first = G_QUEUE_INIT;

  if (G_LIKELY (!g_atomic_int_get (&half->row.has_high)))
    return;
  for (guint i = 0; i < *n_high; i++)
    g_queue_push_tail_link (&first, g_queue_pop_head_link (messages));
  g_mutex_lock (&self->lock);
  *n_high += hein_inproc_row_take_high (&half->row, &first);
  g_mutex_unlock (&self->lock);
  hein_inproc_row_append (&first, messages);
  *messages = first;
}

/* Not one by one, as long as the other side must not wait for that. */
void
hein_inproc_pipe_take (HeinInprocPipe *self,
                       HeinInprocSide side,
                       GQueue *messages,
                       guint n_max)
{
  g_mutex_lock (&self->lock);
  hein_inproc_row_take (&get_half (self, side)->row, messages, n_max);
  g_mutex_unlock (&self->lock);
}

void
hein_inproc_pipe_put_back (HeinInprocPipe *self,
                           HeinInprocSide side,
                           GQueue *messages,
                           guint n_high)
{
  GQueue high = G_QUEUE_INIT;

  for (guint i = 0; i < n_high; i++)
    g_queue_push_tail_link (&high, g_queue_pop_head_link (messages));
  g_mutex_lock (&self->lock);
  hein_inproc_row_put_back (&get_half (self, side)->row, messages, &high);
  g_mutex_unlock (&self->lock);
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
  is_news =
    hein_inproc_row_settle (&half->row, cost, high_cost) && half->is_awaited;
  if (is_news)
    half->is_awaited = FALSE;
  g_mutex_unlock (&self->lock);
  if (is_news)
    ring_other (self, side);
}
