/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A folder for the files of an explorer: keys, and what is allowed. */

G_BEGIN_DECLS

/* Makes the folder, with a key that all may share. */
void keys_begin (void);
void keys_end (void);
const char *keys_get_folder (void);
void keys_write (const char *name, const char *digits);

G_END_DECLS
