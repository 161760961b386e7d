/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "hein-script-module.h"

/* Plugins that are scripts: files called hein-NAME.py or hein-NAME.js. */

G_BEGIN_DECLS

typedef struct
{
  const char *suffix; /* of the scripts, with its dot */
  const char *name;
  const char *module;             /* name of what runs them */
  const HeinScriptModule *engine; /* atomic; NULL until it is loaded */
} HeinScriptLanguage;

/* The languages that there may be scripts in. */
extern HeinScriptLanguage hein_script_languages[];
extern const guint hein_script_n_languages;

/* Returns NAME of hein-NAME.py, hein-NAME.js and so on, and in @language what
 * it is written in; NULL when the file is not called like that. (transfer
 * full) */
char *hein_script_dup_name (const char *file, HeinScriptLanguage **language);
/* Returns what the first comment of a script says of it: the first line of
 * comment that is not for the system, such as #!; otherwise what it is.
 * (transfer full) */
char *hein_script_dup_description (const HeinScriptLanguage *language,
                                   const char *text);
/* Fails when @file (nullable) is a script whose objects cannot be made on this
 * thread. Errors: HEIN_ERROR_FAILED. */
gboolean hein_script_check_thread (const char *file, GError **error);

G_END_DECLS
