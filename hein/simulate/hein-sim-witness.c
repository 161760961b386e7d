/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-witness.h"

#include <hein/hein-bus.h>
#include <hein/hein-endpoint.h>
#include <hein/hein-filter.h>
#include <hein/hein-message.h>
#include <hein/hein-peer.h>

#include "base/hein-error-private.h"

/*
 * A filter that changes nothing sees what is sent before anybody is chosen for
 * it, and what arrives before the program does. What a simulation draws is the
 * same with it and without it.
 */

#define TOPIC_MAX 60 /* bytes that are shown */

struct _HeinSimWitness
{
  GObject parent_instance;
  HeinSimBus *bus; /* borrowed; NULL: it has left */
};

#define HEIN_TYPE_SIM_WITNESS (hein_sim_witness_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinSimWitness, hein_sim_witness, HEIN, SIM_WITNESS, GObject)

static void filter_iface_init (HeinFilterInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (HeinSimWitness,
                               hein_sim_witness,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      filter_iface_init))

/* ---- notes ---- */

static HeinSimNote
begin_note (const HeinSimBus *bus, const char *kind)
{
  return (HeinSimNote){
    .kind = kind,
    .host = bus->host->name,
    .bus = hein_bus_get_name (bus->bus),
  };
}

/* By name: a peer may also be outside of the simulation. */
static void
add_peer (HeinSimNote *note, HeinSim *sim, HeinPeer *peer)
{
  note->other_bus = hein_peer_get_name (peer);
  for (GList *l = sim->buses.head; l != NULL; l = l->next)
    {
      const HeinSimBus *bus = l->data;

      if (g_str_equal (hein_bus_get_name (bus->bus), note->other_bus))
        note->other_host = bus->host->name;
    }
}

static char *
dup_topic (HeinMessage *message)
{
  const char *topic = hein_message_get_topic (message);

  return hein_error_dup_printable (topic, MIN (strlen (topic), TOPIC_MAX));
}

static void
note_message (HeinSimWitness *self, HeinMessage *message, HeinPeer *peer)
{
  HeinSimNote note;
  g_autofree char *topic = NULL;

  if (self->bus == NULL)
    return;
  topic = dup_topic (message);
  note = begin_note (self->bus, peer != NULL ? "receive" : "send");
  note.topic = topic;
  note.size = hein_message_get_size (message);
  if (peer != NULL)
    add_peer (&note, self->bus->sim, peer);
  hein_sim_note (self->bus->sim, &note,
                 "%s \"%s\", %" G_GSIZE_FORMAT " bytes%s%s",
                 peer != NULL ? "gets" : "sends", topic, note.size,
                 peer != NULL ? ", from " : "",
                 peer != NULL ? note.other_bus : "");
}

static HeinMessage *
filter_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  note_message ((HeinSimWitness *) filter, message, NULL);
  return hein_message_ref (message);
}

static HeinMessage *
filter_receive (HeinFilter *filter,
                HeinPeer *peer,
                HeinMessage *message,
                GError **error)
{
  note_message ((HeinSimWitness *) filter, message, peer);
  return hein_message_ref (message);
}

static void
note_peer (HeinSimWitness *self,
           HeinPeer *peer,
           const char *kind,
           const GError *error)
{
  HeinSimNote note;

  if (self->bus == NULL)
    return;
  note = begin_note (self->bus, kind);
  add_peer (&note, self->bus->sim, peer);
  hein_sim_note (self->bus->sim, &note, "%s %s%s%s",
                 g_str_equal (kind, "peer-added") ? "meets" : "loses",
                 note.other_bus, error != NULL ? ": " : "",
                 error != NULL ? error->message : "");
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, HeinSimWitness *self)
{
  note_peer (self, peer, "peer-added", NULL);
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 HeinSimWitness *self)
{
  note_peer (self, peer, "peer-removed", error);
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            HeinSimWitness *self)
{
  g_autoptr (GEnumClass) reasons = NULL;
  const GEnumValue *why;
  HeinSimNote note;

  if (self->bus == NULL)
    return;
  reasons = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  why = g_enum_get_value (reasons, (int) reason);
  note = begin_note (self->bus, "dropped");
  if (peer != NULL)
    add_peer (&note, self->bus->sim, peer);
  hein_sim_note (self->bus->sim, &note,
                 "drops %" G_GUINT64_FORMAT " messages%s%s: %s", n_messages,
                 peer != NULL ? " for " : "",
                 peer != NULL ? note.other_bus : "",
                 why != NULL ? why->value_nick : "");
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           HeinSimWitness *self)
{
  if (self->bus == NULL)
    return;
  hein_sim_note (self->bus->sim,
                 &(HeinSimNote){
                   .kind = "failed",
                   .host = self->bus->host->name,
                   .bus = hein_bus_get_name (bus),
                 },
                 "%s", error->message);
}

/* ---- the object ---- */

static void
filter_iface_init (HeinFilterInterface *iface)
{
  iface->send = filter_send;
  iface->receive = filter_receive;
}

static void
hein_sim_witness_class_init (HeinSimWitnessClass *class)
{
}

static void
hein_sim_witness_init (HeinSimWitness *self)
{
}

void
hein_sim_witness_add (HeinSimBus *bus)
{
  g_autoptr (HeinSimWitness) self = NULL;

  if (G_LIKELY (bus->sim->trace.fd < 0))
    return;
  self = g_object_new (HEIN_TYPE_SIM_WITNESS, NULL);
  self->bus = bus;
  bus->witness = self;
  hein_bus_add_filter (bus->bus, HEIN_FILTER (self));
  g_signal_connect_object (bus->bus, "peer-added", G_CALLBACK (on_peer_added),
                           self, 0);
  g_signal_connect_object (bus->bus, "peer-removed",
                           G_CALLBACK (on_peer_removed), self, 0);
  g_signal_connect_object (bus->bus, "dropped", G_CALLBACK (on_dropped), self,
                           0);
  g_signal_connect_object (bus->bus, "failed", G_CALLBACK (on_failed), self, 0);
}

void
hein_sim_witness_end (HeinSimBus *bus)
{
  if (bus->witness == NULL)
    return;
  hein_sim_note (bus->sim,
                 &(HeinSimNote){
                   .kind = "close",
                   .host = bus->host->name,
                   .bus = hein_bus_get_name (bus->bus),
                 },
                 "is closed");
  bus->witness->bus = NULL;
  bus->witness = NULL;
}
