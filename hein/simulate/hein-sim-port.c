/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-port.h"

#include <errno.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>

#include "hein-sim-stream.h"
#include "io/hein-stream.h"

/*
 * Making a connection takes the way there and back. Where nobody listens, the
 * refusal comes back; where the way is cut, nothing does, and the attempt ends
 * after 10 s, as with real sockets.
 */

#define ATTEMPT_US (G_GINT64_CONSTANT (10) * G_USEC_PER_SEC)

typedef struct
{
  HeinWorldPort *port; /* borrowed */
  HeinSimBus *bus;     /* borrowed */
  int number;          /* -1: @path counts */
  char *path;
  GQueue arrivals; /* owned Arrival, by its link */
  HeinJob job;     /* passes them on */
  GList in_sim;
} Port;

/* A connection that nobody has accepted yet. */
typedef struct
{
  GList link;
  HeinStream *stream; /* owned */
  GSocketAddress *from;
} Arrival;

typedef enum
{
  DIAL_GOING, /* on its way there */
  DIAL_BACK,  /* an answer is on its way back */
  DIAL_DONE,
} DialState;

typedef struct
{
  HeinWorldDial *dial; /* borrowed */
  HeinSimBus *bus;     /* borrowed */
  HeinSimHost *to;     /* borrowed */
  GSocketAddress *address;
  int number;
  char *path;
  DialState state;
  HeinTimer arrival;  /* it arrives, there or back */
  HeinTimer limit;    /* it has taken too long */
  HeinJob job;        /* says what has become of it */
  HeinStream *stream; /* owned; NULL: it has failed */
  GError *error;
  GList in_sim;
} Dial;

/* Has the bus run @job in a turn. */
static void
hand_over (HeinSimBus *bus, HeinJob *job)
{
  hein_loop_defer (bus->place.loop, job);
  hein_loop_tell (bus->place.loop, 0);
}

/* ---- listening ---- */

static void
arrival_free (Arrival *self)
{
  if (self->stream != NULL)
    hein_stream_close (self->stream);
  g_clear_object (&self->from);
  g_free (self);
}

static void
on_arrivals (HeinJob *job)
{
  Port *self = HEIN_CONTAINER (job, Port, job);
  Arrival *arrival = g_queue_pop_head_link (&self->arrivals)->data;
  HeinWorldPort *port = self->port;
  HeinStream *stream = g_steal_pointer (&arrival->stream);

  if (self->arrivals.length > 0)
    hand_over (self->bus, &self->job);
  /* it may stop listening */
  port->accepted (port, stream, arrival->from);
  arrival_free (arrival);
}

static Port *
find_port (HeinSim *self, const HeinSimHost *host, int number, const char *path)
{
  for (GList *l = self->ports.head; l != NULL; l = l->next)
    {
      Port *port = l->data;

      if (port->bus->host == host && port->number == number &&
          (number >= 0 || strcmp (port->path, path) == 0))
        return port;
    }
  return NULL;
}

static int
choose_number (HeinSim *self, HeinSimHost *host)
{
  do
    host->last_port++;
  while (host->last_port == 0 ||
         find_port (self, host, host->last_port, NULL) != NULL);
  return host->last_port;
}

gboolean
hein_sim_listen (HeinWorldPlace *place,
                 const HeinWorldAddress *address,
                 HeinWorldPort *port,
                 GError **error)
{
  HeinSimBus *bus = hein_sim_bus_from_place (place);
  HeinSimHost *host = hein_sim_map_look_up (&bus->sim->map, bus->host, address);
  Port *made;

  if (host != bus->host)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "the host %s has no address %s in this simulation",
                   bus->host->name, address->host);
      return FALSE;
    }
  if (address->port != 0 &&
      find_port (bus->sim, host, address->port, address->path) != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                   "Error binding to address: Address already in use");
      return FALSE;
    }
  made = g_new0 (Port, 1);
  made->port = port;
  made->bus = bus;
  made->number =
    address->port == 0 ? choose_number (bus->sim, host) : address->port;
  made->path = g_strdup (address->path);
  made->job.run = on_arrivals;
  made->in_sim.data = made;
  g_queue_push_tail_link (&bus->sim->ports, &made->in_sim);
  port->side = made;
  port->address = hein_sim_host_make_address (host, address, made->number);
  hein_sim_note (bus->sim,
                 &(HeinSimNote){ .kind = "listen", .host = host->name },
                 "listens on port %d", made->number);
  return TRUE;
}

static void
free_port (Port *self)
{
  hein_loop_cancel (self->bus->place.loop, &self->job);
  self->port->side = NULL;
  while (self->arrivals.length > 0)
    arrival_free (g_queue_pop_head_link (&self->arrivals)->data);
  g_queue_unlink (&self->bus->sim->ports, &self->in_sim);
  g_free (self->path);
  g_free (self);
}

void
hein_sim_stop (HeinWorldPort *port)
{
  free_port (port->side);
}

/* ---- dialling ---- */

static void
free_dial (Dial *self)
{
  HeinSim *sim = self->bus->sim;

  hein_timers_disarm (&sim->timers, &self->arrival);
  hein_timers_disarm (&sim->timers, &self->limit);
  hein_loop_cancel (self->bus->place.loop, &self->job);
  self->dial->side = NULL;
  if (self->stream != NULL)
    hein_stream_close (self->stream);
  g_clear_object (&self->address);
  g_clear_error (&self->error);
  g_queue_unlink (&sim->dials, &self->in_sim);
  g_free (self->path);
  g_free (self);
}

static void
on_done (HeinJob *job)
{
  Dial *self = HEIN_CONTAINER (job, Dial, job);
  HeinWorldDial *dial = self->dial;
  g_autoptr (GSocketAddress) address = g_steal_pointer (&self->address);
  g_autoptr (GError) error = g_steal_pointer (&self->error);
  HeinStream *stream = g_steal_pointer (&self->stream);

  free_dial (self);
  dial->done (dial, stream, address, error);
}

static void
end_dial (Dial *self, int code)
{
  HeinSim *sim = self->bus->sim;
  g_autofree char *text = NULL;

  hein_timers_disarm (&sim->timers, &self->arrival);
  hein_timers_disarm (&sim->timers, &self->limit);
  self->state = DIAL_DONE;
  if (code != 0)
    {
      text =
        g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (self->address));
      self->error = g_error_new (G_IO_ERROR, g_io_error_from_errno (code),
                                 "%s: %s", text, g_strerror (code));
    }
  hand_over (self->bus, &self->job);
}

/* The one that dials is known by its own address, from a port of its own. */
static GSocketAddress *
make_origin (Dial *self)
{
  const HeinWorldAddress own = {
    .host = "",
    .port = self->number < 0 ? -1 : 0,
    .path = "",
  };

  if (self->number < 0)
    return g_unix_socket_address_new_with_type (
      "", 0, G_UNIX_SOCKET_ADDRESS_ANONYMOUS);
  return hein_sim_host_make_address (self->bus->host, &own,
                                     choose_number (self->bus->sim,
                                                    self->bus->host));
}

static void
arrive_at (Dial *self, Port *port)
{
  Arrival *arrival = g_new0 (Arrival, 1);

  hein_sim_connect (self->bus->sim, self->bus->host, self->to, self->number < 0,
                    &self->stream, &arrival->stream);
  arrival->from = make_origin (self);
  arrival->link.data = arrival;
  g_queue_push_tail_link (&port->arrivals, &arrival->link);
  hand_over (port->bus, &port->job);
}

static gboolean
is_cut (Dial *self)
{
  HeinSimMap *map = &self->bus->sim->map;

  return hein_sim_map_get_way (map, self->bus->host, self->to)->is_cut ||
         hein_sim_map_get_way (map, self->to, self->bus->host)->is_cut;
}

static void
go (Dial *self, const HeinSimHost *from, const HeinSimHost *to)
{
  HeinSim *sim = self->bus->sim;

  hein_timers_arm (&sim->timers, &self->arrival,
                   sim->world.now_us +
                     hein_sim_draw_delay (sim,
                                          hein_sim_map_get_way (&sim->map, from,
                                                                to)));
}

/* It has arrived there, or the answer is back. */
static void
on_way_over (HeinTimer *timer, gint64 now_us)
{
  Dial *self = HEIN_CONTAINER (timer, Dial, arrival);
  Port *port;

  if (is_cut (self))
    return; /* the limit ends it, unless somebody mends the way */
  if (self->state == DIAL_BACK)
    {
      end_dial (self, self->stream != NULL ? 0 : ECONNREFUSED);
      return;
    }
  port = find_port (self->bus->sim, self->to, self->number, self->path);
  if (port != NULL)
    arrive_at (self, port);
  self->state = DIAL_BACK;
  hein_sim_note (self->bus->sim,
                 &(HeinSimNote){
                   .kind = port != NULL ? "dial" : "refused",
                   .host = self->bus->host->name,
                   .other_host = self->to->name,
                 },
                 "dials %s:%d%s", self->to->name, self->number,
                 port != NULL ? "" : ", where nobody listens");
  go (self, self->to, self->bus->host);
}

static void
on_limit (HeinTimer *timer, gint64 now_us)
{
  end_dial (HEIN_CONTAINER (timer, Dial, limit), ETIMEDOUT);
}

GSocketAddress *
hein_sim_look_up (HeinWorldPlace *place,
                  const HeinWorldAddress *address,
                  GError **error)
{
  HeinSimBus *bus = hein_sim_bus_from_place (place);

  return hein_sim_host_make_address (hein_sim_map_look_up (&bus->sim->map,
                                                           bus->host, address),
                                     address, address->port);
}

void
hein_sim_dial (HeinWorldPlace *place,
               const HeinWorldAddress *address,
               HeinWorldDial *dial)
{
  HeinSimBus *bus = hein_sim_bus_from_place (place);
  Dial *made = g_new0 (Dial, 1);

  made->dial = dial;
  made->bus = bus;
  made->to = hein_sim_map_look_up (&bus->sim->map, bus->host, address);
  made->address = hein_sim_host_make_address (made->to, address, address->port);
  made->number = address->port;
  made->path = g_strdup (address->path);
  made->arrival.expired = on_way_over;
  made->limit.expired = on_limit;
  made->job.run = on_done;
  made->in_sim.data = made;
  g_queue_push_tail_link (&bus->sim->dials, &made->in_sim);
  dial->side = made;
  hein_timers_arm (&bus->sim->timers, &made->limit,
                   bus->sim->world.now_us + ATTEMPT_US);
  go (made, bus->host, made->to);
}

void
hein_sim_cancel (HeinWorldDial *dial)
{
  free_dial (dial->side);
}

void
hein_sim_dials_go_on (HeinSim *self)
{
  for (GList *l = self->dials.head; l != NULL; l = l->next)
    {
      Dial *dial = l->data;

      if (dial->state != DIAL_DONE && dial->arrival.position == 0)
        go (dial, dial->bus->host, dial->to);
    }
}

void
hein_sim_forget_bus (HeinSimBus *bus)
{
  GList *next;

  for (GList *l = bus->sim->ports.head; l != NULL; l = next)
    {
      Port *port = l->data;

      next = l->next;
      if (port->bus == bus)
        free_port (port);
    }
  for (GList *l = bus->sim->dials.head; l != NULL; l = next)
    {
      Dial *dial = l->data;

      next = l->next;
      if (dial->bus == bus)
        free_dial (dial);
    }
}
