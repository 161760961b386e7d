/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Files of keys, as the transport udp-multicast reads them: 32 bytes or 64 hex
 * digits are a key; a ring has lines of
 *
 *   epoch key not-before not-after
 *
 * with blank lines and those that begin with `#` between.
 */
#define TOOL_KEY_SIZE 32
#define TOOL_RING_MAX 4 /* keys */

typedef struct
{
  guint n_keys;
  guint64 last_epoch;
  gboolean ends_line; /* the last line has its newline */
} ToolRing;

/* Whether only this user can read what is open as @fd: a regular file of mode
 * 0600 or 0400. */
gboolean tool_key_check_mode (const char *path, int fd, GError **error);
/* The same of a file; what is in it is not looked at. */
gboolean tool_key_check_file (const char *path, GError **error);
/* Reads the ring from where @fd is. No key is ever told. */
gboolean
tool_ring_read (ToolRing *self, const char *path, int fd, GError **error);
gboolean tool_ring_check_file (const char *path, guint *n_keys, GError **error);

G_END_DECLS
