/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whose deliveries a bus knew, and knows no more. */

G_BEGIN_DECLS

typedef struct
{
  GArray *entries; /* owned; NULL until there is one */
  guint next;      /* the oldest one, once there are as many as may be */
} HeinForgotten;

void hein_forgotten_clear (HeinForgotten *self);
void
hein_forgotten_add (HeinForgotten *self, const char *instance, gint64 now_us);
/* Returns whether @instance may be one of them. FALSE is certain. */
gboolean hein_forgotten_may_contain (const HeinForgotten *self,
                                     const char *instance,
                                     gint64 now_us);

G_END_DECLS
