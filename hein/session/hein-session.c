/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/socket.h>

#include "core/hein-clearance.h"
#include "core/hein-core-state.h"
#include "core/hein-directory.h"
#include "core/hein-handshakes.h"
#include "core/hein-news.h"
#include "core/hein-peer-private.h"
#include "core/hein-roster.h"
#include "core/hein-run.h"
#include "hein-admission.h"
#include "hein-link-wire.h"
#include "hein-session.h"
#include "link/hein-link-owner.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"

/*
 * Connects links with the core: what a link reports, and what it asks for. When
 * a link ends, the peer leaves the bus first, then the link's owner is told,
 * and then offers that wait for its name are reviewed.
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
  hein_handshakes_add (link);
}

/* What the stream proved; for a local socket without proof, the user whose
 * process is at the other end, as the kernel says. */
static void
set_security (HeinPeer *peer, HeinLink *link)
{
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  const char *proved;
  g_autofree char *text = NULL;

  if (link->stream == NULL)
    return;
  proved = hein_stream_get_proof (link->stream).security;
  if (proved != NULL)
    {
      hein_peer_set_security (peer, proved);
      return;
    }
  /* in a simulation, all sockets are local */
  if (G_IS_INET_SOCKET_ADDRESS (link->entry->address))
    return;
  if (getsockopt (link->stream->fd, SOL_SOCKET, SO_PEERCRED, &credentials,
                  &size) != 0 ||
      credentials.uid == (uid_t) -1) /* not a local socket */
    return;
  text = g_strdup_printf ("unix:%u", (guint) credentials.uid);
  hein_peer_set_security (peer, text);
}

static HeinPeer *
make_peer (HeinLink *link)
{
  HeinPeer *peer;

  hein_loop_use_context (link->host->loop);
  peer = link->owner->funcs->make_peer (link->owner, link);
  set_security (peer, link);
  if (link->owner->access != NULL)
    peer->clearance =
      hein_clearance_new (link->owner->access,
                          link->stream != NULL
                            ? hein_stream_get_proof (link->stream).name
                            : NULL);
  return peer;
}

static void
admitted (HeinLink *link)
{
  hein_directory_enter (hein_core_of_link (link), link->peer, link->is_dialled);
  hein_link_owner_take_place (link);
}

static void
left (HeinLink *link, HeinLinkState before)
{
  hein_loop_use_context (link->host->loop);
  if (link->peer != NULL)
    hein_directory_end_entry (hein_core_of_link (link), link->peer);
  hein_handshakes_remove (link);
  hein_link_owner_give_place (link);
  if (link->peer != NULL && link->peer->is_up)
    hein_roster_remove (hein_core_of_link (link), link->peer, link->error);
  else if (link->peer != NULL)
    {
      hein_roster_settle (hein_core_of_link (link), link->peer, FALSE);
      hein_peer_detach (link->peer);
    }
  if (link->owner != NULL)
    link->owner->funcs->down (link->owner, link, before);
  hein_admission_review (hein_core_of_link (link));
}

static void
gone (HeinLink *link)
{
  if (link->owner != NULL)
    g_queue_unlink (&link->owner->links, &link->in_owner);
  hein_handshakes_remove (link);
  if (link->peer != NULL)
    hein_roster_keep_counts (hein_core_of_link (link), link->peer);
}

const HeinLinkHostFuncs hein_session_host = {
  .wire_funcs = &hein_link_wire_funcs,
  .settle = settle,
  .set_full = set_full,
  .pause = pause_peer,
  .review = review,
  .made = made,
  .make_peer = make_peer,
  .admitted = admitted,
  .left = left,
  .gone = gone,
};
