/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-endpoint.h>
#include <hein/hein-types.h>

#include "base/hein-address.h"
#include "base/hein-call.h"
#include "core/hein-core-state.h"
#include "io/hein-loop.h"

G_BEGIN_DECLS

/* The instance struct of HeinEndpoint. */

struct _HeinEndpoint
{
  GObject parent_instance;

  /* set at construction */
  HeinAddress *address; /* owned */
  HeinRole role;
  /* of several places, the one that its transport is asked about; atomic */
  const HeinPlace *asked_place;

  /* owner context */
  HeinCore *core;           /* borrowed; NULL once it is closed */
  HeinTransport *transport; /* owned, until the endpoint is freed */
  HeinCarrier *carrier;     /* borrowed: the transport's */
  const char *transport_name;
  const char *protocol_name; /* nullable */
  GType protocol_type;       /* G_TYPE_INVALID for transports of messages */
  const char **option_names; /* owned array: options of the protocol */
  GValue *option_values;     /* owned array, of the same length */
  guint n_options;
  HeinProtocol *prepared; /* owned, nullable: has checked the options */
  HeinSecrecy secrecy;    /* what that protocol said about encryption */
  HeinEndpointState state;
  char *bound_uri;
  GError *error;
  guint64 n_connections;
  guint changes;        /* properties to notify: bits of HeinChange */
  gboolean reaches_all; /* as set by the transport */
  gboolean knows_peers; /* as set by the transport */
  /* Called when everything has been sent; set while is_finishing. */
  void (*finished) (HeinEndpoint *self);
  gboolean was_open;
  gboolean is_finishing; /* in core->finishing, until everything is sent */
  HeinTimer timer;       /* for a transport that never completes its opening */
  HeinCall *call;        /* owned: the dial_async that waits for a handshake */
};

G_END_DECLS
