/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Writing secrets into files. */

G_BEGIN_DECLS

typedef enum
{
  HEIN_SECRET_WRITE_NEW, /* fails where a file exists already */
  HEIN_SECRET_WRITE_REPLACE /* atomically: readers see the old file or the new one */
} HeinSecretWriteHow;

/*
 * Writes a file of @mode, which survives a crash whole or not at all.
 *
 * Errors: of #GIOErrorEnum, among them `G_IO_ERROR_EXISTS`,
 * `G_IO_ERROR_NOT_FOUND` for a missing folder, and
 * `G_IO_ERROR_NOT_REGULAR_FILE` for a device, a FIFO, a folder or a socket in
 * place of which none is put.
 */
gboolean hein_secret_write_file (const char *path,
                                 const char *text,
                                 gsize size,
                                 int mode,
                                 HeinSecretWriteHow how,
                                 GError **error);
/* Returns FALSE, with errno set, when @fd did not take everything. */
gboolean hein_secret_write_all (int fd, const char *text, gsize size);

G_END_DECLS
