/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-subject.h"
#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* What a side sees alone: its address and its machine; its interface is in
 * tool-hello-link.h. */

/* FALSE with @error: such an address has nothing to look for. @dials: it dials,
 * even if the host is of this machine. */
gboolean tool_hello_facts_take_address (ToolHelloEvidence *mine,
                                        ToolDoctor *doctor,
                                        gboolean dials,
                                        GError **error);
/* Of this machine, all that does not change meanwhile. */
void tool_hello_facts_look_at_machine (ToolHelloEvidence *mine);

G_END_DECLS
