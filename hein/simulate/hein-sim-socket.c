/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-socket.h"

#include <netinet/in.h>

#include "hein-sim-name.h"

/*
 * Datagrams are on their way by themselves: each is lost, doubled or late on
 * its own, one copy for each host. Who gets it is decided when it arrives
 * there, as a real machine does.
 */

/* What a host keeps for a socket until it is read, in bytes with what the
 * kernel adds; udp-multicast asks the kernel for as much. */
#define RECEIVE_BUFFER (4 * 1024 * 1024)
#define OVERHEAD       768
/* What waits for a line of limited speed, as routers have it. */
#define LINE_BUFFER (256 * 1024)
/* How much later one comes that is overtaken, at most. */
#define LATE_US 10000

typedef struct
{
  HeinWorldSocket socket; /* first */
  HeinSim *sim;           /* NULL: the simulation is over, or its program */
  HeinSimHost *host;      /* borrowed */
  HeinSimName name;       /* of the group, or no host, and the port */
  GQueue arrived;         /* owned Arrival */
  gsize n_arrived;        /* bytes, with overhead */
  guint64 n_overrun;
  void (*ready) (gpointer data);
  gpointer data;
  GList in_sim;
} Socket;

typedef struct
{
  HeinSim *sim;
  HeinSimHost *from; /* borrowed */
  HeinSimHost *to;   /* borrowed */
  gint64 sent_us;
  HeinSimName sender;
  HeinSimName name; /* to which it was sent */
  HeinTimer arrival;
  GBytes *bytes; /* owned */
  GList in_sim;
} Flight;

typedef struct
{
  GList link;
  HeinSimName sender;
  GBytes *bytes; /* owned */
} Arrival;

static Socket *
from_socket (HeinWorldSocket *socket)
{
  return (Socket *) socket;
}

/* ---- arriving ---- */

static gboolean
hears (const Socket *self, const HeinSimHost *host, const HeinSimName *name)
{
  if (self->host != host || self->name.port != name->port)
    return FALSE;
  return hein_sim_name_is_group (name) ? hein_sim_name_equal (&self->name, name)
                                       : !hein_sim_name_is_group (&self->name);
}

static void
take_in (Socket *self, const Flight *flight)
{
  const gsize size = g_bytes_get_size (flight->bytes) + OVERHEAD;
  Arrival *arrival;

  if (self->n_arrived + size > RECEIVE_BUFFER)
    {
      self->n_overrun++;
      return;
    }
  arrival = g_new0 (Arrival, 1);
  arrival->link.data = arrival;
  arrival->sender = flight->sender;
  arrival->bytes = g_bytes_ref (flight->bytes);
  g_queue_push_tail_link (&self->arrived, &arrival->link);
  self->n_arrived += size;
  if (self->arrived.length == 1)
    self->ready (self->data);
}

static void
free_flight (Flight *self)
{
  hein_timers_disarm (&self->sim->timers, &self->arrival);
  g_queue_unlink (&self->sim->flights, &self->in_sim);
  g_bytes_unref (self->bytes);
  g_free (self);
}

static void
note (HeinSim *self,
      const HeinSimHost *from,
      const HeinSimHost *to,
      GBytes *bytes,
      gint64 since_us)
{
  const gboolean is_lost = since_us == 0;

  hein_sim_note (self,
                 &(HeinSimNote){
                   .kind = is_lost ? "datagram-lost" : "datagram",
                   .host = from->name,
                   .other_host = to->name,
                   .size = g_bytes_get_size (bytes),
                   .since_us = since_us,
                 },
                 "> %s datagram of %" G_GSIZE_FORMAT " bytes%s", to->name,
                 g_bytes_get_size (bytes), is_lost ? ", lost" : "");
}

static void
on_arrival (HeinTimer *timer, gint64 now_us)
{
  Flight *self = HEIN_CONTAINER (timer, Flight, arrival);
  HeinSim *sim = self->sim;

  if (hein_sim_map_get_way (&sim->map, self->from, self->to)->is_cut)
    note (sim, self->from, self->to, self->bytes, 0);
  else
    {
      note (sim, self->from, self->to, self->bytes, self->sent_us);
      for (GList *l = sim->sockets.head; l != NULL; l = l->next)
        if (hears (l->data, self->to, &self->name))
          take_in (l->data, self);
    }
  free_flight (self);
}

/* ---- sending ---- */

/* Draws nothing where nothing is by chance: all else is drawn as without. */
static gboolean
draw (double part)
{
  return part > 0 && hein_world_draw_part () < part;
}

/* When the line has sent it; -1: too much waits for that. */
static gint64
pass_line (HeinSim *self, HeinSimHost *from, HeinSimHost *to, gsize size)
{
  const HeinSimWay *way = hein_sim_map_get_way (&self->map, from, to);
  const gint64 now_us = self->world.now_us;
  HeinSimWay *line;
  gint64 begin_us;

  if (way->rate == 0)
    return now_us;
  line = hein_sim_map_edit_way (&self->map, from, to);
  begin_us = MAX (line->free_us, now_us);
  if ((double) (begin_us - now_us) * (double) line->rate >
      (double) LINE_BUFFER * G_USEC_PER_SEC)
    return -1;
  line->free_us = begin_us + (gint64) size * G_USEC_PER_SEC / line->rate;
  return line->free_us;
}

static void
send_copy (Flight *flight, gint64 sent_us, const HeinSimWay *way)
{
  HeinSim *sim = flight->sim;
  gint64 due_us = sent_us + hein_sim_draw_delay (sim, way);

  if (draw (way->late))
    due_us += 1 + (gint64) (hein_world_draw_part () * LATE_US);
  flight->bytes = g_bytes_ref (flight->bytes);
  flight->arrival.expired = on_arrival;
  flight->in_sim.data = flight;
  g_queue_push_tail_link (&sim->flights, &flight->in_sim);
  hein_timers_arm (&sim->timers, &flight->arrival, due_us);
}

static void
send_to_host (const Flight *like, HeinSimHost *to)
{
  HeinSim *sim = like->sim;
  const HeinSimWay *way = hein_sim_map_get_way (&sim->map, like->from, to);
  const gint64 sent_us =
    way->is_cut
      ? -1
      : pass_line (sim, like->from, to, g_bytes_get_size (like->bytes));
  const guint n = draw (way->doubled) ? 2 : 1;

  if (sent_us < 0 || draw (way->lost))
    {
      note (sim, like->from, to, like->bytes, 0);
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      Flight *flight = g_memdup2 (like, sizeof *like);

      flight->to = to;
      send_copy (flight, sent_us, way);
    }
}

static gboolean
has_member (HeinSim *self, const HeinSimHost *host, const HeinSimName *name)
{
  for (GList *l = self->sockets.head; l != NULL; l = l->next)
    if (hears (l->data, host, name))
      return TRUE;
  return FALSE;
}

static void
send_to_group (const Flight *like, const HeinWorldDatagram *datagram)
{
  const GPtrArray *hosts = like->sim->map.hosts;

  for (guint i = 0; i < hosts->len; i++)
    {
      HeinSimHost *to = g_ptr_array_index (hosts, i);

      if (to == like->from ? !datagram->comes_back : datagram->stays)
        continue;
      if (has_member (like->sim, to, &like->name))
        send_to_host (like, to);
    }
}

static void
sim_send (HeinWorldSocket *socket, const HeinWorldDatagram *datagram)
{
  Socket *self = from_socket (socket);
  g_autoptr (GBytes) bytes = NULL;
  Flight like;
  HeinSimHost *to;

  if (self->sim == NULL)
    return;
  bytes = g_bytes_new (datagram->data, datagram->size);
  like = (Flight){
    .sim = self->sim,
    .from = self->host,
    .sent_us = self->sim->world.now_us,
    .sender = hein_sim_name_of_host (self->host, &self->name, self->name.port),
    .name = hein_sim_name_read (datagram->to),
    .bytes = bytes,
  };
  if (hein_sim_name_is_group (&like.name))
    {
      send_to_group (&like, datagram);
      return;
    }
  to = hein_sim_name_find_host (&like.name, &self->sim->map, self->host);
  if (to != NULL)
    send_to_host (&like, to);
}

/* ---- a socket ---- */

static void
sim_get_address (HeinWorldSocket *socket, struct sockaddr_storage *address)
{
  const Socket *self = from_socket (socket);
  HeinSimName name = self->name;

  if (self->sim != NULL)
    name = hein_sim_name_of_host (self->host, &self->name, self->name.port);
  hein_sim_name_write (&name, address);
}

static void
free_arrival (Arrival *self)
{
  g_bytes_unref (self->bytes);
  g_free (self);
}

static gboolean
sim_receive (HeinWorldSocket *socket,
             struct sockaddr_storage *from,
             guint8 *data,
             gsize *size)
{
  Socket *self = from_socket (socket);
  GList *first = g_queue_pop_head_link (&self->arrived);
  Arrival *arrival;
  gsize n;
  const guint8 *bytes;

  if (first == NULL)
    return FALSE;
  arrival = first->data;
  bytes = g_bytes_get_data (arrival->bytes, &n);
  if (n > 0)
    memcpy (data, bytes, MIN (n, *size));
  *size = n;
  self->n_arrived -= n + OVERHEAD;
  hein_sim_name_write (&arrival->sender, from);
  free_arrival (arrival);
  return TRUE;
}

static guint64
sim_get_n_overrun (HeinWorldSocket *socket)
{
  return from_socket (socket)->n_overrun;
}

static void
forget (Socket *self)
{
  while (self->arrived.length > 0)
    free_arrival (g_queue_pop_head_link (&self->arrived)->data);
  self->n_arrived = 0;
  if (self->sim != NULL)
    g_queue_unlink (&self->sim->sockets, &self->in_sim);
  self->sim = NULL;
}

static void
sim_close (HeinWorldSocket *socket)
{
  forget (from_socket (socket));
  g_free (socket);
}

static const HeinWorldSocketFuncs funcs = {
  .close = sim_close,
  .get_address = sim_get_address,
  .send = sim_send,
  .receive = sim_receive,
  .get_n_overrun = sim_get_n_overrun,
};

HeinWorldSocket *
hein_sim_open (HeinWorldPlace *place,
               const struct sockaddr *address,
               void (*ready) (gpointer data),
               gpointer data)
{
  HeinSimBus *bus = hein_sim_bus_from_place (place);
  Socket *self = g_new0 (Socket, 1);

  self->socket.funcs = &funcs;
  self->sim = bus->sim;
  self->host = bus->host;
  self->name = hein_sim_name_read (address);
  if (self->name.port == 0)
    self->name.port = ++bus->host->last_udp_port;
  self->ready = ready;
  self->data = data;
  self->in_sim.data = self;
  g_queue_push_tail_link (&self->sim->sockets, &self->in_sim);
  return &self->socket;
}

/* ---- all ---- */

void
hein_sim_sockets_kill (HeinSim *self, const HeinSimHost *host, gboolean is_sent)
{
  GList *next;

  for (GList *l = self->sockets.head; l != NULL; l = next)
    {
      Socket *socket = l->data;

      next = l->next;
      if (socket->host == host)
        forget (socket);
    }
  for (GList *l = is_sent ? NULL : self->flights.head; l != NULL; l = next)
    {
      Flight *flight = l->data;

      next = l->next;
      if (flight->from == host)
        free_flight (flight);
    }
}

void
hein_sim_sockets_clear (HeinSim *self)
{
  while (self->sockets.length > 0)
    forget (self->sockets.head->data);
  while (self->flights.length > 0)
    free_flight (self->flights.head->data);
}
