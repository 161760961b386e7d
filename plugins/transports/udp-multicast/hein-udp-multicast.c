/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "socket/mc-socket-join.h"
#include "socket/mc-socket-receive.h"
#include "socket/mc-socket-send.h"
#include "socket/mc-socket-sim.h"
#include "udp-multicast-open.h"
#include "udp-multicast-options.h"

/*
 * The transport: one source waits for both sockets and for the time, reads,
 * lets the format work, and flushes. What the datagrams say is the format's
 * alone (format/mc-format.h).
 */

/* With so much in the socket's queue it is flushed before the turn ends. */
#define FLUSH_BYTES (64 * 1024)
/* The part of the bus's memory-limit that may be taken by what one sender
 * keeps for repair, by what waits for its rate, and by what is incomplete, of
 * all receivers together. */
#define LIMIT_PARTS 4
/* A group that holds no more than this is not to blame when the bus is over
 * memory-limit. One that is looks again after so many µs. */
#define TIGHT_MIN (64 * 1024)
#define TIGHT_US  10000
/* What waits for the kernel; beyond it there is no room. */
#define QUEUED_MAX (4 * 1024 * 1024)
/* The group is joined again so often: routers and switches forget. */
#define JOIN_US (60 * G_USEC_PER_SEC)
/* Datagrams after which the clock is read again. */
#define CLOCK_INTERVAL 16
/* Sending must have gone well for so long before trouble with it is told
 * again. */
#define CALM_US G_USEC_PER_SEC
/* How often it is looked whether everything has gone out. */
#define FINISH_US 10000

G_DEFINE_FINAL_TYPE (HeinUdpMulticast, hein_udp_multicast, HEIN_TYPE_TRANSPORT)

HEIN_PLUGIN_DEFINE (HeinUdpMulticast,
                    hein_udp_multicast,
                    TRANSPORT,
                    "udp-multicast",
                    "udp-multicast",
                    "Groups without a server: plain, encrypted, reliable")

/* ---- trouble ---- */

/* Tells trouble once for each time that it begins. Takes @error; NULL: all is
 * well. */
static void
report (HeinUdpMulticast *self, gboolean *has_failed, GError *error)
{
  if (error != NULL && !*has_failed)
    hein_transport_fail (HEIN_TRANSPORT (self), error);
  *has_failed = error != NULL;
  g_clear_error (&error);
}

/* A datagram to one member may go where those to the group do not, so a single
 * success says little: sending counts as well again only when it has gone well
 * for CALM_US. */
static void
report_wire (HeinUdpMulticast *self, GError *error, gboolean is_sent)
{
  const gint64 now_us =
    error != NULL || self->has_trouble ? hein_get_monotonic_time () : 0;

  if (error != NULL)
    self->trouble_us = now_us;
  if (error != NULL || (is_sent && now_us >= self->trouble_us + CALM_US))
    report (self, &self->has_trouble, error);
}

/* Of what the kernel had no room for, nobody knows the size: it is 0. */
static void
count_lost (HeinUdpMulticast *self)
{
  const McSocketStats *now = mc_socket_get_stats (self->socket);
  const McSocketStats *told = &self->told;

  hein_transport_drop (HEIN_TRANSPORT (self), NULL, HEIN_DROP_REASON_OVERFLOW,
                       (now->n_overrun - told->n_overrun) +
                         (now->n_truncated - told->n_truncated),
                       now->truncated_bytes - told->truncated_bytes);
  hein_transport_drop (HEIN_TRANSPORT (self), NULL, HEIN_DROP_REASON_UNSENDABLE,
                       now->n_unsent - told->n_unsent,
                       now->unsent_bytes - told->unsent_bytes);
  self->told = *now;
}

/* ---- memory ---- */

static void
set_limit (HeinUdpMulticast *self)
{
  const McFormat *format = &self->format;

  if (format->self != NULL && format->funcs->set_limit != NULL)
    format->funcs->set_limit (format->self, self->memory_max / LIMIT_PARTS,
                              self->is_tight);
}

static gsize
get_memory (HeinUdpMulticast *self)
{
  const McFormat *format = &self->format;
  gsize memory = 0;

  if (self->socket != NULL)
    memory += mc_socket_get_queued (self->socket);
  if (format->self != NULL && format->funcs->get_memory != NULL)
    memory += format->funcs->get_memory (format->self);
  return memory;
}

/* Called once a turn and whenever much was flushed; for each message it would
 * cost as much as sending it. */
static void
note_memory (HeinUdpMulticast *self)
{
  const gsize memory = get_memory (self);
  const gboolean has_room =
    hein_transport_set_memory (HEIN_TRANSPORT (self), memory);
  const gboolean was_tight = self->is_tight;

  self->is_tight = !has_room && memory > TIGHT_MIN;
  if (G_UNLIKELY (self->is_tight || was_tight))
    set_limit (self);
}

static void
on_memory_limit (HeinBus *bus, GParamSpec *pspec, HeinUdpMulticast *self)
{
  guint64 limit;

  g_object_get (bus, "memory-limit", &limit, NULL);
  self->memory_max = MIN (limit, G_MAXSIZE);
  set_limit (self);
}

/* ---- working ---- */

static gboolean
is_paused (HeinUdpMulticast *self)
{
  return self->n_paused > 0;
}

/* Whether the source waits until the socket is writable. With ENOBUFS it waits
 * for a time instead: the socket is writable then, while the kernel has no
 * memory. */
static gboolean
waits_to_write (HeinUdpMulticast *self)
{
  return self->is_blocked && mc_socket_get_retry_us (self->socket) == 0;
}

/* Of the simulation it is in, it learns otherwise than by descriptors. */
static gboolean
is_simulated (HeinUdpMulticast *self)
{
  return self->group_tag == NULL;
}

static void
update_source (HeinUdpMulticast *self)
{
  const GIOCondition reading = is_paused (self) ? 0 : G_IO_IN;
  const GIOCondition writing = waits_to_write (self) ? G_IO_OUT : 0;
  const gboolean is_group = mc_socket_get_sending_fd (self->socket) ==
                            mc_socket_get_group_fd (self->socket);

  if (G_UNLIKELY (is_simulated (self)))
    return;
  g_source_modify_unix_fd (self->source, self->group_tag,
                           reading | (is_group ? writing : 0));
  g_source_modify_unix_fd (self->source, self->own_tag,
                           reading | (is_group ? 0 : writing));
}

static void
flush (HeinUdpMulticast *self)
{
  GError *error = NULL;
  const gsize queued = mc_socket_get_queued (self->socket);
  const gboolean waited = waits_to_write (self);

  self->is_blocked = !mc_socket_flush (self->socket, &error);
  if (waits_to_write (self) != waited)
    update_source (self);
  report_wire (self, error, mc_socket_get_queued (self->socket) < queued);
}

/* Joining may open the group's socket anew, when its interface became another
 * one; the source then watches the new descriptor. */
static void
join (HeinUdpMulticast *self)
{
  const int before = mc_socket_get_group_fd (self->socket);
  GError *error = NULL;
  int fd;

  mc_socket_join (self->socket, &error);
  fd = mc_socket_get_group_fd (self->socket);
  if (fd != before)
    {
      g_source_remove_unix_fd (self->source, self->group_tag);
      self->group_tag = g_source_add_unix_fd (self->source, fd, G_IO_IN);
      update_source (self);
    }
  report (self, &self->has_failed, error);
}

static gint64
join_again (HeinUdpMulticast *self, gint64 now_us)
{
  if (g_atomic_int_compare_and_exchange (&self->wants_join, TRUE, FALSE) ||
      now_us >= self->join_us)
    {
      if (!is_simulated (self))
        join (self);
      self->join_us = now_us + JOIN_US;
    }
  return self->join_us;
}

static gboolean
is_done (HeinUdpMulticast *self, gint64 now_us)
{
  return self->format.funcs->is_done (self->format.self, now_us) &&
         mc_socket_get_queued (self->socket) == 0;
}

static void
work (HeinUdpMulticast *self)
{
  gint64 now_us = hein_get_monotonic_time ();
  gint64 due_us = join_again (self, now_us);
  gint64 format_us = self->format.funcs->tick (self->format.self, now_us);

  if (self->is_closed)
    return;
  due_us = MIN (due_us, format_us);
  flush (self);
  count_lost (self);
  note_memory (self);
  self->is_scheduled = FALSE;
  if (self->has_more && !is_paused (self))
    due_us = now_us;
  if (self->is_tight)
    due_us = MIN (due_us, now_us + TIGHT_US);
  if (self->is_finishing)
    due_us = MIN (due_us, now_us + FINISH_US);
  if (self->is_blocked && !waits_to_write (self))
    due_us = MIN (due_us, mc_socket_get_retry_us (self->socket));
  hein_source_set_ready_time (self->source, due_us);
  /* whoever was refused tries again now; there may still be no room */
  if (self->is_full)
    hein_transport_set_room (HEIN_TRANSPORT (self), NULL, TRUE);
  self->is_full = FALSE;
}

/* The source runs once before the turn ends, however many messages are sent in
 * it: they share datagrams, and one call of the kernel. */
static void
schedule (HeinUdpMulticast *self)
{
  if (self->is_scheduled)
    return;
  self->is_scheduled = TRUE;
  hein_source_set_ready_time (self->source, 0);
}

static void
on_received (const McAddress *from,
             const guint8 *data,
             gsize size,
             gpointer user_data)
{
  HeinUdpMulticast *self = user_data;

  if (G_UNLIKELY (self->is_closed))
    return;
  if (self->n_received++ % CLOCK_INTERVAL == 0)
    self->now_us = hein_get_monotonic_time ();
  self->format.funcs->receive (self->format.self, from, data, size,
                               self->now_us);
}

static void
read_from (HeinUdpMulticast *self, gpointer tag, int fd)
{
  GError *error = NULL;

  if (is_paused (self) ||
      !(g_source_query_unix_fd (self->source, tag) & G_IO_IN))
    return;
  self->n_received = 0;
  mc_socket_read (self->socket, fd, on_received, self, &error);
  if (!self->is_closed)
    report_wire (self, error, FALSE);
  else
    g_clear_error (&error);
}

static void
read_sockets (HeinUdpMulticast *self)
{
  if (G_LIKELY (!is_simulated (self)))
    {
      read_from (self, self->group_tag, mc_socket_get_group_fd (self->socket));
      if (!self->is_closed)
        read_from (self, self->own_tag, mc_socket_get_own_fd (self->socket));
      return;
    }
  if (is_paused (self))
    return;
  self->n_received = 0;
  self->has_more = FALSE;
  if (!mc_socket_read_simulated (self->socket, on_received, self))
    self->has_more = TRUE;
}

/* All members share the sockets, so none of them is read while one is paused. */
static void
set_paused (HeinUdpMulticast *self, gboolean paused)
{
  const gboolean was_paused = is_paused (self);

  self->n_paused += paused ? 1 : -1;
  if (self->source == NULL || is_paused (self) == was_paused)
    return;
  update_source (self);
  self->format.funcs->pause (self->format.self, !was_paused,
                             hein_get_monotonic_time ());
  schedule (self);
}

/* ---- the end ---- */

/* The format goes before the socket that it stands on. */
static void
release (HeinUdpMulticast *self)
{
  if (self->format.self != NULL)
    self->format.funcs->free (self->format.self);
  self->format.self = NULL;
  g_clear_pointer (&self->socket, mc_socket_free);
  g_clear_pointer (&self->watch, mc_key_watch_free);
}

static void
finish_if_done (HeinUdpMulticast *self)
{
  if (is_done (self, hein_get_monotonic_time ()))
    hein_transport_finished (HEIN_TRANSPORT (self));
}

/* ---- the source ---- */

typedef struct
{
  GSource source;
  HeinUdpMulticast *self; /* borrowed: it destroys the source */
} McSource;

/* A forked child has the same sockets, and what comes there is the parent's. */
static gboolean
is_forked (HeinUdpMulticast *self)
{
  return self->pid != 0 && self->pid != getpid ();
}

/* What was read is told from inside of the format: filters and handlers may
 * close the endpoint there, and what the format stands on is freed only here. */
static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  HeinUdpMulticast *self = ((McSource *) source)->self;
  g_autoptr (HeinEndpoint) endpoint =
    g_object_ref (hein_transport_get_endpoint (HEIN_TRANSPORT (self)));
  g_autoptr (HeinUdpMulticast) keep = g_object_ref (self);
  HeinBus *bus = hein_endpoint_get_bus (endpoint);

  /* in a child it looks closed, or is gone */
  if (G_UNLIKELY (bus == NULL || hein_bus_get_is_closed (bus)) &&
      is_forked (self))
    return G_SOURCE_REMOVE;
  self->is_inside = TRUE;
  read_sockets (self);
  if (!self->is_closed)
    work (self);
  self->is_inside = FALSE;
  if (self->is_closed)
    release (self);
  else if (self->is_finishing)
    finish_if_done (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = { .dispatch = dispatch };

static void
watch_sockets (HeinUdpMulticast *self)
{
  self->group_tag =
    g_source_add_unix_fd (self->source, mc_socket_get_group_fd (self->socket),
                          G_IO_IN);
  self->own_tag =
    g_source_add_unix_fd (self->source, mc_socket_get_own_fd (self->socket),
                          G_IO_IN);
}

static void
add_source (HeinUdpMulticast *self)
{
  self->source = g_source_new (&source_funcs, sizeof (McSource));
  ((McSource *) self->source)->self = self;
  g_source_set_static_name (self->source, "hein udp-multicast");
  if (!mc_socket_is_simulated (self->socket))
    watch_sockets (self);
  hein_source_set_ready_time (self->source, 0);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
on_network_changed (GNetworkMonitor *monitor,
                    gboolean available,
                    HeinUdpMulticast *self)
{
  g_atomic_int_set (&self->wants_join, TRUE);
  g_source_set_ready_time (self->source, 0);
}

static void
watch_network (HeinUdpMulticast *self)
{
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  g_signal_connect (self->monitor, "network-changed",
                    G_CALLBACK (on_network_changed), self);
}

/* ---- vfuncs ---- */

static gboolean
finish_open (HeinUdpMulticast *self, McKeyRing *ring, GError **error)
{
  HeinEndpoint *endpoint = hein_transport_get_endpoint (HEIN_TRANSPORT (self));
  HeinBus *bus = hein_endpoint_get_bus (endpoint);

  if (!hein_udp_multicast_open (self, ring, error))
    return FALSE;
  self->pid = getpid ();
  self->join_us = hein_get_monotonic_time () + JOIN_US;
  on_memory_limit (bus, NULL, self);
  g_signal_connect_object (bus, "notify::memory-limit",
                           G_CALLBACK (on_memory_limit), self, 0);
  add_source (self);
  if (!is_simulated (self))
    watch_network (self);
  hein_transport_set_bound_uri (HEIN_TRANSPORT (self),
                                hein_endpoint_get_uri (endpoint));
  return TRUE;
}

static void
on_derived (GObject *source, GAsyncResult *result, gpointer data)
{
  HeinUdpMulticast *self = HEIN_UDP_MULTICAST (source);
  g_autoptr (GTask) task = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (McKeyRing) ring =
    hein_udp_multicast_derive_finish (result, &error);

  if (self->group == NULL && error == NULL)
    error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_CLOSED,
                                 "closed before it was open");
  if (error == NULL && finish_open (self, ring, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static gboolean
hein_udp_multicast_begin_open (HeinTransport *transport,
                               HeinEndpoint *endpoint,
                               GTask *task,
                               GError **error)
{
  HeinUdpMulticast *self = HEIN_UDP_MULTICAST (transport);
  g_autoptr (McKeyRing) ring = NULL;

  self->group = hein_udp_multicast_dup_group (transport, error);
  if (self->group == NULL || !hein_udp_multicast_check_options (self, error))
    return FALSE;
  hein_transport_set_reaches_all (transport, TRUE);
  hein_transport_set_knows_peers (transport, hein_udp_multicast_get_format (
                                               self) == MC_FORMAT_HEIN);
  if (self->options.passphrase_file != NULL)
    {
      hein_udp_multicast_derive (self, on_derived, g_object_ref (task));
      return TRUE;
    }
  if (!hein_udp_multicast_read_ring (self, &ring, error) ||
      !finish_open (self, ring, error))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

/* Whoever is refused for want of room is told when there may be some again. */
static G_GNUC_NO_INLINE gboolean
refuse (HeinUdpMulticast *self, GError *trouble, GError **error)
{
  self->is_full = g_error_matches (trouble, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);
  g_propagate_error (error, trouble);
  return FALSE;
}

static G_GNUC_NO_INLINE gboolean
refuse_for_room (HeinUdpMulticast *self, const char *text, GError **error)
{
  return refuse (self,
                 g_error_new_literal (HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK, text),
                 error);
}

/* Much is written at once, without waiting for the end of the turn. */
static G_GNUC_NO_INLINE void
flush_early (HeinUdpMulticast *self)
{
  if (!self->is_blocked)
    flush (self);
  note_memory (self);
}

static gboolean
hein_udp_multicast_send (HeinTransport *transport,
                         HeinPeer *peer,
                         HeinMessage *message,
                         GError **error)
{
  HeinUdpMulticast *self = HEIN_UDP_MULTICAST (transport);
  GError *trouble = NULL;

  if (G_UNLIKELY (self->socket == NULL || self->is_closed))
    return refuse_for_room (self, "the group is not open yet", error);
  /* while the kernel takes what is sent, little is queued */
  if (G_UNLIKELY (
        self->is_tight ||
        (self->is_blocked && mc_socket_get_queued (self->socket) > QUEUED_MAX)))
    return refuse_for_room (self, "more waits for the network than may", error);
  if (G_UNLIKELY (
        !self->format.funcs->send (self->format.self, peer, message, &trouble)))
    return refuse (self, trouble, error);
  if (G_UNLIKELY (mc_socket_get_queued (self->socket) >= FLUSH_BYTES))
    flush_early (self);
  schedule (self);
  return TRUE;
}

static void
hein_udp_multicast_pause (HeinTransport *transport,
                          HeinPeer *peer,
                          gboolean paused)
{
  set_paused (HEIN_UDP_MULTICAST (transport), paused);
}

static void
hein_udp_multicast_measure (HeinTransport *transport)
{
  hein_transport_set_memory (transport,
                             get_memory (HEIN_UDP_MULTICAST (transport)));
}

static gboolean
hein_udp_multicast_finish (HeinTransport *transport)
{
  HeinUdpMulticast *self = HEIN_UDP_MULTICAST (transport);

  if (self->socket == NULL)
    return TRUE;
  if (!self->is_inside)
    {
      is_done (self, hein_get_monotonic_time ()); /* what is packed is sent */
      flush (self);
      if (is_done (self, hein_get_monotonic_time ()))
        return TRUE;
    }
  self->is_finishing = TRUE;
  schedule (self);
  return FALSE;
}

static void
hein_udp_multicast_close (HeinTransport *transport)
{
  HeinUdpMulticast *self = HEIN_UDP_MULTICAST (transport);

  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->format.self != NULL && !self->is_closed && !is_forked (self))
    {
      self->format.funcs->finish (self->format.self);
      mc_socket_flush (self->socket, NULL);
    }
  self->is_closed = TRUE;
  if (!self->is_inside)
    release (self);
  g_clear_object (&self->group);
}

static void
hein_udp_multicast_finalize (GObject *object)
{
  HeinUdpMulticast *self = HEIN_UDP_MULTICAST (object);

  hein_udp_multicast_close (HEIN_TRANSPORT (self));
  hein_udp_multicast_clear_options (self);
  G_OBJECT_CLASS (hein_udp_multicast_parent_class)->finalize (object);
}

static void
hein_udp_multicast_class_init (HeinUdpMulticastClass *klass)
{
  HeinTransportClass *transport_class = HEIN_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = hein_udp_multicast_finalize;
  transport_class->begin_open = hein_udp_multicast_begin_open;
  transport_class->send = hein_udp_multicast_send;
  transport_class->pause = hein_udp_multicast_pause;
  transport_class->finish = hein_udp_multicast_finish;
  transport_class->close = hein_udp_multicast_close;
  transport_class->measure = hein_udp_multicast_measure;
  hein_udp_multicast_install_options (G_OBJECT_CLASS (klass));
}

static void
hein_udp_multicast_init (HeinUdpMulticast *self)
{
  hein_udp_multicast_init_options (self);
}
