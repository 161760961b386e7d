/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

G_BEGIN_DECLS

/*
 * A plain socket that has dialled a bus: what it says and hears is bytes.
 */
typedef struct
{
  HeinTestBus *bus; /* borrowed: what is at the other end */
  GSocket *socket;  /* owned */
  GString *got;     /* what came and was not taken */
  guint n_reads;    /* that brought something */
  gboolean is_eof;
} RawPeer;

/* Connects to 127.0.0.1 and the port at the end of @uri. */
RawPeer *raw_peer_new (HeinTestBus *bus, const char *uri);
void raw_peer_free (RawPeer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawPeer, raw_peer_free)

/* What the socket takes of @size bytes. */
void raw_peer_send (RawPeer *self, const char *data, gsize size);
void raw_peer_say (RawPeer *self, const char *text);
/* Ends by a reset, as with a process that is killed before it has read all. */
void raw_peer_reset (RawPeer *self);
/* A turn of the bus, and what it wrote is read. */
void raw_peer_turn (RawPeer *self);
/* Waits until so many have come as @bytes are, which they must be, and takes
 * them; what came behind them stays. */
void raw_peer_take (RawPeer *self, const char *bytes);

#define raw_peer_wait(self, condition)                                         \
  for (gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;            \
       !(condition); raw_peer_turn (self))                                     \
  g_assert_cmpint (g_get_monotonic_time (), <, end_us)

G_END_DECLS
