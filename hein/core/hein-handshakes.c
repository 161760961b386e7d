/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-core-state.h"
#include "hein-handshakes.h"
#include "link/hein-link-close.h"
#include "link/hein-link-state.h"

/* Keeps handshakes from using up the connections of a bus. */

/* How long a handshake lasts at least, even when others wait for its place.
 * Whoever says nothing, or has too many, gets the least. The others may be far
 * away, or on a slow machine, and get the most at first; then less with each
 * that stalls, since many of those are an attack. */
#define PATIENCE_MIN_US (100 * 1000)
#define PATIENCE_MAX_US (1000 * 1000)
#define LESS_EACH       32 /* the part of it by which it shrinks */

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

static HeinHandshakes *
get_handshakes (HeinLink *link)
{
  return link->stream != NULL && link->stream->is_layer
           ? &link->host->sealed_handshakes
           : &link->host->plain_handshakes;
}

void
hein_handshakes_add (HeinLink *link)
{
  HeinLinkHandshake *handshake = &link->entry->handshake;
  HeinHandshakes *handshakes = get_handshakes (link);

  handshake->in_host.data = link;
  handshake->row = link->is_dialled ? &link->host->dials : &handshakes->links;
  g_queue_push_tail_link (handshake->row, &handshake->in_host);
  if (link->is_dialled)
    return;
  if (handshakes->links.length < HEIN_HANDSHAKES_SEALED_MAX / 2)
    handshakes->patience_us = PATIENCE_MAX_US;
  handshake->from = hein_socket_name_dup_host (&link->entry->remote);
  if (handshake->from != NULL)
    change_count (hein_core_of_link (link), handshake->from, 1);
}

void
hein_handshakes_remove (HeinLink *link)
{
  HeinLinkHandshake *handshake =
    link->entry != NULL ? &link->entry->handshake : NULL;

  if (handshake == NULL || handshake->row == NULL)
    return;
  g_queue_unlink (handshake->row, &handshake->in_host);
  handshake->row = NULL;
  if (handshake->from != NULL)
    change_count (hein_core_of_link (link), handshake->from, -1);
  g_clear_pointer (&handshake->from, g_free);
}

void
hein_handshakes_note_answer (HeinLink *link)
{
  if (link->is_dialled)
    hein_handshakes_remove (link);
}

gboolean
hein_handshakes_has_open_dial (HeinCore *core)
{
  return core->host.dials.length > 0;
}

static gboolean
is_greedy (HeinLink *link)
{
  const char *from = link->entry != NULL ? link->entry->handshake.from : NULL;

  return from != NULL && count_of_host (hein_core_of_link (link), from) >
                           HEIN_HANDSHAKES_OF_ONE;
}

static gboolean
has_spoken (HeinLink *link)
{
  return (link->stream != NULL && link->stream->has_answered) ||
         link->times.received_us > link->times.created_us;
}

/* Returns whether the other side has proved to have a key. */
static gboolean
is_proved (HeinLink *link)
{
  return link->stream != NULL && link->stream->is_layer &&
         link->stream->is_open;
}

static gint64
get_patience_us (HeinLink *link)
{
  if (is_proved (link))
    return G_MAXINT64;
  return has_spoken (link) && !is_greedy (link)
           ? get_handshakes (link)->patience_us
           : PATIENCE_MIN_US;
}

/* Returns the oldest handshake that has had its time; NULL: there is none. */
static HeinLink *
find_stalled (HeinHandshakes *handshakes, gint64 now_us)
{
  for (GList *l = handshakes->links.head; l != NULL; l = l->next)
    {
      HeinLink *link = l->data;
      const gint64 age_us = now_us - link->times.created_us;

      if (age_us < PATIENCE_MIN_US)
        return NULL; /* all others are younger */
      if (age_us >= get_patience_us (link))
        return link;
    }
  return NULL;
}

gboolean
hein_handshakes_have_room (HeinCore *core, gboolean is_sealed)
{
  return is_sealed
           ? core->host.sealed_handshakes.links.length <
               HEIN_HANDSHAKES_SEALED_MAX
           : core->host.plain_handshakes.links.length < HEIN_HANDSHAKES_MAX;
}

gboolean
hein_handshakes_make_room (HeinCore *core, gboolean is_sealed)
{
  HeinHandshakes *handshakes =
    is_sealed ? &core->host.sealed_handshakes : &core->host.plain_handshakes;
  g_autoptr (GError) error = NULL;
  HeinLink *stalled;

  if (hein_handshakes_have_room (core, is_sealed))
    return TRUE;
  stalled = find_stalled (handshakes, hein_loop_get_now_us (core->host.loop));
  if (stalled == NULL)
    return FALSE;
  if (has_spoken (stalled))
    handshakes->patience_us =
      MAX (PATIENCE_MIN_US,
           handshakes->patience_us - handshakes->patience_us / LESS_EACH);
  error = g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED,
                               "too many connections are shaking hands, and "
                               "this one has taken long");
  hein_link_abort (stalled, error);
  return hein_handshakes_have_room (core, is_sealed);
}
