/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "base/hein-call.h"
#include "hein-core-state.h"

/* The pending asynchronous calls of a bus. */

G_BEGIN_DECLS

/* Ends the calls whose GCancellable has been cancelled, until @end_us. Returns
 * FALSE when there may be more. */
gboolean hein_calls_sweep (HeinCore *self, gint64 end_us);
/* Makes a call that @cancellable can end. */
HeinCall *hein_calls_begin (HeinCore *self,
                            gpointer tag,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* The same with another source object than the bus. Something of the call must
 * keep the bus alive. */
HeinCall *hein_calls_begin_of (HeinCore *self,
                               gpointer source,
                               gpointer tag,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
/* For a bus that will make no more turns, being in a forked child or disposed
 * of. TRUE: it is such a bus, and its context will call @callback with an
 * error. */
gboolean hein_calls_refuse (HeinCore *self,
                            gpointer source,
                            gpointer tag,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
/* Registers @call, which its caller keeps, as pending: @cancel must end it
 * (hein_calls_end) when its GCancellable is cancelled and, if it
 * @ends_with_bus, when the bus starts to close. */
void hein_calls_pend (HeinCore *self,
                      HeinCall *call,
                      void (*cancel) (HeinCall *call, GError *error),
                      gboolean ends_with_bus);
/* Unregisters a call that can no longer be cancelled, but has not ended. */
void hein_calls_unpend (HeinCore *self, HeinCall *call);
/* Ends a call whose outcome has been set. Takes ownership of @call. */
void hein_calls_end (HeinCore *self, HeinCall *call);
/* Cancels the pending calls that end when the bus starts to close. */
void hein_calls_end_all (HeinCore *self);
/* Ends a call with an error. Takes ownership of @call and @error. */
void hein_calls_fail (HeinCore *self, HeinCall *call, GError *error);

G_END_DECLS
