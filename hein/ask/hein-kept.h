/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* Retained values that others ask for. */

G_BEGIN_DECLS

/* The topic of a request for a retained value is this and the topic of the
 * value. A bus that does not know it serves no such topic, and says so. */
#define HEIN_KEPT_PREFIX "$hein/get/"

/* Returns the topic of the value that a request is for; NULL: it is another
 * request. */
const char *hein_kept_get_topic (const HeinMessage *request);
/* Answers a request for the value of @topic. FALSE with the reason to refuse
 * it. */
gboolean hein_kept_answer (HeinCore *self,
                           HeinMessage *request,
                           const char *topic,
                           GError **error);

G_END_DECLS
