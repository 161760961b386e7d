/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinDatagrams: a socket of datagrams in a simulation, for transports. */

G_BEGIN_DECLS

/**
 * HeinDatagrams:
 *
 * A socket of datagrams in a simulation, for transports written in C:
 * `hein_datagrams_new ()` makes one.
 *
 * Since: 0.9
 */
typedef struct _HeinDatagrams HeinDatagrams;
struct sockaddr;
struct sockaddr_storage;

/**
 * HeinDatagramsFunc:
 * @data: what was passed with the function
 *
 * Something has arrived, and nothing was there before. Called while the
 * simulation runs, outside of turns: it only notes that there is work, such as
 * by [func@source_set_ready_time].
 *
 * Since: 0.9
 */
typedef void (*HeinDatagramsFunc) (gpointer data);

HEIN_API
HeinDatagrams *hein_datagrams_new (HeinEndpoint *endpoint,
                                   const struct sockaddr *address,
                                   HeinDatagramsFunc ready,
                                   gpointer data);
HEIN_API
void hein_datagrams_free (HeinDatagrams *self);
HEIN_API
void hein_datagrams_get_address (HeinDatagrams *self,
                                 struct sockaddr_storage *address);
HEIN_API
gboolean hein_datagrams_send (HeinDatagrams *self,
                              const struct sockaddr *to,
                              const guint8 *data,
                              gsize size,
                              guint n_hops,
                              gboolean comes_back);
HEIN_API
gboolean hein_datagrams_receive (HeinDatagrams *self,
                                 struct sockaddr_storage *from,
                                 guint8 *data,
                                 gsize *size);
HEIN_API
guint64 hein_datagrams_get_n_overrun (HeinDatagrams *self);

G_END_DECLS
