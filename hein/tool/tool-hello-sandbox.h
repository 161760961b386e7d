/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* Sandboxes that keep a program from the network. */

/* Whether a sandbox keeps this process from the network, and whose it is. */
void tool_hello_sandbox_look (ToolHelloEvidence *mine);
/* Whether the file /.flatpak-info, whose text it is, shares the network; names
 * the application. */
gboolean tool_hello_sandbox_read_flatpak (ToolHelloEvidence *mine,
                                          const char *text);

G_END_DECLS
