/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-mcap.h"

/* The bytes of a file, which may become longer or shorter meanwhile. */

G_BEGIN_DECLS

typedef struct
{
  int fd; /* borrowed */
  guint64 size;
  guint64 offset; /* of what is read next */
  /* what stands at the end of the file; chunks is NULL: not looked up */
  GArray *chunks;     /* guint64: where they begin, rising */
  guint64 n_messages; /* G_MAXUINT64: not known */
} HeinMcapSource;

/* FALSE with @error: it is no MCAP file. */
gboolean hein_mcap_source_open (HeinMcapSource *self, int fd, GError **error);
void hein_mcap_source_clear (HeinMcapSource *self);
/* FALSE without @error: less is left than the head of a record. */
gboolean hein_mcap_source_read_head (HeinMcapSource *self,
                                     guint8 *opcode,
                                     guint64 *size,
                                     GError **error);
/* Replaces the content of @bytes by what comes next. */
gboolean hein_mcap_source_read (HeinMcapSource *self,
                                GByteArray *bytes,
                                gsize size,
                                GError **error);
/* Goes to the next chunk that the index at the end of the file knows; FALSE:
 * there is none. */
gboolean hein_mcap_source_find_chunk (HeinMcapSource *self);
/* How many messages the file says that it has; G_MAXUINT64: it does not say. */
guint64 hein_mcap_source_get_n_messages (HeinMcapSource *self);

G_END_DECLS
