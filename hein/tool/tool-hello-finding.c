/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-finding.h"

#include <string.h>

/* Fills in a verdict. */

gboolean
tool_hello_find (ToolHelloVerdict *self,
                 const char *word,
                 const ToolHelloEvidence *where,
                 char *command,
                 const char *format,
                 ...)
{
  va_list arguments;

  self->outcome = TOOL_HELLO_BROKEN;
  self->word = word;
  self->where = where != NULL ? g_strdup (where->label) : NULL;
  self->command = command;
  va_start (arguments, format);
  self->text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return TRUE;
}

void
tool_hello_verdict_clear (ToolHelloVerdict *self)
{
  g_free (self->text);
  g_free (self->where);
  g_free (self->command);
  memset (self, 0, sizeof *self);
}
