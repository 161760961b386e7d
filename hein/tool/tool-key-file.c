/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-key-file.h"

#include <errno.h>
#include <string.h>

#include "secret/hein-secret-write.h"
#include "tool-options.h"
#include "tool-status.h"

/* Makes new key files, and explains why one cannot be made. */

int
tool_key_file_complain (const char *path, const char *what)
{
  tool_complain ("%s: %s: %s", path, what, g_strerror (errno));
  return TOOL_FAILED;
}

int
tool_key_file_make (const char *path, const char *text, guint mode)
{
  g_autoptr (GError) error = NULL;

  if (hein_secret_write_file (path, text, strlen (text), mode,
                              HEIN_SECRET_WRITE_NEW, &error))
    return TOOL_DONE;
  tool_complain ("%s", error->message);
  return TOOL_FAILED;
}
