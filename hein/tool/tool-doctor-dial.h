/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-subject.h"

/* Dialling an address, to see what comes of it. */

G_BEGIN_DECLS

/* Dials once, as a bus that is called @name, and reports who is there, or what
 * breaks. @name: NULL for the name that the identity in the address is for, or
 * "doctor". It takes at most half a minute. */
void tool_doctor_dial (ToolDoctor *self, const char *name);

G_END_DECLS
