/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-report.h"
#include "tool-hello-talk.h"
#include "tool-hello-finding.h"

G_BEGIN_DECLS

/* What the doctor prints of two sides. */

/* Adds what was seen, and the verdict, to a report. */
void tool_hello_tell (ToolReport *report,
                      const ToolHelloTalk *talk,
                      const ToolHelloVerdict *verdict);

G_END_DECLS
