/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-request.h>

#include "core/hein-core-state.h"

G_BEGIN_DECLS

/* A function that answers requests. Reference-counted (g_rc_box_acquire),
 * because a function may remove itself while it runs, and its data must outlive
 * the call. */
typedef struct
{
  char *pattern; /* owned */
  HeinRequestFunc func;
  gpointer data;
  GDestroyNotify destroy; /* nullable */
} HeinService;

void hein_service_release (HeinService *self);

/* Adds a service. Fails with DUPLICATE when @pattern is served already, or like
 * hein_pattern_check; @destroy is not called then. */
gboolean hein_services_add (HeinCore *core,
                            const char *pattern,
                            HeinRequestFunc func,
                            gpointer data,
                            GDestroyNotify destroy,
                            GError **error);
/* Removes a service; FALSE: there was none. */
gboolean hein_services_remove (HeinCore *core, const char *pattern);
/* Finds the service for a topic, which need not be terminated: one of exactly
 * that topic, or the first added one whose pattern matches. (transfer none)
 * (nullable) */
HeinService *
hein_services_find (HeinCore *core, const char *topic, gsize topic_size);
void hein_services_free (HeinCore *core);

G_END_DECLS
