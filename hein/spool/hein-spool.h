/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-spool-index.h"

/*
 * A spool: messages in a folder, which stay there until they are settled, also
 * when the process ends. In memory is where each of them lies, but not what it
 * says. Used on one thread.
 */

G_BEGIN_DECLS

typedef struct _HeinSpool HeinSpool;

/* @limit: of the bytes of all files. @told: see hein_spool_writer_new. */
HeinSpool *hein_spool_open (const char *path,
                            guint64 limit,
                            HeinSpoolStock *stock,
                            void (*told) (gpointer data),
                            gpointer data,
                            GError **error);
/* @is_fork: it belongs to the parent of this process. */
void hein_spool_free (HeinSpool *self, gboolean is_fork);

/* Begins to write a message. WOULD_BLOCK: the spool is full. */
HeinSpoolEntry *hein_spool_append (HeinSpool *self,
                                   GBytes *body,
                                   gpointer data,
                                   GError **error);
/* Returns the data of the next message that is on the disk, or with @error
 * could not be written, and is forgotten; NULL: none. */
gpointer hein_spool_take_done (HeinSpool *self, GError **error);
/* Waits until everything is written. */
void hein_spool_flush (HeinSpool *self);
/* The body of a message. (transfer full) */
GBytes *
hein_spool_read (HeinSpool *self, HeinSpoolEntry *entry, GError **error);
/* The message is not needed any more; frees @entry. */
void hein_spool_settle (HeinSpool *self, HeinSpoolEntry *entry);
guint64 hein_spool_get_size (HeinSpool *self);
/* The number that the next message gets. */
guint64 hein_spool_get_next (HeinSpool *self);
const char *hein_spool_get_path (HeinSpool *self);

G_END_DECLS
