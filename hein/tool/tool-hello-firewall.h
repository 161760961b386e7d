/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* The firewall of this machine. */

/* Who manages the firewall of this machine, and where it drops. Rules are read
 * only as root, as the kernel wants it. */
void tool_hello_firewall_look (ToolHelloEvidence *mine);
/* What `nft list ruleset` printed. FALSE: nothing in it filters. */
gboolean tool_hello_firewall_read (ToolHelloEvidence *mine, const char *rules);

G_END_DECLS
