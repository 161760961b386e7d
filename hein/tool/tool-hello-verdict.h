/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-hello-finding.h"

G_BEGIN_DECLS

/* Why two sides do not hear each other, from what both of them know. */

/*
 * Looks at nothing but its arguments, so both sides come to the same verdict
 * in the same words. @theirs: NULL when nothing has come from there.
 */
void tool_hello_judge (ToolHelloVerdict *self,
                       const ToolHelloEvidence *mine,
                       const ToolHelloEvidence *theirs);
G_END_DECLS
