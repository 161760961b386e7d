/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-core-state.h"
#include "hein-handshakes.h"
#include "link/hein-link-close.h"
#include "link/hein-link-state.h"

/* Keeps handshakes from using up the connections of a bus. */

/* A handshake younger than this is not closed in favour of the next one. */
#define YOUNG_US (100 * 1000)

static guint
count_of_host (HeinCore *core, const char *host)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (core->hosts, host));
}

static void
change_count (HeinCore *core, const char *host, int step)
{
  const guint n = count_of_host (core, host) + step;

  if (n == 0)
    g_hash_table_remove (core->hosts, host);
  else
    g_hash_table_insert (core->hosts, g_strdup (host), GUINT_TO_POINTER (n));
}

static GQueue *
get_row (HeinLink *link)
{
  return link->is_dialled ? &link->host->dials : &link->host->handshakes;
}

void
hein_handshakes_add (HeinLink *link)
{
  HeinLinkHandshake *handshake = &link->entry->handshake;

  handshake->in_host.data = link;
  g_queue_push_tail_link (get_row (link), &handshake->in_host);
  if (link->is_dialled)
    return;
  handshake->from = hein_socket_name_dup_host (&link->entry->remote);
  if (handshake->from != NULL)
    change_count (hein_core_of_link (link), handshake->from, 1);
}

void
hein_handshakes_remove (HeinLink *link)
{
  HeinLinkHandshake *handshake =
    link->entry != NULL ? &link->entry->handshake : NULL;

  if (handshake == NULL || handshake->in_host.data == NULL)
    return;
  handshake->in_host.data = NULL;
  g_queue_unlink (get_row (link), &handshake->in_host);
  if (handshake->from != NULL)
    change_count (hein_core_of_link (link), handshake->from, -1);
  g_clear_pointer (&handshake->from, g_free);
}

gboolean
hein_handshakes_is_greedy (HeinLink *link)
{
  const char *from = link->entry != NULL ? link->entry->handshake.from : NULL;

  return from != NULL && count_of_host (hein_core_of_link (link), from) >
                           HEIN_HANDSHAKES_OF_ONE;
}

gboolean
hein_handshakes_has_open_dial (HeinCore *core)
{
  for (GList *l = core->host.dials.head; l != NULL; l = l->next)
    {
      HeinLink *link = l->data;

      if (link->state <= HEIN_LINK_HANDSHAKE && link->owner != NULL &&
          link->entry->offer.instance == NULL)
        return TRUE;
    }
  return FALSE;
}

gboolean
hein_handshakes_must_wait (HeinCore *core)
{
  HeinLink *oldest = g_queue_peek_head (&core->host.handshakes);

  return core->host.handshakes.length >= HEIN_HANDSHAKES_MAX &&
         hein_loop_get_now_us (core->host.loop) <
           oldest->times.created_us + YOUNG_US;
}

void
hein_handshakes_make_room (HeinCore *core)
{
  g_autoptr (GError) error = NULL;

  if (core->host.handshakes.length < HEIN_HANDSHAKES_MAX)
    return;
  error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED,
                               "too many connections are shaking hands");
  hein_link_abort (g_queue_peek_head (&core->host.handshakes), error);
}
