/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-bus-state.h"

/* Delivery of messages to the application: handler, signals or inbox. */

G_BEGIN_DECLS

/* Delivers the next messages, until about @end_us, or moves them to the inbox
 * when nobody listens. The caller makes sure that there is at least one. */
void hein_delivery_run (HeinBus *self, gint64 end_us);
/* Returns whether messages wait in the inbox although somebody listens now. */
gboolean hein_delivery_is_due (HeinBus *self);
/* Fails with HEIN_ERROR_FAILED while a handler takes the messages: a call that
 * receives would wait in vain. */
gboolean hein_delivery_check_receiver (HeinBus *self, GError **error);
/* Drops a reference to the box of a handler. */
void hein_handler_release (HeinHandler *self);

G_END_DECLS
