/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-names.h"

#include <string.h>

/* Bells that wait for the same, each once, in the order in which they came. */
typedef struct
{
  GQueue bells;      /* owned HeinInprocBell */
  GHashTable *links; /* borrowed HeinInprocBell -> its link */
} Row;

typedef struct
{
  HeinInprocBell *listener; /* owned, nullable */
  char *instance;           /* of the listener's bus */
  Row *waiting;             /* owned */
} Place;

/* under lock */
static GMutex lock;
static GHashTable *places; /* owned name -> owned Place */
static GHashTable *pairs;  /* owned "instance instance" -> owned Row of those
                              that wait for its end */
static GHashTable *waits;  /* borrowed HeinInprocBell -> owned set of the pairs
                              for whose end it waits */

static Row *
row_new (void)
{
  Row *self = g_new0 (Row, 1);

  self->links = g_hash_table_new (NULL, NULL);
  return self;
}

static void
row_free (gpointer data)
{
  Row *self = data;

  g_queue_clear_full (&self->bells, (GDestroyNotify) hein_inproc_bell_unref);
  g_hash_table_unref (self->links);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Row, row_free)

static void
row_add (Row *self, HeinInprocBell *bell)
{
  if (g_hash_table_contains (self->links, bell))
    return;
  g_queue_push_tail (&self->bells, hein_inproc_bell_ref (bell));
  g_hash_table_insert (self->links, bell, self->bells.tail);
}

static void
row_remove (Row *self, HeinInprocBell *bell)
{
  GList *link = g_hash_table_lookup (self->links, bell);

  if (link == NULL)
    return;
  g_hash_table_remove (self->links, bell);
  g_queue_delete_link (&self->bells, link);
  hein_inproc_bell_unref (bell);
}

static void
ring_all (Row *row)
{
  for (GList *l = row->bells.head; l != NULL; l = l->next)
    hein_inproc_bell_ring (l->data, NULL);
}

static void
place_free (gpointer data)
{
  Place *self = data;

  g_clear_pointer (&self->listener, hein_inproc_bell_unref);
  g_free (self->instance);
  row_free (self->waiting);
  g_free (self);
}

static Place *
get_place (const char *name)
{
  Place *place;

  if (places == NULL)
    {
      places =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, place_free);
      pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, row_free);
      waits = g_hash_table_new_full (NULL, NULL, NULL,
                                     (GDestroyNotify) g_hash_table_unref);
    }
  place = g_hash_table_lookup (places, name);
  if (place != NULL)
    return place;
  place = g_new0 (Place, 1);
  place->waiting = row_new ();
  g_hash_table_insert (places, g_strdup (name), place);
  return place;
}

gboolean
hein_inproc_names_listen (const char *name,
                          HeinInprocBell *bell,
                          const char *instance,
                          GError **error)
{
  g_autoptr (Row) waiting = NULL;
  Place *place;

  g_mutex_lock (&lock);
  place = get_place (name);
  if (place->listener == NULL)
    {
      place->listener = hein_inproc_bell_ref (bell);
      place->instance = g_strdup (instance);
      waiting = place->waiting;
      place->waiting = row_new ();
    }
  g_mutex_unlock (&lock);
  if (waiting == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                   "a bus of this process listens on \"%s\" already", name);
      return FALSE;
    }
  ring_all (waiting);
  return TRUE;
}

static void
wait_for_pair (const char *pair, Row *row, HeinInprocBell *bell)
{
  GHashTable *awaited = g_hash_table_lookup (waits, bell);

  row_add (row, bell);
  if (awaited == NULL)
    {
      awaited = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (waits, bell, awaited);
    }
  g_hash_table_add (awaited, g_strdup (pair));
}

static void
stop_waiting (HeinInprocBell *bell, const char *pair)
{
  GHashTable *awaited = g_hash_table_lookup (waits, bell);

  g_hash_table_remove (awaited, pair);
  if (g_hash_table_size (awaited) == 0)
    g_hash_table_remove (waits, bell);
}

static void
release_pair (gpointer data)
{
  g_autofree char *pair = data;
  g_autofree char *key = NULL;
  g_autoptr (Row) waiting = NULL;

  g_mutex_lock (&lock);
  g_hash_table_steal_extended (pairs, pair, (gpointer *) &key,
                               (gpointer *) &waiting);
  for (GList *l = waiting->bells.head; l != NULL; l = l->next)
    stop_waiting (l->data, pair);
  g_mutex_unlock (&lock);
  ring_all (waiting);
}

static char *
make_pair (const char *a, const char *b)
{
  gboolean is_sorted = strcmp (a, b) < 0;

  return g_strjoin (" ", is_sorted ? a : b, is_sorted ? b : a, NULL);
}

/* Under lock. */
static HeinInprocPipe *
dial_locked (Place *place, HeinInprocBell *bell, const char *instance)
{
  g_autofree char *pair = NULL;
  Row *waiting;

  if (place->listener == NULL)
    {
      row_add (place->waiting, bell);
      return NULL;
    }
  pair = make_pair (instance, place->instance);
  waiting = g_hash_table_lookup (pairs, pair);
  if (waiting != NULL)
    {
      wait_for_pair (pair, waiting, bell);
      return NULL;
    }
  g_hash_table_insert (pairs, g_strdup (pair), row_new ());
  return hein_inproc_pipe_new (bell, place->listener, g_steal_pointer (&pair),
                               release_pair);
}

HeinInprocPipe *
hein_inproc_names_dial (const char *name,
                        HeinInprocBell *bell,
                        const char *instance)
{
  HeinInprocPipe *pipe;

  g_mutex_lock (&lock);
  pipe = dial_locked (get_place (name), bell, instance);
  g_mutex_unlock (&lock);
  return pipe;
}

static void
forget_waits (HeinInprocBell *bell)
{
  GHashTable *awaited = g_hash_table_lookup (waits, bell);
  GHashTableIter iter;
  gpointer pair;

  if (awaited == NULL)
    return;
  g_hash_table_iter_init (&iter, awaited);
  while (g_hash_table_iter_next (&iter, &pair, NULL))
    row_remove (g_hash_table_lookup (pairs, pair), bell);
  g_hash_table_remove (waits, bell);
}

void
hein_inproc_names_forget (const char *name, HeinInprocBell *bell)
{
  Place *place;

  g_mutex_lock (&lock);
  place = get_place (name);
  if (place->listener == bell)
    {
      g_clear_pointer (&place->listener, hein_inproc_bell_unref);
      g_clear_pointer (&place->instance, g_free);
    }
  row_remove (place->waiting, bell);
  forget_waits (bell);
  if (place->listener == NULL && place->waiting->bells.length == 0)
    g_hash_table_remove (places, name);
  g_mutex_unlock (&lock);
}
