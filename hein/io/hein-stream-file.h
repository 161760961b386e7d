/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

/* Streams over devices, such as serial lines. */

G_BEGIN_DECLS

/* Like hein_stream_new_socket, for a descriptor that is not a socket. Not for
 * pipes, since writing to those could raise SIGPIPE. */
HeinStream *hein_stream_new_file (int fd);

G_END_DECLS
