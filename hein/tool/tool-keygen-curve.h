/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Makes a certificate for CURVE: @path, its public half, and both halves beside it.
 * Returns what the program ends with. */
int tool_keygen_curve (const char *path);
