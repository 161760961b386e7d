/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-endpoint.h>
#include <hein/hein-types.h>

#include "base/hein-address.h"
#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "io/hein-loop.h"

G_BEGIN_DECLS

/* What an endpoint holds. */

struct _HeinEndpoint
{
  GObject parent_instance;

  /* set at construction */
  HeinAddress *address; /* owned */
  HeinRole role;

  /* owner context */
  HeinCore *core;           /* borrowed; NULL once it is closed */
  HeinTransport *transport; /* owned, until the endpoint is freed */
  HeinCarrier *carrier;     /* of the transport */
  const char *transport_name;
  const char *protocol_name; /* nullable */
  GType protocol_type;       /* G_TYPE_INVALID for transports of messages */
  const char **option_names; /* owned array, of the protocol */
  GValue *option_values;     /* owned array, as many */
  guint n_options;
  HeinProtocol *prepared; /* owned, nullable: has checked the options */
  HeinSecrecy secrecy;    /* as it says */
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
  gboolean is_finishing; /* in core->finishing, until all has gone out */
  HeinTimer timer; /* for a transport that forgets to say that it is open */
  HeinCall *call;  /* owned: dial_async waits for the first handshake */
};

G_END_DECLS
