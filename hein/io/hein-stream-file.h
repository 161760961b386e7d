/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-stream.h"

G_BEGIN_DECLS

/* A stream over a descriptor that is no socket, such as a serial line: as
 * hein_stream_new_socket. Writes raise no SIGPIPE on devices; pipes are not for
 * this. */
HeinStream *hein_stream_new_file (int fd);

G_END_DECLS
