/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"

G_BEGIN_DECLS

/* Ends the calls whose GCancellable was cancelled. */
void hein_bus_sweep_cancelled (HeinBus *self);
/* A call that @cancellable ends. */
HeinCall *hein_bus_begin_call (HeinBus *self,
                               gpointer tag,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* The same, of another source than the bus, which @call has to keep alive. */
HeinCall *hein_bus_begin_call_of (HeinBus *self,
                                  gpointer source,
                                  gpointer tag,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
/* For a bus that no turn will follow of: in a forked child, or once it was
 * disposed of. TRUE: @callback will be told so by the context of the bus. */
gboolean hein_bus_refuse_call (HeinBus *self,
                               gpointer source,
                               gpointer tag,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* @call, which is kept elsewhere, waits: @cancel ends it (hein_bus_end_call) when
 * its GCancellable is cancelled and, where it @ends_with_bus, when the bus
 * begins to close. */
void hein_bus_pend_call (HeinBus *self,
                         HeinCall *call,
                         void (*cancel) (HeinCall *call, GError *error),
                         gboolean ends_with_bus);
/* The outcome is set. Takes @call. */
void hein_bus_end_call (HeinBus *self, HeinCall *call);
/* The bus begins to close. */
void hein_bus_end_calls (HeinBus *self);
/* Takes @call and @error. */
void hein_bus_end_with_error (HeinBus *self, HeinCall *call, GError *error);

G_END_DECLS
