/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "request-ends.h"

/* The side that delivers messages, for tests of receipts. */

G_BEGIN_DECLS

/* What became of a delivery. */
typedef struct
{
  guint n_done;
  guint *n_all; /* nullable: counted with others */
  HeinReceipt *receipt;
  GError *error;
} Delivered;

void delivered_clear (Delivered *self);
/* For hein_bus_deliver_async and the like. */
void delivered_on_done (GObject *source, GAsyncResult *result, gpointer data);
void deliver_full (HeinTestBus *bus,
                   const char *topic,
                   const char *text,
                   int timeout_ms,
                   GCancellable *cancellable,
                   Delivered *delivered);
void deliver (HeinTestBus *bus,
              const char *topic,
              const char *text,
              Delivered *delivered);
/* It has ended for one peer, like this. @code: of HeinError, where it was not
 * acknowledged. */
void assert_outcome (Delivered *delivered, HeinOutcome outcome, HeinError code);
void assert_acknowledged (Delivered *delivered);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Delivered, delivered_clear)

G_END_DECLS
