/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Reading key files, in the format of the transport udp-multicast: a file of 32
 * bytes or 64 hexadecimal digits is a key; a key ring has lines of the form
 *
 *   epoch key not-before not-after
 *
 * Blank lines, and lines that begin with `#`, are ignored.
 */

#define TOOL_KEY_SIZE 32
#define TOOL_RING_MAX 4 /* keys */

typedef struct
{
  guint n_keys;
  guint64 last_epoch;
  gboolean ends_line; /* the last line ends with a newline */
} ToolRing;

/* Checks that only this user can read the open file @fd: a regular file of mode
 * 0600 or 0400. */
gboolean tool_key_check_mode (const char *path, int fd, GError **error);
/* The same check for a path; the contents are not read. */
gboolean tool_key_check_file (const char *path, GError **error);
/* Reads a ring from the current position of @fd. Errors never contain a key. */
gboolean
tool_ring_read (ToolRing *self, const char *path, int fd, GError **error);
gboolean tool_ring_check_file (const char *path, guint *n_keys, GError **error);

G_END_DECLS
