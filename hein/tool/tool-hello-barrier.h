/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-finding.h"

G_BEGIN_DECLS

/* The rows of the verdict that are about firewalls: which side drops. */

gboolean tool_hello_row_firewall_out (ToolHelloVerdict *verdict,
                                      const ToolHelloEvidence *self,
                                      const ToolHelloEvidence *other);
gboolean tool_hello_row_misrouted (ToolHelloVerdict *verdict,
                                   const ToolHelloEvidence *self,
                                   const ToolHelloEvidence *other);
gboolean tool_hello_row_firewall_in (ToolHelloVerdict *verdict,
                                     const ToolHelloEvidence *self,
                                     const ToolHelloEvidence *other);

G_END_DECLS
