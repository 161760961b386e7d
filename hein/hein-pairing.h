/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* Making the keys of two peers known to each other by a code. */

G_BEGIN_DECLS

#define HEIN_TYPE_PAIRING (hein_pairing_get_type ())

HEIN_API
G_DECLARE_FINAL_TYPE (HeinPairing, hein_pairing, HEIN, PAIRING, GObject)

HEIN_API
HeinPairing *
hein_pairing_new (const char *identity, const char *peers, const char *name);
HEIN_API
guint hein_pairing_get_life_ms (HeinPairing *self);
HEIN_API
void hein_pairing_set_life_ms (HeinPairing *self, guint life_ms);
HEIN_API
const char *hein_pairing_get_code (HeinPairing *self);
HEIN_API
const char *hein_pairing_get_address (HeinPairing *self);
HEIN_API
const char *hein_pairing_get_uri (HeinPairing *self);
HEIN_API
guint hein_pairing_get_remaining (HeinPairing *self);
HEIN_API
gboolean hein_pairing_prepare (HeinPairing *self, GError **error);
HEIN_API
void hein_pairing_listen_async (HeinPairing *self,
                                const char *address,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
HEIN_API
char *hein_pairing_listen_finish (HeinPairing *self,
                                  GAsyncResult *result,
                                  GError **error);
HEIN_API
void hein_pairing_dial_async (HeinPairing *self,
                              const char *address,
                              const char *code,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
HEIN_API
char *hein_pairing_dial_finish (HeinPairing *self,
                                GAsyncResult *result,
                                GError **error);

G_END_DECLS
