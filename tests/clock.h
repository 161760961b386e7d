/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The clock of the test: a program that calls this has it in all of hein, which
 * reads the time and sets timers by functions that are here. */
void clock_advance (gint64 by_us);

G_END_DECLS
