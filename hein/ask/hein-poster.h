/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-call.h"
#include "core/hein-core-state.h"

/* The side of a bus that keeps messages in a spool until they are handled. */

G_BEGIN_DECLS

/* The limit of a spool unless the application sets one. */
#define HEIN_SPOOL_LIMIT ((guint64) 256 * 1024 * 1024)

/* Opens the spool of a bus that has none yet. */
gboolean hein_poster_open (HeinCore *self,
                           const char *path,
                           guint64 limit,
                           GError **error);
/* Puts a message into the spool; @call ends when it is on the disk. Takes
 * ownership of @call. @to NULL: the strategy chooses. */
void hein_poster_post (HeinCore *self,
                       HeinCall *call,
                       const char *to,
                       HeinMessage *message);
/* Takes what the writer has done: for HEIN_NEWS_SPOOLED. */
void hein_poster_hear (HeinCore *self);
/* The bus begins to close: all that was posted is written first. */
void hein_poster_end (HeinCore *self);
void hein_poster_free (HeinCore *self);
/* How many messages are in the spool, and are not settled. */
guint hein_poster_count (HeinCore *self);
/* NULL: there is none. */
const char *hein_poster_get_path (HeinCore *self);

G_END_DECLS
