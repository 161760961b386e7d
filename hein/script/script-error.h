/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Errors of the modules that run scripts. */

G_BEGIN_DECLS

/* Sets HEIN_ERROR_BAD_PLUGIN; returns FALSE. */
static inline gboolean G_GNUC_PRINTF (2, 3)
  script_refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_propagate_error (error,
                     g_error_new_valist (HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN,
                                         format, arguments));
  va_end (arguments);
  return FALSE;
}

G_END_DECLS
