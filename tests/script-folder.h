/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* A folder of plugins that are scripts, among them those of the READMEs. */

G_BEGIN_DECLS

/* Makes it, and puts it in front of HEIN_PLUGIN_PATH. (transfer full) */
char *script_folder_make (void);
/* Removes it with what is in it. */
void script_folder_remove (char *folder);
void script_folder_write (const char *folder,
                          const char *file,
                          const char *text,
                          gssize size);
/* Writes the program of a README, such as transports, in a language, such as
 * python. */
void script_folder_write_example (const char *folder,
                                  const char *file,
                                  const char *kind,
                                  const char *language);

G_END_DECLS
