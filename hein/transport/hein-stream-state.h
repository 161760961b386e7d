/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-stream-transport.h>

#include "core/hein-core-state.h"
#include "hein-redial.h"
#include "hein-stream-access.h"
#include "hein-stream-keys.h"
#include "hein-stream-places.h"
#include "hein-stream-world.h"
#include "hein-strangers.h"
#include "hein-transport-private.h"
#include "io/hein-acceptor.h"
#include "io/hein-dialler.h"
#include "link/hein-link-owner.h"

/* What the parts of a stream transport share. */

G_BEGIN_DECLS

typedef struct
{
  HeinAcceptor *acceptor;
  GSocket *socket;         /* owned: the listening socket */
  HeinDialler *dialler;    /* while connecting */
  HeinStreamPlaces places; /* where to dial */
  HeinRedial redial;       /* decides when to dial again */
  HeinLink *link;          /* borrowed: the link of a dialling endpoint */
  gint64 up_since_us;      /* when that link came up; 0: it is not up */
  HeinLinkOwner owner;     /* of all links, dialled and accepted */
  HeinStreamKeys keys;
  HeinStreamAccess access;
  HeinStrangers strangers; /* who was turned away */
  HeinStreamWorld world;   /* in a simulation */
} HeinStreamTransportPrivate;

HeinStreamTransportPrivate *hein_stream_get_private (HeinStreamTransport *self);
/* Whether a simulation stands in for the sockets. */
gboolean hein_stream_is_in_world (HeinStreamTransport *self);
/* The place of its address that it dials, or listens at. */
const HeinPlace *hein_stream_get_place (HeinStreamTransport *self);
/* Which host has to prove that it is the one that is dialled. */
const char *hein_stream_get_proved_host (HeinStreamTransport *self);
/* Whether plain bytes may go to @address, or come from there. */
gboolean hein_stream_check_secrecy (HeinStreamTransport *self,
                                    GSocketAddress *address,
                                    GError **error);
/* Takes ownership of @stream, a plain one. */
HeinLink *hein_stream_make_link (HeinStreamTransport *self,
                                 HeinStream *stream,
                                 gboolean is_dialled,
                                 GSocketAddress *address);

gboolean hein_stream_begin_listen (HeinStreamTransport *self, GError **error);
/* Sets up callbacks. */
void hein_stream_init_dialling (HeinStreamTransport *self);
void hein_stream_init_listening (HeinStreamTransport *self);
gboolean hein_stream_begin_dial (HeinStreamTransport *self, GError **error);
/* Dials again; @data: the transport. */
void hein_stream_dial_again (gpointer data);

static inline HeinCore *
hein_stream_get_core (HeinStreamTransport *self)
{
  return hein_transport_get_core (HEIN_TRANSPORT (self));
}

static inline HeinEndpoint *
hein_stream_get_endpoint (HeinStreamTransport *self)
{
  return hein_transport_get_endpoint (HEIN_TRANSPORT (self));
}

G_END_DECLS
