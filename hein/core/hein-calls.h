/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-core-state.h"

G_BEGIN_DECLS

/* Ends the calls whose GCancellable was cancelled. */
void hein_calls_sweep (HeinCore *self);
/* A call that @cancellable ends. */
HeinCall *hein_calls_begin (HeinCore *self,
                            gpointer tag,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* The same, of another source than the bus, which @call has to keep alive. */
HeinCall *hein_calls_begin_of (HeinCore *self,
                               gpointer source,
                               gpointer tag,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* For a bus that no turn will follow of: in a forked child, or once it was
 * disposed of. TRUE: @callback will be told so by the context of the bus. */
gboolean hein_calls_refuse (HeinCore *self,
                            gpointer source,
                            gpointer tag,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* @call, which is kept elsewhere, waits: @cancel ends it (hein_calls_end) when
 * its GCancellable is cancelled and, where it @ends_with_bus, when the bus
 * begins to close. */
void hein_calls_pend (HeinCore *self,
                      HeinCall *call,
                      void (*cancel) (HeinCall *call, GError *error),
                      gboolean ends_with_bus);
/* It goes on by other means. */
void hein_calls_unpend (HeinCore *self, HeinCall *call);
/* The outcome is set. Takes @call. */
void hein_calls_end (HeinCore *self, HeinCall *call);
/* The bus begins to close. */
void hein_calls_end_all (HeinCore *self);
/* Takes @call and @error. */
void hein_calls_fail (HeinCore *self, HeinCall *call, GError *error);

G_END_DECLS
