/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Files of lines with a name and digits. */

G_BEGIN_DECLS

/*
 * What files say of who is there: lines of
 *
 *   name digits
 *
 * where the digits are 32 bytes in hexadecimal, and the name, which may have
 * spaces in it, is that of a bus. Blank lines and those that begin with # are
 * skipped.
 */
#define TLS_LINE_SIZE 32

/* One line; FALSE with @error, which tells nothing of the digits. */
typedef gboolean (*TlsLineFunc) (gpointer data,
                                 const char *name,
                                 const guint8 *bytes,
                                 GError **error);

/* What the digits are, for errors. */
typedef struct
{
  const char *digits;   /* such as "key" */
  gboolean takes_zeros; /* no random key is that */
} TlsLineRule;

/* @text has @size bytes and a 0 behind them; it is changed. Returns how many
 * lines there were, -1 with @error, which names the line. */
int tls_lines_read (const TlsLineRule *rule,
                    char *text,
                    gsize size,
                    TlsLineFunc add,
                    gpointer data,
                    GError **error);

G_END_DECLS
