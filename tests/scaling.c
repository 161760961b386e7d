/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <hein/hein.h>

#include "../plugins/transports/inproc/hein-inproc-names.h"
#include "ask/hein-ask-deliver.h"
#include "ask/hein-asker.h"
#include "core-host.h"
#include "core/hein-calls.h"
#include "core/hein-handshakes.h"
#include "core/hein-peer-private.h"
#include "core/hein-peers-private.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-receive.h"
#include "session/hein-link-wire.h"
#include "session/hein-session.h"

/* Does something with as many peers or connections as it is told, for
 * test-scaling.py, which counts instructions. */

/* Those who came last go first: none of the others has to move. */
static void
come_and_go (guint n, const char *shared)
{
  g_autoptr (HeinPeers) peers = hein_peers_new (HEIN_PEERS_TARGETS);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("peer-%u", i);
      const HeinPeerParts parts = { .name = shared != NULL ? shared : name };

      g_ptr_array_add (all, hein_peer_new (&parts));
      hein_peers_add (peers, g_ptr_array_index (all, i));
    }
  while (n-- > 0)
    g_assert_true (hein_peers_remove (peers, g_ptr_array_index (all, n)));
}

static void
on_bell (gpointer data)
{
}

static HeinInprocBell *
new_bell (void)
{
  return hein_inproc_bell_new (NULL, on_bell, NULL);
}

static void
free_bell (gpointer bell)
{
  g_ptr_array_unref (hein_inproc_bell_close (bell));
  hein_inproc_bell_unref (bell);
}

/* Connections within the process, each under a name of its own. */
static void
connect_inproc (guint n)
{
  g_autoptr (GPtrArray) bells = g_ptr_array_new_with_free_func (free_bell);
  g_autoptr (GPtrArray) pipes =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_inproc_pipe_unref);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("name-%u", i);

      g_ptr_array_add (bells, new_bell ());
      g_ptr_array_add (bells, new_bell ());
      g_assert_true (hein_inproc_names_listen (name,
                                               g_ptr_array_index (bells, 2 * i),
                                               name, NULL));
      g_ptr_array_add (pipes,
                       hein_inproc_names_dial (name,
                                               g_ptr_array_index (bells,
                                                                  2 * i + 1),
                                               "dialler"));
      g_assert_nonnull (g_ptr_array_index (pipes, i));
    }
  for (guint i = 0; i < 2 * n; i++)
    {
      g_autofree char *name = g_strdup_printf ("name-%u", i / 2);

      hein_inproc_names_forget (name, g_ptr_array_index (bells, i));
    }
}

static gboolean
take (HeinTransport *transport,
      HeinPeer *peer,
      HeinMessage *message,
      GError **error)
{
  return TRUE;
}

static void
end (HeinCore *core, HeinPeer *peer, guint64 id)
{
  const HeinMessageAttributes attributes = { .ask = HEIN_ASK_END,
                                             .ask_id = id };
  g_autoptr (HeinMessage) message =
    hein_message_new_attributed ("", &attributes, NULL, 0, NULL);

  g_assert_true (
    hein_ask_deliver (core, peer,
                      hein_message_receive (message, peer,
                                            g_get_monotonic_time ())));
}

/* All peers are asked, and each says that it has no answer. */
static void
survey (guint n)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "question");
  const HeinSending sending = { message, NULL, "kirk", TRUE };
  const HeinQuestion question = { &sending, -1, 1, NULL, FALSE };
  g_autofree HeinPeer **peers = g_new (HeinPeer *, n);
  CoreHost host;
  HeinCall *call;
  guint64 id;

  core_host_init (&host, NULL);
  host.core.bus = (HeinBus *) host.transport;
  host.carrier.send = take;
  for (guint i = 0; i < n; i++)
    {
      peers[i] = core_host_add_peer (&host, "kirk");
      peers[i]->wants.asks = HEIN_ASKS_ALL;
    }
  call = hein_calls_begin (&host.core, survey, NULL, NULL, NULL);
  id = hein_asker_ask (&host.core, call, &question);
  for (guint i = 0; i < n; i++)
    end (&host.core, peers[i], id);
  g_assert_cmpuint (hein_asker_count (&host.core), ==, 0);
  core_host_turn_on (&host);
  hein_asker_free (&host.core);
  core_host_clear (&host);
}

/* Dials that know who answered, while others come in and ask whether one does
 * not. */
static void
dial_each_other (guint n)
{
  g_autofree HeinLink *links = g_new0 (HeinLink, n);
  g_autofree HeinLinkEntry *entries = g_new0 (HeinLinkEntry, n);
  CoreHost host;

  core_host_init (&host, &hein_session_host);
  for (guint i = 0; i < n; i++)
    {
      links[i].host = &host.core.host;
      links[i].entry = &entries[i];
      links[i].is_dialled = TRUE;
      links[i].state = HEIN_LINK_HANDSHAKE;
      hein_handshakes_add (&links[i]);
      g_assert_true (hein_handshakes_has_open_dial (&host.core));
      hein_link_wire_funcs.set_instance (&links[i], "kirk");
      g_assert_false (hein_handshakes_has_open_dial (&host.core));
    }
  for (guint i = 0; i < n; i++)
    {
      hein_handshakes_remove (&links[i]);
      g_free (entries[i].offer.instance);
    }
  core_host_clear (&host);
}

int
main (int argc, char **argv)
{
  const guint n = argc == 3 ? (guint) atoi (argv[2]) : 0;

  if (n == 0)
    return 2;
  if (g_str_equal (argv[1], "peers"))
    come_and_go (n, NULL);
  else if (g_str_equal (argv[1], "namesakes"))
    come_and_go (n, "same");
  else if (g_str_equal (argv[1], "inproc"))
    connect_inproc (n);
  else if (g_str_equal (argv[1], "survey"))
    survey (n);
  else if (g_str_equal (argv[1], "dials"))
    dial_each_other (n);
  else
    return 2;
  return 0;
}
