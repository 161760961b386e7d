/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "secret/hein-secret-stamp.h"

/* Noticing when files have changed after they were read. */

G_BEGIN_DECLS

/* Watches files for changes since they were read. */
#define TLS_WATCH_MAX 2

typedef struct
{
  char *path;           /* owned; NULL: no more files */
  HeinSecretStamp read; /* what the file was when it was read */
  HeinSecretStamp seen; /* and when it was looked at */
} TlsWatchedFile;

typedef struct
{
  TlsWatchedFile files[TLS_WATCH_MAX];
} TlsWatch;

/* Must be called before the files are read: anything written later is seen as
 * new. */
void tls_watch_init (TlsWatch *self, const char *path, const char *other);
void tls_watch_clear (TlsWatch *self);
/* TRUE: one of them has changed, and then all stayed for a look: read them. */
gboolean tls_watch_look (TlsWatch *self);

G_END_DECLS
