/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-server.h"

#include <hein/hein-bus.h>
#include <hein/hein-hash.h>

#include "base/hein-object.h"
#include "hein-ask-send.h"
#include "link/hein-peer-state.h"

/*
 * The requests that the application has got, and not answered yet. It may
 * answer on any thread, and long after the bus is gone, so the server is
 * reference-counted and has a lock, under which data is only moved. A request
 * is taken out of the server by an answer, a cancellation, or the end of its
 * peer; whoever takes it out ends it.
 */

/* So many objects of requests that are over are kept, of some 200 bytes. */
#define SPARE_MAX 64

/* The requests of one peer. */
typedef struct
{
  HeinPeer *peer;     /* owned */
  GHashTable *served; /* borrowed guint64 -> borrowed HeinServed */
  GList in_row;
} ServedPeer;

struct _HeinServer
{
  gatomicrefcount refs;
  GMutex lock;

  /* owner's thread */
  HeinPeerWatch watch;
  guint64 n_made; /* numbers that were made up */
  guint n_spare;
  GObject *spare[SPARE_MAX]; /* owned */

  /* under the lock */
  HeinCore *core;    /* borrowed; NULL once the bus is gone */
  GHashTable *peers; /* borrowed HeinPeer -> owned ServedPeer */
  GQueue row;        /* ServedPeer by in_row, as they came */
  ServedPeer *found; /* the one that was looked for last; nullable */
  guint n;
};

static void
served_peer_free (gpointer data)
{
  ServedPeer *self = data;

  g_hash_table_unref (self->served);
  g_object_unref (self->peer);
  g_free (self);
}

HeinServer *
hein_server_ref (HeinServer *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
hein_server_unref (HeinServer *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->peers);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
hein_server_lock (HeinServer *self)
{
  g_mutex_lock (&self->lock);
}

void
hein_server_unlock (HeinServer *self)
{
  g_mutex_unlock (&self->lock);
}

/* ---- adding and taking out ---- */

/* A peer chooses the numbers of its requests. */
static guint
id_hash (gconstpointer id)
{
  return hein_hash_data (id, sizeof (guint64));
}

/* One peer is asked for several times in a row. */
static ServedPeer *
find_peer_locked (HeinServer *self, HeinPeer *peer)
{
  if (self->found == NULL || self->found->peer != peer)
    self->found = g_hash_table_lookup (self->peers, peer);
  return self->found;
}

static ServedPeer *
get_peer_locked (HeinServer *self, HeinPeer *peer)
{
  ServedPeer *of = find_peer_locked (self, peer);

  if (of != NULL)
    return of;
  of = g_new0 (ServedPeer, 1);
  of->in_row.data = of;
  of->peer = g_object_ref (peer);
  of->served = g_hash_table_new (id_hash, g_int64_equal);
  g_hash_table_insert (self->peers, peer, of);
  g_queue_push_tail_link (&self->row, &of->in_row);
  return of;
}

static gboolean
check_limits (HeinServer *self,
              ServedPeer *of,
              HeinServed *served,
              GError **error)
{
  HeinCore *core = self->core;
  const gsize cost = (gsize) g_atomic_pointer_get (&core->asks_cost);

  if (g_hash_table_contains (of->served, &served->id))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "the number of the request is in use");
      return FALSE;
    }
  if (g_hash_table_size (of->served) < HEIN_SERVER_MAX_PER_PEER &&
      cost + served->cost <
        core->host.settings.memory_limit / HEIN_SERVER_SHARE)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
               "%u requests, %u of them yours, are not answered yet", self->n,
               g_hash_table_size (of->served));
  return FALSE;
}

GObject *
hein_server_take_spare (HeinServer *self)
{
  return self->n_spare > 0 ? self->spare[--self->n_spare] : NULL;
}

/* Only the owner's thread sets the core to NULL. */
gboolean
hein_server_keep_spare (HeinServer *self, GObject *object)
{
  if (self->core == NULL || self->n_spare == SPARE_MAX)
    return FALSE;
  self->spare[self->n_spare++] = object;
  return TRUE;
}

guint64
hein_server_make_id (HeinServer *self)
{
  return ++self->n_made;
}

gboolean
hein_server_add (HeinServer *self, HeinServed *served, GError **error)
{
  ServedPeer *of;
  gboolean ok;

  hein_server_lock (self);
  of = get_peer_locked (self, served->peer);
  ok = check_limits (self, of, served, error);
  if (ok)
    {
      g_hash_table_insert (of->served, &served->id, served);
      g_atomic_pointer_add (&self->core->asks_cost, served->cost);
      self->n++;
    }
  served->is_over = !ok;
  hein_server_unlock (self);
  return ok;
}

static void
end_locked (HeinServer *self, HeinServed *served)
{
  served->is_over = TRUE;
  self->n--;
  if (self->core != NULL)
    g_atomic_pointer_add (&self->core->asks_cost, -(gssize) served->cost);
}

static void
forget_locked (HeinServer *self, HeinServed *served)
{
  ServedPeer *of = find_peer_locked (self, served->peer);

  g_hash_table_remove (of->served, &served->id);
}

gboolean
hein_server_take (HeinServer *self, HeinServed *served)
{
  gboolean ok;

  hein_server_lock (self);
  ok = !served->is_over;
  if (ok)
    {
      forget_locked (self, served);
      end_locked (self, served);
    }
  hein_server_unlock (self);
  return ok;
}

gboolean
hein_server_is_over (HeinServer *self, HeinServed *served)
{
  gboolean is_over;

  hein_server_lock (self);
  is_over = served->is_over;
  hein_server_unlock (self);
  return is_over;
}

/* ---- several answers ---- */

static guint
get_credit_locked (HeinServed *served)
{
  return served->is_over || served->n_stuck > 0 ? 0 : served->credit;
}

gboolean
hein_server_spend (HeinServer *self, HeinServed *served)
{
  gboolean ok;

  hein_server_lock (self);
  ok = get_credit_locked (served) > 0;
  if (ok)
    served->credit--;
  hein_server_unlock (self);
  return ok;
}

static void
add_credit_locked (HeinServed *served, guint n)
{
  served->credit += MIN (n, G_MAXUINT - served->credit);
}

void
hein_server_refund (HeinServer *self, HeinServed *served)
{
  hein_server_lock (self);
  add_credit_locked (served, 1);
  hein_server_unlock (self);
}

void
hein_server_stick (HeinServer *self, HeinServed *served, int n)
{
  hein_server_lock (self);
  served->n_stuck += n;
  hein_server_unlock (self);
}

guint
hein_server_get_credit (HeinServer *self, HeinServed *served)
{
  guint credit;

  hein_server_lock (self);
  credit = get_credit_locked (served);
  hein_server_unlock (self);
  return credit;
}

/* Returns the request. (transfer none) (nullable) */
static HeinServed *
find_locked (HeinServer *self, HeinPeer *peer, guint64 id)
{
  ServedPeer *of = find_peer_locked (self, peer);

  return of != NULL ? g_hash_table_lookup (of->served, &id) : NULL;
}

void
hein_server_give_credit (HeinCore *core, HeinPeer *peer, guint64 id, guint n)
{
  HeinServer *self = core->server;
  g_autoptr (GObject) object = NULL;
  HeinServed *served;

  if (self == NULL)
    return;
  hein_server_lock (self);
  served = find_locked (self, peer, id);
  if (served != NULL)
    {
      object = g_object_ref (served->object);
      add_credit_locked (served, n);
    }
  hein_server_unlock (self);
  if (served != NULL)
    served->credited (served);
}

/* ---- cancellations ---- */

void
hein_server_cancel (HeinCore *core, HeinPeer *peer, guint64 id)
{
  HeinServer *self = core->server;
  g_autoptr (GObject) object = NULL;
  HeinServed *served;

  if (self == NULL)
    return;
  hein_server_lock (self);
  served = find_locked (self, peer, id);
  if (served != NULL)
    {
      object = g_object_ref (served->object);
      forget_locked (self, served);
      end_locked (self, served);
    }
  hein_server_unlock (self);
  if (served != NULL)
    served->cancelled (served);
}

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  const guint64 one = ((const HeinServed *) a)->id;
  const guint64 two = ((const HeinServed *) b)->id;

  return (one > two) - (one < two);
}

/* In the order of their numbers, and so the same in every run. */
static void
take_all_locked (HeinServer *self, ServedPeer *of, GPtrArray *to)
{
  g_autoptr (GList) all =
    g_list_sort (g_hash_table_get_values (of->served), compare_ids);

  for (const GList *next = all; next != NULL; next = next->next)
    {
      HeinServed *served = next->data;

      g_object_ref (served->object);
      g_ptr_array_add (to, served);
      end_locked (self, served);
    }
  g_hash_table_remove_all (of->served);
}

static void
cancel_all (GPtrArray *served)
{
  for (guint i = 0; i < served->len; i++)
    {
      HeinServed *one = g_ptr_array_index (served, i);
      g_autoptr (GObject) object = one->object;

      one->cancelled (one);
    }
}

static void
release (gpointer data, gpointer user_data)
{
  g_object_unref (((HeinServed *) data)->object);
}

static void
on_settled (HeinPeerWatch *watch, HeinPeer *peer, gboolean is_alive)
{
  HeinServer *self = HEIN_CONTAINER (watch, HeinServer, watch);
  g_autoptr (GPtrArray) served = NULL;
  ServedPeer *of;

  if (is_alive)
    return;
  served = g_ptr_array_new ();
  hein_server_lock (self);
  of = find_peer_locked (self, peer);
  if (of != NULL)
    {
      take_all_locked (self, of, served);
      self->found = NULL;
      g_queue_unlink (&self->row, &of->in_row);
      g_hash_table_remove (self->peers, peer);
    }
  hein_server_unlock (self);
  cancel_all (served);
}

/* ---- the bus ---- */

HeinServer *
hein_server_get (HeinCore *core)
{
  HeinServer *self = core->server;

  if (self != NULL)
    return self;
  self = g_new0 (HeinServer, 1);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->core = core;
  self->peers = g_hash_table_new_full (NULL, NULL, NULL, served_peer_free);
  self->watch.settled = on_settled;
  self->watch.in_bus.data = &self->watch;
  g_queue_push_tail_link (&core->roster.watches, &self->watch.in_bus);
  core->server = self;
  return self;
}

void
hein_server_end (HeinCore *core)
{
  HeinServer *self = g_steal_pointer (&core->server);
  g_autoptr (GPtrArray) served = NULL;

  if (self == NULL)
    return;
  served = g_ptr_array_new ();
  g_queue_unlink (&core->roster.watches, &self->watch.in_bus);
  hein_server_lock (self);
  for (GList *l = self->row.head; l != NULL; l = l->next)
    take_all_locked (self, l->data, served);
  self->core = NULL;
  hein_server_unlock (self);
  while (self->n_spare > 0)
    g_object_unref (self->spare[--self->n_spare]);
  /* in a forked child, callbacks of the application are left to the parent */
  if (!hein_core_is_forked (core))
    cancel_all (served);
  else
    g_ptr_array_foreach (served, release, NULL);
  hein_server_unref (self);
}

guint
hein_server_count (HeinCore *core)
{
  return core->server != NULL ? core->server->n : 0;
}

/* Until this server is told of the end of the bus, another reference to that
 * exists. */
HeinCore *
hein_server_hold_core (HeinServer *self, HeinBus **bus)
{
  HeinCore *core;

  *bus = NULL;
  hein_server_lock (self);
  core = self->core;
  if (core != NULL && core->bus != NULL)
    *bus = hein_object_ref (core->bus);
  hein_server_unlock (self);
  return core;
}

HeinTried
hein_server_send (HeinServer *self,
                  HeinMessage *message,
                  GAsyncReadyCallback callback,
                  gpointer data,
                  GError **error)
{
  HeinBus *bus = NULL;
  HeinCore *core = hein_server_hold_core (self, &bus);
  HeinTried tried = HEIN_TRIED_FAILED;

  if (core != NULL)
    tried = hein_ask_send (core, message, callback, data, error);
  else
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "the bus that was asked is gone");
  if (bus != NULL)
    hein_object_unref (bus);
  return tried;
}
