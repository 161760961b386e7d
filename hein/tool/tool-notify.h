/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a service manager is told. */

G_BEGIN_DECLS

/* Tells the state, such as `READY=1`, if a service manager has asked for that;
 * a manager that is gone is none of the caller's troubles. */
void tool_notify (const char *state);

G_END_DECLS
