/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-subject.h"

/* Examining an address of udp-multicast: interfaces, routes, sockets. */

G_BEGIN_DECLS

void tool_doctor_check_group (ToolDoctor *self);

G_END_DECLS
