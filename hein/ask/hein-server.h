/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "core/hein-core-state.h"
#include "core/hein-send.h"

/* The side of a bus that answers requests. */

G_BEGIN_DECLS

/* Limits for requests that are not answered: the number of one peer, and the
 * part of memory-limit that all may occupy. */
#define HEIN_SERVER_MAX_PER_PEER 16384
#define HEIN_SERVER_SHARE        4

typedef struct _HeinServed HeinServed;

/* A request that is being served, embedded in the application's object. */
struct _HeinServed
{
  GObject *object; /* the object that this is part of */
  guint64 id;      /* chosen by the peer */
  HeinPeer *peer;  /* borrowed from the object: who made the request */
  gsize cost;
  /* called on the owner's thread, without the lock, when nobody waits any
   * more */
  void (*cancelled) (HeinServed *self);
  /* the same, when more answers may be given */
  void (*credited) (HeinServed *self);
  /* under the lock: how many answers may be given, and how many wait for room
   * in the connection: there is no credit meanwhile */
  guint credit;
  guint n_stuck;
  gboolean is_over; /* under the lock: it was taken out of the server */
};

/* Returns the server of a bus, making it at first use. Reference-counted;
 * references may be held on any thread. */
HeinServer *hein_server_get (HeinCore *core);
HeinServer *hein_server_ref (HeinServer *self);
void hein_server_unref (HeinServer *self);
/* Ends all requests, as the bus is being freed. */
void hein_server_end (HeinCore *core);

/* Returns an object that was kept; NULL: there is none. Thread: owner.
 * (transfer full) */
GObject *hein_server_take_spare (HeinServer *self);
/* Keeps @object to be used again: making a GObject and freeing it takes longer
 * than serving. It must not hold a reference to the server. FALSE: it is not
 * kept. Thread: owner. */
gboolean hein_server_keep_spare (HeinServer *self, GObject *object);

/* Makes up a number for a request whose protocol has none. */
guint64 hein_server_make_id (HeinServer *self);
/* Adds a request. WOULD_BLOCK above a limit, PROTOCOL when its number is in
 * use. Thread: owner. */
gboolean hein_server_add (HeinServer *self, HeinServed *served, GError **error);
/* Handles the cancellation of request @id by @peer. */
void hein_server_cancel (HeinCore *core, HeinPeer *peer, guint64 id);
/* Handles the credit for @n more answers to request @id of @peer. */
void
hein_server_give_credit (HeinCore *core, HeinPeer *peer, guint64 id, guint n);
guint hein_server_count (HeinCore *core);

/* ---- any thread ---- */

/* Claims the right to answer: TRUE for a single caller only. */
gboolean hein_server_take (HeinServer *self, HeinServed *served);
/* Claims the right to give one of several answers. FALSE: there is no credit,
 * or the request is over. */
gboolean hein_server_spend (HeinServer *self, HeinServed *served);
/* Takes that back: the answer was not sent. */
void hein_server_refund (HeinServer *self, HeinServed *served);
/* An answer waits for room, or (@n is negative) does not wait any more. */
void hein_server_stick (HeinServer *self, HeinServed *served, int n);
guint hein_server_get_credit (HeinServer *self, HeinServed *served);
/* Returns the core, and in @bus an owned reference that keeps it alive; NULL:
 * the bus is gone. */
HeinCore *hein_server_hold_core (HeinServer *self, HeinBus **bus);
gboolean hein_server_is_over (HeinServer *self, HeinServed *served);
void hein_server_lock (HeinServer *self);
void hein_server_unlock (HeinServer *self);
/* See hein_ask_send; FAILED with CLOSED once the bus is gone. */
HeinTried hein_server_send (HeinServer *self,
                            HeinMessage *message,
                            GAsyncReadyCallback callback,
                            gpointer data,
                            GError **error);

G_END_DECLS
