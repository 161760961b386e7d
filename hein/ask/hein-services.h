/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-request.h>

#include "core/hein-core-state.h"

G_BEGIN_DECLS

/* Who answers which requests, in a counted box (g_rc_box_acquire): it may be taken
 * out by the very function that runs, whose data has to stay. */
typedef struct
{
  char *pattern; /* owned */
  HeinRequestFunc func;
  gpointer data;
  GDestroyNotify destroy; /* nullable */
} HeinService;

void hein_service_release (HeinService *self);

/* DUPLICATE when @pattern is served already, and as hein_pattern_check; then
 * @destroy is not called. */
gboolean hein_services_add (HeinCore *core,
                            const char *pattern,
                            HeinRequestFunc func,
                            gpointer data,
                            GDestroyNotify destroy,
                            GError **error);
/* FALSE: it was not served. */
gboolean hein_services_remove (HeinCore *core, const char *pattern);
/* Who serves the topic, which need not be terminated: its own service, or of those
 * with stars the first one that was added. (transfer none) (nullable) */
HeinService *
hein_services_find (HeinCore *core, const char *topic, gsize topic_size);
void hein_services_free (HeinCore *core);

G_END_DECLS
