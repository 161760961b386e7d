/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-finding.h"

G_BEGIN_DECLS

/* The rows of the verdict that are about the way from one side to the other.
 * Those of one side ask what is wrong with @self itself; the others why
 * @other does not hear @self. */

/* Whether what a program at @self sends comes to @other. */
gboolean tool_hello_passes (const ToolHelloEvidence *self,
                            const ToolHelloEvidence *other);
/* The name of what the address uses: "UDP" or "TCP". */
const char *tool_hello_name_carrier (const ToolHelloEvidence *self);

gboolean tool_hello_row_link (ToolHelloVerdict *verdict,
                              const ToolHelloEvidence *self,
                              const ToolHelloEvidence *other);
gboolean tool_hello_row_route (ToolHelloVerdict *verdict,
                               const ToolHelloEvidence *self,
                               const ToolHelloEvidence *other);
gboolean tool_hello_row_host (ToolHelloVerdict *verdict,
                              const ToolHelloEvidence *self,
                              const ToolHelloEvidence *other);
gboolean tool_hello_row_multicast (ToolHelloVerdict *verdict,
                                   const ToolHelloEvidence *self,
                                   const ToolHelloEvidence *other);
gboolean tool_hello_row_between (ToolHelloVerdict *verdict,
                                 const ToolHelloEvidence *self,
                                 const ToolHelloEvidence *other);
gboolean tool_hello_row_mtu (ToolHelloVerdict *verdict,
                             const ToolHelloEvidence *self,
                             const ToolHelloEvidence *other);

G_END_DECLS
