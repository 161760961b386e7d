/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a module that runs scripts, such as hein-python.so, offers the registry
 * of plugins. */

G_BEGIN_DECLS

#define HEIN_SCRIPT_MODULE_ABI 2

/* What hein_plugin_find_module() finds: the symbol is `hein_python_module` in
 * hein-python.so. */
typedef struct
{
  guint32 abi;  /* HEIN_SCRIPT_MODULE_ABI */
  guint32 size; /* of this structure, in bytes */

  /* Runs the script @text, once, in the interpreter of the process; the first
   * call starts one where none is running. The script calls
   * hein_plugin_add(). @path is for messages only. The text of an error
   * continues a sentence that begins with the path: "line 3: …". Thread: the
   * loader's. */
  gboolean (*run) (const char *path, const char *text, GError **error);
  /* Fails when objects of scripts cannot be made on this thread; NULL: they
   * can on any. Thread: any. */
  gboolean (*check_thread) (GError **error);
} HeinScriptModule;

G_END_DECLS
