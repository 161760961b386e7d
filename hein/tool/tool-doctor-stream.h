/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-subject.h"

/* Examining an address of a stream transport: TCP or a Unix socket. */

G_BEGIN_DECLS

void tool_doctor_check_tcp (ToolDoctor *self);
void tool_doctor_check_unix (ToolDoctor *self);

G_END_DECLS
