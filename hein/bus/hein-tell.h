/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-bus-state.h"

G_BEGIN_DECLS

/* Tells the messages that are next, or puts them into the inbox; needs one. */
void hein_tell_messages (HeinBus *self, gint64 end_us);
/* Whether something in the inbox waits, and somebody listens now. */
gboolean hein_tell_has_offer (HeinBus *self);
/* FALSE with FAILED: somebody listens, so that nothing comes to who receives. */
gboolean hein_tell_check_receiver (HeinBus *self, GError **error);
/* Lets go of what hein_bus_set_handler was given, by g_clear_pointer. */
void hein_handler_release (HeinHandler *self);

G_END_DECLS
