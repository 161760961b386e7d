/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-subject.h"
#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* The interface that an address uses. */

/* Looks which interface the address uses, what is wrong with it, and how this
 * side is called. @heard: the interface by which the other side has come; 0:
 * none. Returns the index of the interface that the address names; 0: none. */
guint
tool_hello_link_look (ToolHelloEvidence *mine, ToolDoctor *doctor, guint heard);

G_END_DECLS
