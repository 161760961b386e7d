/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

G_BEGIN_DECLS

/*
 * A group of its own for a test: a random address, a port that was free, and
 * files for keys. All is on the interface lo, and with a TTL of 0.
 */
typedef struct
{
  char *group; /* "239.1.2.3" */
  guint16 port;
  char *folder;
  char *key_file;
} MulticastPlace;

/* NULL: there is no multicast on lo, and the test is skipped. */
MulticastPlace *multicast_place_new (void);
void multicast_place_free (MulticastPlace *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MulticastPlace, multicast_place_free)

/* The address, with @options such as "format=plain" (nullable), interface and
 * TTL. (transfer full) */
char *multicast_place_dup_uri (MulticastPlace *self, const char *options);
/* The same with the key, whose format is hein. (transfer full) */
char *multicast_place_dup_sealed_uri (MulticastPlace *self,
                                      const char *options);
/* A file in the folder, for its owner only. (transfer full): its path */
char *multicast_place_add_file (MulticastPlace *self,
                                const char *name,
                                const char *text);

/* A bus that has joined. Frees @uri. */
HeinTestBus *multicast_join (const char *name, char *uri);
/* The same with the key. */
HeinTestBus *multicast_join_sealed (MulticastPlace *place,
                                    const char *name,
                                    const char *options);
/* The same without a key, in the format hein. */
HeinTestBus *multicast_join_open (MulticastPlace *place, const char *name);
/* Adds a test that runs twice, given "reliable=no" and "reliable=yes":
 * @path/best-effort and @path/reliable. */
void multicast_add_modes (const char *path, GTestDataFunc test);
/* Joins the group of the @uri, and waits until it is open. Frees @uri. */
void multicast_open (HeinTestBus *bus, char *uri);

/* ---- without hein ---- */

/* A socket that sends to the group, from the @host (nullable). */
int multicast_socket_new (const char *host);
/* FALSE: the kernel had no room, or takes no datagram of that size. */
gboolean multicast_socket_send (int fd,
                                MulticastPlace *place,
                                gconstpointer data,
                                gsize size);
void multicast_socket_send_to (int fd,
                               GSocketAddress *to,
                               gconstpointer data,
                               gsize size);
/* A socket that hears the group. */
int multicast_recorder_new (MulticastPlace *place);
/* What it has heard since. (transfer full) (element-type GBytes) */
GPtrArray *multicast_recorder_take (int fd);

G_END_DECLS
