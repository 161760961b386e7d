/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <poll.h>

#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* The connection that an address of TCP asks for, and what is said over it. */

typedef struct _ToolHelloStream ToolHelloStream;

#define TOOL_HELLO_STREAM_FDS 10

/* Listens at once where that is the role of @mine; a port that is taken by a
 * program is as good, and a flag of @mine. */
ToolHelloStream *tool_hello_stream_new (ToolHelloEvidence *mine);
void tool_hello_stream_free (ToolHelloStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolHelloStream, tool_hello_stream_free)

/* Dials again where that has come to nothing yet, and says what @mine says
 * where somebody understands it. */
void tool_hello_stream_round (ToolHelloStream *self,
                              ToolHelloEvidence *mine,
                              guint round);
/* Adds what to wait for; at most TOOL_HELLO_STREAM_FDS. */
guint tool_hello_stream_poll (ToolHelloStream *self, struct pollfd *fds);
/* Returns whether something came, and fills in @theirs then: ask again. */
gboolean tool_hello_stream_receive (ToolHelloStream *self,
                                    ToolHelloEvidence *theirs);

G_END_DECLS
