/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* The datagram in which a side tells what it knows. */

#define TOOL_HELLO_SIZE 640 /* bytes; a larger one ends with zeros */
#define TOOL_HELLO_MAX  65507
/* held_us: an hour */
#define TOOL_HELLO_HELD_MAX (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

/* Writes TOOL_HELLO_SIZE bytes. */
void tool_hello_wire_write (const ToolHelloEvidence *self,
                            ToolHelloWayId way,
                            guint8 *to);
/* Returns FALSE for anything that tool_hello_wire_write() does not write: then
 * neither @self nor @way is of use. Texts are printable ASCII. */
gboolean tool_hello_wire_read (ToolHelloEvidence *self,
                               ToolHelloWayId *way,
                               const guint8 *data,
                               gsize size);

G_END_DECLS
