/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/random.h>

#include <hein/hein.h>

#include "../../plugins/transports/udp-multicast/format/mc-format.h"

/*
 * What a format of udp-multicast stands on, without a bus and without sockets:
 * the compiler is given this file first (-include), and what is called here
 * goes to fuzz-medium.c.
 */

/* What came of it since fuzz_medium_begin(). */
typedef struct
{
  guint n_added;
  guint n_removed;
  guint n_delivered;
  guint n_warned;
  char warning[512]; /* the last one */
  guint64 n_dropped;
  guint8 last[65536]; /* what was sent last */
  gsize last_size;
  guint32 dice;
  gboolean was_to_all; /* or else to an address */
  /* called with what is sent */
  void (*on_sent) (gconstpointer data, gsize size, gpointer user_data);
  gpointer user_data;
} FuzzMedium;

extern FuzzMedium fuzz_medium;

void fuzz_medium_begin (void);
HeinTransport *fuzz_medium_get_transport (void);
McSocket *fuzz_medium_get_socket (void);
/* That which all are. */
HeinPeer *fuzz_medium_get_peer (void);
/* MC_ADDRESS_BYTES of the socket. */
const guint8 *fuzz_medium_get_address (void);

HeinPeer *fuzz_add_peer (HeinTransport *self,
                         const char *name,
                         const char *instance,
                         GSocketAddress *address,
                         GError **error);
void
fuzz_remove_peer (HeinTransport *self, HeinPeer *peer, const GError *reason);
void fuzz_deliver (HeinTransport *self, HeinPeer *peer, HeinMessage *message);
void fuzz_deliver_data (HeinTransport *self,
                        HeinPeer *peer,
                        const char *topic,
                        gsize topic_size,
                        const guint8 *data,
                        gsize size);
void fuzz_drop (HeinTransport *self,
                HeinPeer *peer,
                HeinDropReason reason,
                guint64 n_messages,
                guint64 n_bytes);
void fuzz_lose (HeinTransport *self,
                HeinPeer *peer,
                guint64 first,
                guint64 n_messages);
void fuzz_warn (HeinTransport *self, const GError *error);
void fuzz_fail (HeinTransport *self, const GError *error);
/* The same after each fuzz_medium_begin(), so that an input does the same
 * whenever it is run. */
guint32 fuzz_random_int (void);
ssize_t fuzz_getrandom (void *buffer, size_t size, unsigned flags);

#define hein_transport_add_peer               fuzz_add_peer
#define hein_transport_remove_peer            fuzz_remove_peer
#define hein_transport_deliver                fuzz_deliver
#define hein_transport_deliver_data           fuzz_deliver_data
#define hein_transport_deliver_addressed_data fuzz_deliver_data
#define hein_transport_drop                   fuzz_drop
#define hein_transport_lose                   fuzz_lose
#define hein_transport_warn                   fuzz_warn
#define hein_transport_fail                   fuzz_fail
#define g_random_int                          fuzz_random_int
#define getrandom                             fuzz_getrandom
