/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "io/hein-loop.h"
#include "message/hein-access-private.h"

/* The access file of a stream endpoint. */

G_BEGIN_DECLS

typedef struct
{
  char *path;             /* owned, nullable: the option of the address */
  HeinAccessFile *file;   /* owned: while it is open */
  HeinTimer timer;        /* looks for changes */
  HeinEndpoint *endpoint; /* borrowed; while it is open */
} HeinStreamAccess;

GParamSpec *hein_stream_access_make_property (void);
/* Reads the file, if there is one. */
gboolean hein_stream_access_open (HeinStreamAccess *self,
                                  HeinEndpoint *endpoint,
                                  GError **error);
/* Peers that are still there keep the rules as they are now. */
void hein_stream_access_close (HeinStreamAccess *self);
void hein_stream_access_clear (HeinStreamAccess *self);

G_END_DECLS
