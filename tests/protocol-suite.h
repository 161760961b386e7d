/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-law.h"
#include "hein-test.h"

G_BEGIN_DECLS

/*
 * What every protocol has to stand, by the public API alone, so that one in a
 * script is held to the same. A conversation of two buses is recorded between
 * them; then what the dialler said is said again: cut in two at every place,
 * broken off at every place, and with bytes changed.
 *
 * @protocol: its name in addresses, as in tcp+<protocol>://
 */
void hein_protocol_suite_add (const char *protocol);
/* Calls @func with each law. */
void hein_protocol_suite_foreach_law (HeinLawFunc func, gpointer data);

G_END_DECLS
