/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "core/hein-core-state.h"
#include "core/hein-send.h"

G_BEGIN_DECLS

/* Requests of one peer that are not answered yet, and of all together the part of
 * memory-limit that they may take. */
#define HEIN_SERVER_MAX_PER_PEER 16384
#define HEIN_SERVER_SHARE        4

typedef struct _HeinServed HeinServed;

/* A request that is served, as part of what the application holds. */
struct _HeinServed
{
  GObject *object; /* whose part it is */
  guint64 id;      /* of who asks */
  HeinPeer *peer;  /* borrowed of the object: who asks */
  gsize cost;
  /* Nobody wants the answer any more. The owner; without the lock. */
  void (*cancelled) (HeinServed *self);
  gboolean is_over; /* under the lock: it is not in the server */
};

/* Made when something is served first; counted, and any thread may have it. */
HeinServer *hein_server_get (HeinCore *core);
HeinServer *hein_server_ref (HeinServer *self);
void hein_server_unref (HeinServer *self);
/* The bus goes: what is held of it is over. */
void hein_server_end (HeinCore *core);

/* For a request that has none, of a peer whose requests have none. */
guint64 hein_server_make_id (HeinServer *self);
/* WOULD_BLOCK over a limit, PROTOCOL when its number is in use. The owner. */
gboolean hein_server_add (HeinServer *self, HeinServed *served, GError **error);
/* CANCEL of @peer. */
void hein_server_cancel (HeinCore *core, HeinPeer *peer, guint64 id);
guint hein_server_count (HeinCore *core);

/* ---- any thread ---- */

/* Whoever gets TRUE answers it. */
gboolean hein_server_take (HeinServer *self, HeinServed *served);
gboolean hein_server_is_over (HeinServer *self, HeinServed *served);
void hein_server_lock (HeinServer *self);
void hein_server_unlock (HeinServer *self);
/* See hein_ask_send; FAILED with CLOSED once the bus is gone. */
HeinTried
hein_server_send (HeinServer *self, HeinMessage *message, GError **error);

G_END_DECLS
