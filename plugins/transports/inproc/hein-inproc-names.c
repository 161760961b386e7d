/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inproc-names.h"

#include <string.h>

typedef struct
{
  HeinInprocBell *listener; /* owned, nullable */
  char *instance;           /* of the listener's bus */
  GPtrArray *waiting;       /* owned, each once */
} Place;

/* under lock */
static GMutex lock;
static GHashTable *places; /* owned name -> owned Place */
static GHashTable *pairs;  /* owned "instance instance" -> owned GPtrArray of
                              those that wait for its end */

static GPtrArray *
new_bells (void)
{
  return g_ptr_array_new_with_free_func (
    (GDestroyNotify) hein_inproc_bell_unref);
}

static void
add_bell (GPtrArray *bells, HeinInprocBell *bell)
{
  if (!g_ptr_array_find (bells, bell, NULL))
    g_ptr_array_add (bells, hein_inproc_bell_ref (bell));
}

static void
ring_all (GPtrArray *bells)
{
  for (guint i = 0; i < bells->len; i++)
    hein_inproc_bell_ring (g_ptr_array_index (bells, i), NULL);
}

static void
place_free (gpointer data)
{
  Place *self = data;

  g_clear_pointer (&self->listener, hein_inproc_bell_unref);
  g_free (self->instance);
  g_ptr_array_unref (self->waiting);
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
      pairs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                     (GDestroyNotify) g_ptr_array_unref);
    }
  place = g_hash_table_lookup (places, name);
  if (place != NULL)
    return place;
  place = g_new0 (Place, 1);
  place->waiting = new_bells ();
  g_hash_table_insert (places, g_strdup (name), place);
  return place;
}

gboolean
hein_inproc_names_listen (const char *name,
                          HeinInprocBell *bell,
                          const char *instance,
                          GError **error)
{
  g_autoptr (GPtrArray) waiting = NULL;
  Place *place;

  g_mutex_lock (&lock);
  place = get_place (name);
  if (place->listener == NULL)
    {
      place->listener = hein_inproc_bell_ref (bell);
      place->instance = g_strdup (instance);
      waiting = place->waiting;
      place->waiting = new_bells ();
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
release_pair (gpointer data)
{
  g_autofree char *pair = data;
  g_autofree char *key = NULL;
  g_autoptr (GPtrArray) waiting = NULL;

  g_mutex_lock (&lock);
  g_hash_table_steal_extended (pairs, pair, (gpointer *) &key,
                               (gpointer *) &waiting);
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
  GPtrArray *waiting;

  if (place->listener == NULL)
    {
      add_bell (place->waiting, bell);
      return NULL;
    }
  pair = make_pair (instance, place->instance);
  waiting = g_hash_table_lookup (pairs, pair);
  if (waiting != NULL)
    {
      add_bell (waiting, bell);
      return NULL;
    }
  g_hash_table_insert (pairs, g_strdup (pair), new_bells ());
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
remove_bell (gpointer key, gpointer bells, gpointer bell)
{
  g_ptr_array_remove (bells, bell);
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
  g_ptr_array_remove (place->waiting, bell);
  g_hash_table_foreach (pairs, remove_bell, bell);
  if (place->listener == NULL && place->waiting->len == 0)
    g_hash_table_remove (places, name);
  g_mutex_unlock (&lock);
}
