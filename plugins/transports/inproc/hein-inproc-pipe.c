/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-pipe.h"

struct _HeinInprocBell
{
  gatomicrefcount refs;
  GSource *source;       /* owned */
  GMainContext *context; /* owned: that of the source, which may be destroyed */
  int is_rung;           /* atomic, set under lock */

  /* under lock */
  GMutex lock;
  gboolean is_closed;
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
  int is_gone;                /* atomic */
  GError *reason;             /* owned, nullable */
  HeinInprocRow row;          /* what is on the way to this side */
  gboolean is_visited;        /* this side looks at the row again by itself */
  guint64 n_delivered;        /* to the bus of this side */
  int is_awaited;             /* atomic: the other side waits for room */
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
  HeinInprocBell *bell; /* borrowed */
  HeinInprocFunc func;
  gpointer data;
  /* whoever is visited again lets what was delivered be handled before */
  gboolean must_rest;
  gboolean is_resting;
  gboolean is_dispatched; /* the context looks at the time again after that */
  gint64 due_us; /* by the time of hein; G_MAXINT64: no time is waited for */
} BellSource;

static gboolean
is_due (const BellSource *self)
{
  return self->due_us < G_MAXINT64 &&
         hein_get_monotonic_time () >= self->due_us;
}

static gboolean
check_bell (GSource *source)
{
  BellSource *self = (BellSource *) source;

  return (!self->is_resting && g_atomic_int_get (&self->bell->is_rung)) ||
         is_due (self);
}

/* The ready time of a source is that of the real clock, which a simulation does
 * not have. */
static int
get_timeout_ms (const BellSource *self)
{
  gint64 left_us;

  if (self->due_us == G_MAXINT64)
    return -1;
  left_us = MAX (self->due_us - hein_get_monotonic_time (), 0);
  return (int) MIN ((left_us + 999) / 1000, G_MAXINT);
}

static gboolean
prepare_bell (GSource *source, int *timeout_ms)
{
  BellSource *self = (BellSource *) source;

  self->is_resting = self->must_rest;
  self->must_rest = FALSE;
  *timeout_ms = self->is_resting ? 0 : get_timeout_ms (self);
  return check_bell (source);
}

static gboolean
dispatch_bell (GSource *source, GSourceFunc callback, gpointer data)
{
  BellSource *self = (BellSource *) source;

  self->is_dispatched = TRUE;
  self->func (self->data);
  self->is_dispatched = FALSE;
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs bell_funcs = { prepare_bell, check_bell, dispatch_bell,
                                   NULL,         NULL,       NULL };

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
  source->bell = self;
  source->func = func;
  source->data = data;
  source->due_us = G_MAXINT64;
  g_source_set_static_name (self->source, "hein-inproc");
  g_source_attach (self->source, context);
  self->context = g_main_context_ref (g_source_get_context (self->source));
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
  g_main_context_unref (self->context);
  g_ptr_array_unref (self->pipes);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* A transport has one bell and one role, so the two sides differ even when a
 * bus dials itself. */
static gboolean *
get_queued_flag (HeinInprocBell *self, HeinInprocPipe *pipe)
{
  if (pipe->halves[HEIN_INPROC_DIALLER].bell == self)
    return &pipe->halves[HEIN_INPROC_DIALLER].is_queued;
  return &pipe->halves[HEIN_INPROC_LISTENER].is_queued;
}

/* Returns whether that is news. */
static gboolean
ring_locked (HeinInprocBell *self, HeinInprocPipe *pipe)
{
  if (pipe != NULL && !*get_queued_flag (self, pipe))
    {
      *get_queued_flag (self, pipe) = TRUE;
      g_ptr_array_add (self->pipes, hein_inproc_pipe_ref (pipe));
    }
  return g_atomic_int_compare_and_exchange (&self->is_rung, FALSE, TRUE);
}

gboolean
hein_inproc_bell_ring (HeinInprocBell *self, HeinInprocPipe *pipe)
{
  gboolean is_heard;
  gboolean is_news;

  g_mutex_lock (&self->lock);
  is_heard = !self->is_closed;
  is_news = is_heard && ring_locked (self, pipe);
  g_mutex_unlock (&self->lock);
  /* without the lock, which whoever wakes up asks for at once */
  if (is_news)
    g_main_context_wakeup (self->context);
  return is_heard;
}

void
hein_inproc_bell_ring_again (HeinInprocBell *self, HeinInprocPipe *pipe)
{
  g_mutex_lock (&self->lock);
  ring_locked (self, pipe);
  g_mutex_unlock (&self->lock);
  ((BellSource *) self->source)->must_rest = TRUE;
}

static GPtrArray *
take_pipes (HeinInprocBell *self)
{
  GPtrArray *pipes = self->pipes;

  for (guint i = 0; i < pipes->len; i++)
    *get_queued_flag (self, g_ptr_array_index (pipes, i)) = FALSE;
  self->pipes =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_inproc_pipe_unref);
  g_atomic_int_set (&self->is_rung, FALSE);
  ((BellSource *) self->source)->due_us = G_MAXINT64;
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
  BellSource *source = (BellSource *) self->source;

  if (time_us >= source->due_us)
    return;
  source->due_us = time_us;
  if (!source->is_dispatched)
    g_main_context_wakeup (self->context);
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

/* Under the lock; seldom a change, and a write costs the other side a miss. */
static void
set_awaited (Half *self, gboolean is_awaited)
{
  if (self->is_awaited != is_awaited)
    g_atomic_int_set (&self->is_awaited, is_awaited);
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
  g_atomic_int_set (&half->is_gone, TRUE);
  hein_inproc_row_end (&half->row, &messages, &high);
  g_mutex_unlock (&self->lock);
  hein_inproc_row_free_queue (taken, loss);
  hein_inproc_row_free_queue (&high, loss);
  hein_inproc_row_free_queue (&messages, loss);
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

  /* if it goes now, the bell rings after that */
  if (G_LIKELY (!g_atomic_int_get (&other->is_gone)))
    return FALSE;
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
             HeinInprocParcel *parcel,
             const HeinInprocTerms *terms,
             HeinInprocLoss *loss,
             GQueue *dropped,
             gboolean *is_first)
{
  if (other->is_gone)
    return HEIN_ERROR_CLOSED;
  if (parcel->size > other->max_size)
    return HEIN_ERROR_TOO_LARGE;
  if (!hein_inproc_row_add (&other->row, parcel, terms, loss, dropped,
                            is_first))
    return HEIN_ERROR_WOULD_BLOCK;
  return -1;
}

static G_GNUC_NO_INLINE void
set_push_error (
  GError **error, int code, Half *other, HeinMessage *message, gsize waiting)
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
                 other->name, waiting);
}

gboolean
hein_inproc_pipe_push (HeinInprocPipe *self,
                       HeinInprocSide side,
                       HeinMessage *message,
                       const HeinInprocTerms *terms,
                       HeinInprocLoss *loss,
                       gboolean *has_room,
                       gsize *waiting,
                       GError **error)
{
  Half *other = get_other_half (self, side);
  GQueue dropped = G_QUEUE_INIT;
  HeinInprocParcel parcel;
  gboolean is_first = FALSE;
  int code;

  hein_inproc_parcel_init (&parcel, message, terms);
  g_mutex_lock (&self->lock);
  code = push_locked (other, &parcel, terms, loss, &dropped, &is_first);
  *has_room = !hein_inproc_row_is_full (&other->row);
  set_awaited (other, !*has_room);
  *waiting = hein_inproc_row_get_cost (&other->row);
  is_first = is_first && !other->is_visited;
  g_mutex_unlock (&self->lock);
  hein_inproc_parcel_clear (&parcel);
  if (G_UNLIKELY (dropped.length > 0))
    g_queue_clear_full (&dropped, (GDestroyNotify) hein_message_unref);
  if (is_first)
    ring_other (self, side);
  if (G_LIKELY (code < 0))
    return TRUE;
  set_push_error (error, code, other, message, *waiting);
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
  set_awaited (other, !has_room);
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

/* When room comes back now, the bell rings after that. */
gboolean
hein_inproc_pipe_has_room (HeinInprocPipe *self, HeinInprocSide side)
{
  return !g_atomic_int_get (&get_other_half (self, side)->is_awaited);
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
  Half *half = get_half (self, side);

  g_mutex_lock (&self->lock);
  half->is_visited = TRUE;
  hein_inproc_row_take (&half->row, messages, n_max);
  g_mutex_unlock (&self->lock);
}

gboolean
hein_inproc_pipe_end_visit (HeinInprocPipe *self, HeinInprocSide side)
{
  Half *half = get_half (self, side);
  gboolean has_messages;

  g_mutex_lock (&self->lock);
  half->is_visited = FALSE;
  has_messages = hein_inproc_row_has_any (&half->row);
  g_mutex_unlock (&self->lock);
  return has_messages;
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
                         guint n,
                         GQueue *spent)
{
  Half *half = get_half (self, side);
  gboolean is_news;

  g_mutex_lock (&self->lock);
  half->n_delivered += n;
  is_news = hein_inproc_row_settle (&half->row, cost, high_cost, spent) &&
            half->is_awaited;
  if (is_news)
    set_awaited (half, FALSE);
  g_mutex_unlock (&self->lock);
  if (is_news)
    ring_other (self, side);
}

gboolean
hein_inproc_pipe_trim (HeinInprocPipe *self, HeinInprocSide side)
{
  GQueue unused = G_QUEUE_INIT;
  gboolean has_others;

  g_mutex_lock (&self->lock);
  has_others = hein_inproc_row_trim (&get_half (self, side)->row, &unused);
  g_mutex_unlock (&self->lock);
  hein_inproc_row_free_queue (&unused, NULL);
  return has_others;
}
