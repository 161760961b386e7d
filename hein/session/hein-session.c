/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/socket.h>

#include <hein/hein-endpoint.h>
#include <hein/hein-uri.h>

#include "core/hein-core-state.h"
#include "core/hein-handshakes.h"
#include "core/hein-news.h"
#include "core/hein-peer-private.h"
#include "core/hein-roster.h"
#include "core/hein-run.h"
#include "hein-admission.h"
#include "hein-link-wire.h"
#include "hein-session.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"
#include "transport/hein-stream-transport-private.h"
#include "transport/hein-transport-private.h"

/*
 * A connection as the bus sees it: what it tells those above it, and what it
 * needs of them. In the order in which they hear of its end the peer leaves the
 * bus first, then the transport may go on, and then who waits for its name is
 * looked at.
 */

static void
settle (HeinLinkHost *host)
{
  hein_run_settle (hein_core_of_host (host));
}

static void
set_full (HeinLinkHost *host, HeinPeer *peer, gboolean is_full)
{
  hein_roster_set_full (hein_core_of_host (host), peer, is_full);
}

static void
pause_peer (HeinLinkHost *host, HeinPeer *peer)
{
  hein_news_pause (hein_core_of_host (host), peer);
}

static void
review (HeinLinkHost *host)
{
  hein_admission_review (hein_core_of_host (host));
}

static void
made (HeinLink *link)
{
  if (!link->is_dialled)
    hein_handshakes_add (link);
}

/* The kernel knows which user's process is at the other end of a local socket. */
static void
set_user (HeinPeer *peer, HeinLink *link)
{
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  g_autofree char *text = NULL;

  if (link->stream == NULL ||
      getsockopt (link->stream->fd, SOL_SOCKET, SO_PEERCRED, &credentials,
                  &size) != 0 ||
      credentials.uid == (uid_t) -1) /* no local socket */
    return;
  text = g_strdup_printf ("unix:%u", (guint) credentials.uid);
  hein_peer_set_security (peer, text);
}

static HeinPeer *
make_peer (HeinLink *link)
{
  HeinTransport *transport = HEIN_TRANSPORT (link->transport);
  HeinPeer *peer =
    hein_transport_make_peer (transport, NULL,
                              link->is_dialled ? HEIN_ORIGIN_DIALLED
                                               : HEIN_ORIGIN_ACCEPTED);

  set_user (peer, link);
  return peer;
}

/* Who is turned away has no peer that could be removed, and so no signal. */
static void
log_turned_away (HeinLink *self)
{
  GSocketAddress *address = hein_link_get_address (self);
  g_autofree char *from = NULL;
  g_autofree char *shown = NULL;

  if (self->error == NULL || self->transport == NULL)
    return;
  if (address != NULL && G_IS_INET_SOCKET_ADDRESS (address))
    from = g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  shown = hein_uri_hide_secrets (hein_endpoint_get_bound_uri (
    hein_transport_get_endpoint (HEIN_TRANSPORT (self->transport))));
  g_info ("%s: a connection from %s came to nothing: %s", shown,
          from != NULL ? from : "somebody", self->error->message);
}

static void
left (HeinLink *link, HeinLinkState before)
{
  if (before != HEIN_LINK_UP && !link->is_dialled)
    {
      hein_handshakes_remove (link);
      log_turned_away (link);
    }
  hein_stream_transport_give_place (link);
  if (link->peer != NULL && link->peer->is_up)
    hein_roster_remove (hein_core_of_link (link), link->peer, link->error);
  else if (link->peer != NULL)
    {
      hein_roster_settle (hein_core_of_link (link), link->peer, FALSE);
      hein_peer_detach (link->peer);
    }
  if (link->transport != NULL)
    hein_stream_transport_link_down (link->transport, link, link->error);
  hein_admission_review (hein_core_of_link (link));
}

static void
gone (HeinLink *link)
{
  if (link->transport != NULL)
    hein_stream_transport_link_gone (link->transport, link);
  hein_handshakes_remove (link);
}

const HeinLinkHostFuncs hein_session_host = {
  .wire_funcs = &hein_link_wire_funcs,
  .settle = settle,
  .set_full = set_full,
  .pause = pause_peer,
  .review = review,
  .made = made,
  .make_peer = make_peer,
  .admitted = hein_stream_transport_take_place,
  .left = left,
  .gone = gone,
};
