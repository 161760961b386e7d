/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-plugin-tls.h"

#include <gmodule.h>

#include <hein/hein-error.h>

#include "hein-plugin-file.h"
#include "hein-plugin-load.h"

/* Finds and loads the TLS module, which is not a plugin. */

#define SYMBOL "hein_tls_module"
/* Without the prefix libhein-, so that the module is not tried as a plugin. */
#define FILE_NAME "hein-tls." G_MODULE_SUFFIX

static const HeinTlsModule *found; /* atomic; NULL until it is loaded */

static gboolean
check (const HeinTlsModule *module, GError **error)
{
  if (module == NULL)
    return hein_plugin_refuse (error, "is not hein's: no symbol " SYMBOL);
  if (module->abi != HEIN_TLS_MODULE_ABI || module->size != sizeof *module)
    return hein_plugin_refuse (error,
                               "is of another version of hein (%u of %u bytes; "
                               "here it is %u of %u)",
                               module->abi, module->size, HEIN_TLS_MODULE_ABI,
                               (guint) sizeof *module);
  return TRUE;
}

static const HeinTlsModule *
load (GError **error)
{
  const HeinTlsModule *module = NULL;
  g_autofree char *path = NULL;
  GModule *file = hein_plugin_open_file (FILE_NAME, &path, error);

  if (file == NULL)
    return NULL;
  g_module_symbol (file, SYMBOL, (gpointer *) &module);
  if (!check (module, error))
    {
      g_prefix_error (error, "%s: ", path);
      g_module_close (file);
      return NULL;
    }
  g_module_make_resident (file);
  g_module_close (file);
  g_debug ("loaded %s", path);
  return module;
}

const HeinTlsModule *
hein_plugin_find_tls (GError **error)
{
  const HeinTlsModule *module = g_atomic_pointer_get (&found);

  if (module != NULL)
    return module;
  module = load (error);
  if (module != NULL)
    g_atomic_pointer_set (&found, module);
  return module;
}

void
hein_plugin_set_tls (const HeinTlsModule *module)
{
  g_atomic_pointer_set (&found, module);
}
