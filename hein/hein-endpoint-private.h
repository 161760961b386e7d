/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-endpoint.h>

#include "hein-address-private.h"
#include "hein-call-private.h"
#include "io/hein-loop.h"

G_BEGIN_DECLS

struct _HeinEndpoint
{
  GObject parent_instance;

  /* set at construction */
  HeinAddress *address; /* owned */
  HeinRole role;

  /* owner context */
  HeinBus *bus;             /* borrowed; NULL once it is closed */
  HeinTransport *transport; /* owned; NULL once it is closed */
  const char *transport_name;
  const char *protocol_name; /* nullable */
  GType protocol_type;       /* G_TYPE_INVALID for transports of messages */
  const char **option_names; /* owned array, of the protocol */
  GValue *option_values;     /* owned array, as many */
  guint n_options;
  HeinEndpointState state;
  char *bound_uri;
  GError *error;
  guint64 n_connections;
  guint changes;        /* to be notified: bits of HeinChange */
  gboolean reaches_all; /* as its transport says */
  gboolean knows_peers; /* the same */
  /* Set while it is finishing: all has gone out. */
  void (*finished) (HeinEndpoint *self);
  gboolean was_open;
  gboolean is_finishing; /* in bus->finishing, until all has gone out */
  HeinTimer timer; /* for a transport that forgets to say that it is open */
  HeinCall *call;  /* owned: dial_async waits for the first handshake */
};

/* hein-endpoint-properties.c */
void hein_endpoint_install_properties (GObjectClass *object_class);
void hein_endpoint_get_property (GObject *object,
                                 guint prop_id,
                                 GValue *value,
                                 GParamSpec *pspec);

HeinEndpoint *hein_endpoint_new (HeinBus *bus,
                                 HeinRole role,
                                 const char *uri,
                                 GError **error);
gboolean hein_endpoint_open (HeinEndpoint *self, GError **error);
void hein_endpoint_set_state (HeinEndpoint *self, HeinEndpointState state);
/* Remembers @error (copied), and tells the application in a turn. */
void hein_endpoint_report (HeinEndpoint *self, const GError *error);
/* The same for what may heal by itself: it is kept and logged. */
void hein_endpoint_note (HeinEndpoint *self, const GError *error);
/* Tells the application of trouble with others: the endpoint works on. */
void hein_endpoint_warn (HeinEndpoint *self, const GError *error);
/* A first connection is up, or the dial was given up: ends dial_async. */
void hein_endpoint_settle_call (HeinEndpoint *self, const GError *error);
HeinProtocol *hein_endpoint_create_protocol (HeinEndpoint *self);
/* Closes it without telling anyone that the bus would tell; what is queued
 * goes out before, for `linger`. */
void hein_endpoint_shut (HeinEndpoint *self);
/* It has gone out, or there is no more time. */
void hein_endpoint_end_finishing (HeinEndpoint *self);

G_END_DECLS
