/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Writes a file of @mode that outlives a crash whole, or not at all.
 *
 * Errors: of #GIOErrorEnum, `G_IO_ERROR_EXISTS` among them.
 */
typedef enum
{
  TLS_WRITE_NEW,    /* nothing is overwritten */
  TLS_WRITE_REPLACE /* in one step: who reads it sees the one or the other */
} TlsWriteHow;

gboolean tls_write_file (const char *path,
                         const char *text,
                         gsize size,
                         int mode,
                         TlsWriteHow how,
                         GError **error);

G_END_DECLS
