/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-spool-format.h"

/* Reading all records of a file of a spool, also of a damaged one. */

G_BEGIN_DECLS

typedef struct
{
  HeinSpoolHeader header;
  gsize n_torn;    /* bytes at the end that are no whole record */
  gsize n_damaged; /* bytes between records that are none */
  guint n_holes;   /* places where such bytes are */
} HeinSpoolScan;

/* @offset: where the record begins. */
typedef void (*HeinSpoolFound) (const HeinSpoolRecord *record,
                                gsize offset,
                                gsize size,
                                gpointer data);

/* Calls @found for each record. Fails for what is no spool, or of a version
 * that is not known; a beginning that is cut off is an empty file. */
gboolean hein_spool_scan (HeinSpoolScan *self,
                          const guint8 *bytes,
                          gsize size,
                          HeinSpoolFound found,
                          gpointer data,
                          GError **error);

G_END_DECLS
