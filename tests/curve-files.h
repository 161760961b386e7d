/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A folder of certificates of CurveZMQ, as pyzmq writes them: NAME.key and
 * NAME.key_secret, and a folder "peers" of those who may come in.
 */
typedef struct
{
  char *folder; /* owned */
} CurveFiles;

CurveFiles *curve_files_new (void);
void curve_files_free (CurveFiles *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurveFiles, curve_files_free)

/* Makes both files of a new pair; @metadata: lines of it, or "". */
void
curve_files_make (CurveFiles *self, const char *name, const char *metadata);
/* Copies the public half to "peers", or takes it away. */
void curve_files_let_in (CurveFiles *self, const char *name);
void curve_files_throw_out (CurveFiles *self, const char *name);
/* (transfer full) */
char *curve_files_dup_path (CurveFiles *self, const char *name);
void curve_files_write (CurveFiles *self,
                        const char *name,
                        int mode,
                        const char *text);
/* The public key of NAME in Z85. (transfer full) */
char *curve_files_dup_key (CurveFiles *self, const char *name);

/* Addresses behind @base, with the options of a server or a client. (transfer
 * full) */
char *
curve_files_dup_server (CurveFiles *self, const char *base, const char *name);
char *curve_files_dup_client (CurveFiles *self,
                              const char *base,
                              const char *name,
                              const char *server);

G_END_DECLS
