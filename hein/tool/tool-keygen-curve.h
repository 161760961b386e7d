/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Making the key files of CURVE. */

/* Makes a certificate for CURVE: the public half at @path, and a file of both
 * halves beside it. Returns the exit code of the program. */
int tool_keygen_curve (const char *path);
