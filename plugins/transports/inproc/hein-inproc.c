/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "hein-inproc-end.h"
#include "hein-inproc-names.h"

/* By so much what waits for one may differ from what the bus was told. */
#define MEMORY_STEP (16 * 1024)
/* Under `disconnect`: a peer that takes nothing for this long is cut. */
#define PROGRESS_TIMEOUT_US (30 * G_TIME_SPAN_SECOND)
/* How often that is looked at, however often the bell rings. */
#define PROGRESS_LOOK_US G_TIME_SPAN_SECOND

typedef HeinInprocEnd End;

G_DEFINE_FINAL_TYPE (HeinInproc, hein_inproc, HEIN_TYPE_TRANSPORT)

static void
end_clear (gpointer data)
{
  End *self = data;

  hein_inproc_row_free_queue (&self->messages, NULL);
  g_clear_object (&self->peer);
  hein_inproc_pipe_unref (self->pipe);
}

static void
end_unref (gpointer data)
{
  g_rc_box_release_full (data, end_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (End, end_unref)

static HeinBus *
get_bus (HeinInproc *self)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);

  return hein_endpoint_get_bus (hein_transport_get_endpoint (transport));
}

/* Takes @pipe. */
static End *
add_end (HeinInproc *self, HeinInprocPipe *pipe)
{
  End *end = g_rc_box_new0 (End);

  end->pipe = pipe;
  end->has_room = TRUE;
  hein_inproc_pipe_set_limit (pipe, self->side, self->send_limit);
  end->in_row.data = end;
  g_hash_table_insert (self->ends, pipe, end);
  g_queue_push_tail_link (&self->row, &end->in_row);
  return end;
}

/* Takes and sends nothing more. What the other side has sent and the bus was
 * not given is lost, and is counted here; @reason is for the other side. */
static void
leave (HeinInproc *self, End *end, const GError *reason)
{
  HeinInprocLoss loss = { 0 };

  hein_inproc_pipe_leave (end->pipe, self->side, reason, &end->messages, &loss);
  hein_transport_drop (HEIN_TRANSPORT (self), end->peer,
                       HEIN_DROP_REASON_UNHANDLED, loss.n_messages,
                       loss.n_bytes);
}

/* Tells the bus what waits for the other side. FALSE: that is too much. */
static gboolean
count_memory (HeinInproc *self, End *end, gsize memory)
{
  self->memory += memory - end->counted;
  end->counted = memory;
  return hein_transport_set_memory (HEIN_TRANSPORT (self), self->memory);
}

static void
watch_progress (HeinInproc *self, End *end)
{
  if (end->progress_us > 0)
    return;
  end->progress_us = hein_get_monotonic_time ();
  end->n_delivered = hein_inproc_pipe_get_n_delivered (end->pipe, self->side);
  /* those that are watched already are due earlier */
  if (self->n_watched++ == 0)
    self->due_us = end->progress_us + PROGRESS_TIMEOUT_US;
  hein_inproc_bell_set_time (self->bell, self->due_us);
}

static void
unwatch_progress (HeinInproc *self, End *end)
{
  if (end->progress_us > 0)
    self->n_watched--;
  end->progress_us = 0;
}

/* @reason: for this bus; whoever leaves tells the other side. */
static void
remove_end (HeinInproc *self, End *end, const GError *reason)
{
  g_autoptr (End) held = g_rc_box_acquire (end);

  held->is_over = TRUE;
  if (self->recent == held)
    self->recent = NULL;
  count_memory (self, held, 0);
  unwatch_progress (self, held);
  if (g_hash_table_remove (self->ends, held->pipe))
    g_queue_unlink (&self->row, &held->in_row);
  if (held->peer == NULL)
    return;
  g_hash_table_remove (self->by_peer, held->peer);
  hein_transport_remove_peer (HEIN_TRANSPORT (self), held->peer, reason);
}

/* Sets out again later each time, so that a refusal does not make two threads
 * run in circles. */
static void
postpone (HeinInproc *self)
{
  guint min_ms = 0;
  guint max_ms = 0;

  g_object_get (get_bus (self), "reconnect-min-ms", &min_ms, "reconnect-max-ms",
                &max_ms, NULL);
  self->pause_ms = MIN (MAX (self->pause_ms * 2, MAX (min_ms, 1)), max_ms);
  self->retry_us =
    hein_get_monotonic_time () + self->pause_ms * G_TIME_SPAN_MILLISECOND;
}

/* A dialler that was refused comes back, but not in a tight loop. */
static void
pause_before_dial (HeinInproc *self)
{
  guint min_ms = 0;

  if (self->bell == NULL || self->side != HEIN_INPROC_DIALLER)
    return;
  g_object_get (get_bus (self), "reconnect-min-ms", &min_ms, NULL);
  self->retry_us =
    hein_get_monotonic_time () + min_ms * G_TIME_SPAN_MILLISECOND;
  hein_inproc_bell_set_time (self->bell, self->retry_us);
}

/* The bus hears of a refusal once, not with every attempt. */
static gboolean
is_news (HeinInproc *self, End *end)
{
  const char *name;
  const char *instance;

  if (self->side == HEIN_INPROC_DIALLER)
    return self->pause_ms == 0;
  hein_inproc_pipe_get_other (end->pipe, self->side, &name, &instance);
  if (g_strcmp0 (self->refused, instance) == 0)
    return FALSE;
  g_free (self->refused);
  self->refused = g_strdup (instance);
  return TRUE;
}

static void
on_refused (HeinInproc *self, End *end, const GError *error)
{
  gboolean must_tell = is_news (self, end);

  remove_end (self, end, error);
  if (self->bell == NULL)
    return;
  if (must_tell)
    hein_transport_fail (HEIN_TRANSPORT (self), error);
  if (self->side == HEIN_INPROC_DIALLER)
    postpone (self);
}

static void
introduce (HeinInproc *self, HeinInprocPipe *pipe)
{
  hein_inproc_pipe_introduce (pipe, self->side, get_bus (self),
                              hein_transport_dup_subscriber (
                                HEIN_TRANSPORT (self)));
}

/* Tells the bus what the other side is and can do. */
static void
describe_peer (HeinInproc *self, End *end, HeinPeer *peer)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  HeinSubscriber *subscriber;

  hein_transport_set_peer_security (transport, peer, "process");
  hein_transport_set_peer_asks (transport, peer, HEIN_ASKS_ALL);
  hein_transport_set_peer_carries_attributes (transport, peer, TRUE);
  hein_transport_set_peer_credit (transport, peer,
                                  hein_inproc_pipe_get_credit (end->pipe,
                                                               self->side,
                                                               &subscriber));
  hein_transport_set_peer_subscriber (transport, peer, subscriber);
}

/* Asks the bus to take the other side in, and tells that side the answer. */
static gboolean
meet (HeinInproc *self, End *end, const char *name, const char *instance)
{
  g_autoptr (GError) error = NULL;
  HeinPeer *peer;

  /* The bus may send retained messages before it has answered. */
  self->newcomer = end;
  peer = hein_transport_add_peer (HEIN_TRANSPORT (self), name, instance, NULL,
                                  &error);
  self->newcomer = NULL;
  if (peer == NULL)
    {
      leave (self, end, error);
      on_refused (self, end, error);
      return FALSE;
    }
  describe_peer (self, end, peer);
  g_set_object (&end->peer, peer);
  g_hash_table_insert (self->by_peer, peer, end);
  if (self->side == HEIN_INPROC_LISTENER)
    introduce (self, end->pipe);
  self->pause_ms = 0;
  return TRUE;
}

static void
update_room (HeinInproc *self, End *end, gboolean has_room)
{
  if (end->has_room == has_room)
    return;
  end->has_room = has_room;
  if (has_room)
    {
      unwatch_progress (self, end);
      hein_inproc_pipe_set_limit (end->pipe, self->side, self->send_limit);
    }
  hein_transport_set_room (HEIN_TRANSPORT (self), end->peer, has_room);
}

/* The other side has left, and nothing that it sent is left to take. */
static void
on_over (HeinInproc *self, End *end, const GError *reason)
{
  leave (self, end, NULL);
  if (end->peer == NULL && reason != NULL)
    {
      on_refused (self, end, reason);
      return;
    }
  remove_end (self, end, reason);
  pause_before_dial (self);
}

/* Whether the bus knows the other side by now. One that left without a word, or
 * was refused, is not announced. */
static gboolean
is_met (HeinInproc *self, End *end)
{
  g_autoptr (GError) reason = NULL;
  const char *name;
  const char *instance;

  if (end->peer != NULL)
    return TRUE;
  if (hein_inproc_pipe_is_over (end->pipe, self->side, &reason))
    {
      on_over (self, end, reason);
      return FALSE;
    }
  return hein_inproc_pipe_get_other (end->pipe, self->side, &name, &instance) &&
         meet (self, end, name, instance);
}

/* Looks at what has changed. */
static void
visit_end (HeinInproc *self, End *end)
{
  g_autoptr (End) held = g_rc_box_acquire (end);
  g_autoptr (GError) reason = NULL;
  gboolean has_more;

  if (!is_met (self, held))
    return;
  hein_inproc_end_deliver (self, held);
  if (held->is_over)
    return;
  has_more = hein_inproc_pipe_end_visit (held->pipe, self->side) ||
             held->messages.length > 0;
  update_room (self, held, hein_inproc_pipe_has_room (held->pipe, self->side));
  if (held->messages.length == 0 &&
      hein_inproc_pipe_is_over (held->pipe, self->side, &reason))
    on_over (self, held, reason);
  else if (!held->is_paused && has_more)
    hein_inproc_bell_ring_again (self->bell, held->pipe);
}

static void
visit_pipe (HeinInproc *self, HeinInprocPipe *pipe)
{
  End *end = g_hash_table_lookup (self->ends, pipe);

  /* A pipe without an end is new to a listener, unless it was given up. */
  if (end == NULL && self->side == HEIN_INPROC_LISTENER &&
      !hein_inproc_pipe_has_left (pipe, self->side))
    end = add_end (self, hein_inproc_pipe_ref (pipe));
  if (end != NULL)
    visit_end (self, end);
}

static void
dial (HeinInproc *self)
{
  HeinBus *bus = get_bus (self);
  HeinInprocPipe *pipe;

  if (g_hash_table_size (self->ends) > 0)
    return;
  if (self->retry_us > hein_get_monotonic_time ())
    {
      hein_inproc_bell_set_time (self->bell, self->retry_us);
      return;
    }
  pipe = hein_inproc_names_dial (self->name, self->bell,
                                 hein_bus_get_instance (bus));
  if (pipe == NULL)
    return;
  add_end (self, pipe);
  introduce (self, pipe);
}

/* A listener that closes leaves the pipes that it has not looked at, too. */
static void
leave_pipes (HeinInproc *self, GPtrArray *pipes, guint first)
{
  for (guint i = first; i < pipes->len; i++)
    if (!g_hash_table_contains (self->ends, g_ptr_array_index (pipes, i)))
      {
        GQueue taken = G_QUEUE_INIT;
        HeinInprocLoss loss = { 0 };

        hein_inproc_pipe_leave (g_ptr_array_index (pipes, i), self->side, NULL,
                                &taken, &loss);
      }
}

/* FALSE: it has taken nothing for too long. */
static gboolean
has_progress (HeinInproc *self, End *end, gint64 now_us)
{
  const guint64 n_delivered =
    hein_inproc_pipe_get_n_delivered (end->pipe, self->side);

  if (n_delivered != end->n_delivered)
    end->progress_us = now_us;
  end->n_delivered = n_delivered;
  return now_us < end->progress_us + PROGRESS_TIMEOUT_US;
}

static void
cut (HeinInproc *self, End *end)
{
  g_autoptr (GError) error =
    g_error_new (HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                 "it took nothing of what is queued for %d ms",
                 (int) (PROGRESS_TIMEOUT_US / 1000));

  leave (self, end, error);
  remove_end (self, end, error);
  pause_before_dial (self);
}

static void
look_at_progress (HeinInproc *self, gint64 now_us)
{
  self->due_us = G_MAXINT64;
  for (GList *l = self->row.head; l != NULL; l = l->next)
    {
      End *end = l->data;

      if (end->progress_us == 0)
        continue;
      if (!has_progress (self, end, now_us))
        {
          cut (self, end);
          self->due_us = now_us; /* the others are looked at next */
          break;
        }
      self->due_us = MIN (self->due_us, end->progress_us + PROGRESS_TIMEOUT_US);
    }
  self->look_us = MIN (now_us + PROGRESS_LOOK_US, self->due_us);
}

/* Whatever the bell was rung for, it has forgotten its time. */
static void
check_progress (HeinInproc *self)
{
  const gint64 now_us = hein_get_monotonic_time ();

  if (now_us >= self->look_us)
    look_at_progress (self, now_us);
  if (self->bell != NULL && self->n_watched > 0)
    hein_inproc_bell_set_time (self->bell, self->due_us);
}

static void
on_bell (gpointer data)
{
  g_autoptr (HeinInproc) self = g_object_ref (data);
  g_autoptr (GPtrArray) pipes = hein_inproc_bell_take (self->bell);

  for (guint i = 0; i < pipes->len; i++)
    {
      if (self->bell == NULL)
        {
          leave_pipes (self, pipes, i);
          return;
        }
      visit_pipe (self, g_ptr_array_index (pipes, i));
    }
  if (self->bell != NULL && self->n_watched > 0)
    check_progress (self);
  if (self->bell != NULL && self->spares_us > 0)
    hein_inproc_give_spares_back (self);
  if (self->bell != NULL && self->side == HEIN_INPROC_DIALLER)
    dial (self);
}

static char *
dup_name (HeinTransport *transport, GError **error)
{
  const char *host = hein_transport_get_host (transport);

  if (host[0] != '\0' && hein_transport_get_port (transport) < 0)
    return g_strconcat (host, hein_transport_get_path (transport), NULL);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "%s, write inproc://name",
               host[0] == '\0' ? "missing name" : "a port has no meaning here");
  return NULL;
}

static void
read_send_limit (HeinInproc *self, HeinBus *bus)
{
  guint64 limit;

  g_object_get (bus, "send-limit", &limit, NULL);
  self->send_limit = MIN (limit, G_MAXSIZE);
}

static void
on_send_limit (HeinBus *bus, GParamSpec *pspec, HeinInproc *self)
{
  g_autoptr (GList) ends = g_list_copy (self->row.head);

  read_send_limit (self, bus);
  for (GList *item = ends; item != NULL; item = item->next)
    {
      End *end = item->data;

      const gboolean has_room =
        hein_inproc_pipe_set_limit (end->pipe, self->side, self->send_limit);

      if (end->peer != NULL)
        update_room (self, end, has_room);
    }
}

static gboolean
hein_inproc_begin_open (HeinTransport *transport,
                        HeinEndpoint *endpoint,
                        GTask *task,
                        GError **error)
{
  HeinInproc *self = HEIN_INPROC (transport);
  HeinBus *bus = hein_endpoint_get_bus (endpoint);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  self->name = dup_name (transport, error);
  if (self->name == NULL)
    return FALSE;
  self->side = hein_endpoint_get_role (endpoint) == HEIN_ROLE_DIAL
                 ? HEIN_INPROC_DIALLER
                 : HEIN_INPROC_LISTENER;
  read_send_limit (self, bus);
  g_signal_connect_object (bus, "notify::send-limit",
                           G_CALLBACK (on_send_limit), self, 0);
  self->bell = hein_inproc_bell_new (context, on_bell, self);
  if (self->side == HEIN_INPROC_DIALLER)
    hein_inproc_bell_ring (self->bell, NULL);
  else if (!hein_inproc_names_listen (self->name, self->bell,
                                      hein_bus_get_instance (bus), error))
    return FALSE;
  else
    hein_transport_set_bound_uri (transport, hein_endpoint_get_uri (endpoint));
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static G_GNUC_NO_INLINE End *
look_up_end (HeinInproc *self, HeinPeer *peer)
{
  End *end = g_hash_table_lookup (self->by_peer, peer);

  if (end != NULL || self->newcomer == NULL)
    return end;
  g_set_object (&self->newcomer->peer, peer);
  return self->newcomer;
}

static End *
find_end (HeinInproc *self, HeinPeer *peer)
{
  if (G_UNLIKELY (self->recent == NULL || self->recent->peer != peer))
    self->recent = look_up_end (self, peer);
  return self->recent;
}

/* FALSE: the bus is over its limit, and the other side gets no more before it
 * has taken half of what waits. */
static G_GNUC_NO_INLINE gboolean
has_memory (HeinInproc *self, End *end, gsize waiting)
{
  return count_memory (self, end, waiting) || waiting == 0 ||
         hein_inproc_pipe_set_limit (end->pipe, self->side, waiting);
}

static gboolean
hein_inproc_send (HeinTransport *transport,
                  HeinPeer *peer,
                  HeinMessage *message,
                  GError **error)
{
  HeinInproc *self = HEIN_INPROC (transport);
  End *end = find_end (self, peer);
  const HeinInprocTerms terms = {
    .overflow = hein_transport_get_sending_overflow (transport),
    .audience = hein_transport_get_sending_audience (transport),
    .is_forced = hein_transport_get_sending_forced (transport),
  };
  HeinInprocLoss loss = { 0 };
  gboolean is_sent;
  gboolean has_room;
  gsize waiting;

  if (end == NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                           "the peer is gone");
      return FALSE;
    }
  is_sent = hein_inproc_pipe_push (end->pipe, self->side, message, &terms,
                                   &loss, &has_room, &waiting, error);
  if (G_UNLIKELY (waiting - end->counted + MEMORY_STEP > 2 * MEMORY_STEP))
    has_room = has_memory (self, end, waiting) && has_room;
  update_room (self, end, has_room);
  if (!has_room && terms.overflow == HEIN_OVERFLOW_DISCONNECT &&
      self->bell != NULL)
    watch_progress (self, end);
  if (G_UNLIKELY (loss.n_messages > 0))
    hein_transport_drop (transport, peer,
                         loss.is_replaced ? HEIN_DROP_REASON_REPLACED
                                          : HEIN_DROP_REASON_OVERFLOW,
                         loss.n_messages, loss.n_bytes);
  return is_sent;
}

static void
hein_inproc_measure (HeinTransport *transport)
{
  HeinInproc *self = HEIN_INPROC (transport);

  for (GList *l = self->row.head; l != NULL; l = l->next)
    {
      End *end = l->data;

      count_memory (self, end,
                    hein_inproc_pipe_get_memory (end->pipe, self->side));
    }
}

static gboolean
hein_inproc_keeps_overflow (HeinTransport *transport, HeinOverflow overflow)
{
  return TRUE;
}

static void
hein_inproc_pause (HeinTransport *transport, HeinPeer *peer, gboolean paused)
{
  HeinInproc *self = HEIN_INPROC (transport);
  End *end = find_end (self, peer);

  if (end == NULL || end->is_paused == paused)
    return;
  end->is_paused = paused;
  if (paused)
    {
      hein_inproc_pipe_put_back (end->pipe, self->side, &end->messages,
                                 end->n_high);
      end->n_high = 0;
    }
  else
    hein_inproc_bell_ring (self->bell, end->pipe);
}

/* The other side takes what was sent to it, and then learns that this one is
 * gone. */
static void
hein_inproc_close_peer (HeinTransport *transport, HeinPeer *peer)
{
  HeinInproc *self = HEIN_INPROC (transport);
  End *end = g_hash_table_lookup (self->by_peer, peer);

  if (end == NULL)
    return;
  leave (self, end, NULL);
  remove_end (self, end, NULL);
  pause_before_dial (self);
}

/* First it can no longer be found, then those connected are told: a dialler
 * that learns of it must not come back to it. */
static void
hein_inproc_close (HeinTransport *transport)
{
  HeinInproc *self = HEIN_INPROC (transport);
  g_autoptr (HeinInprocBell) bell = g_steal_pointer (&self->bell);
  g_autoptr (GPtrArray) pipes = NULL;
  End *end;

  if (bell == NULL)
    return;
  hein_inproc_names_forget (self->name, bell);
  pipes = hein_inproc_bell_close (bell);
  leave_pipes (self, pipes, 0);
  while ((end = g_queue_peek_head (&self->row)) != NULL)
    {
      leave (self, end, NULL);
      remove_end (self, end, NULL);
    }
}

static void
hein_inproc_dispose (GObject *object)
{
  HeinInproc *self = HEIN_INPROC (object);

  hein_inproc_close (HEIN_TRANSPORT (self));

  G_OBJECT_CLASS (hein_inproc_parent_class)->dispose (object);
}

static void
hein_inproc_finalize (GObject *object)
{
  HeinInproc *self = HEIN_INPROC (object);

  g_clear_pointer (&self->by_peer, g_hash_table_unref);
  g_clear_pointer (&self->ends, g_hash_table_unref);
  g_clear_pointer (&self->refused, g_free);
  g_clear_pointer (&self->name, g_free);

  G_OBJECT_CLASS (hein_inproc_parent_class)->finalize (object);
}

static void
hein_inproc_class_init (HeinInprocClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  HeinTransportClass *transport_class = HEIN_TRANSPORT_CLASS (class);

  object_class->dispose = hein_inproc_dispose;
  object_class->finalize = hein_inproc_finalize;
  transport_class->begin_open = hein_inproc_begin_open;
  transport_class->send = hein_inproc_send;
  transport_class->pause = hein_inproc_pause;
  transport_class->close = hein_inproc_close;
  transport_class->close_peer = hein_inproc_close_peer;
  transport_class->keeps_overflow = hein_inproc_keeps_overflow;
  transport_class->measure = hein_inproc_measure;
}

static void
hein_inproc_init (HeinInproc *self)
{
  self->ends = g_hash_table_new_full (NULL, NULL, NULL, end_unref);
  self->by_peer = g_hash_table_new (NULL, NULL);
}

HEIN_PLUGIN_DEFINE (HeinInproc,
                    hein_inproc,
                    TRANSPORT,
                    "inproc",
                    "inproc",
                    "Buses of one process, payloads by reference")
