/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

/* Streams over devices, such as serial lines. */

G_BEGIN_DECLS

/* Like hein_stream_new_socket, for a descriptor that is not a socket. Not for
 * pipes, since writing to those could raise SIGPIPE. @first (nullable,
 * transfer full) is read before anything else; without it, what a terminal has
 * received before is thrown away. */
HeinStream *hein_stream_new_file (int fd, GBytes *first);
/* Returns how many bytes were read of it. */
guint64 hein_stream_file_count_read (HeinStream *self);

G_END_DECLS
