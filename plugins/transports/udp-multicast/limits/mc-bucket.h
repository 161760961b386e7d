/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A token bucket: so many per second, and so many at once. */
typedef struct
{
  guint64 rate;
  guint64 depth;
  guint64 level; /* in millionths */
  gint64 filled_us;
} McBucket;

/* @rate: above 0, and up to 10^12. It begins full. */
void
mc_bucket_init (McBucket *self, guint64 rate, guint64 depth, gint64 now_us);
/* A cost greater than the depth is let through when the bucket is full. */
gboolean mc_bucket_take (McBucket *self, guint64 n, gint64 now_us);
/* When mc_bucket_take() will do it. */
gint64 mc_bucket_get_due (const McBucket *self, guint64 n);

G_END_DECLS
