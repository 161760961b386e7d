/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-report.h"

#include <string.h>

#include "tool-json.h"
#include "tool-text.h"

/* Collects findings and formats them as text or JSON. */

typedef struct
{
  ToolLevel level;
  const char *subject; /* static */
  char *found;
  char *change;
} Finding;

static const char *const levels[] = { "ok", "warning", "problem" };

static void
finding_free (gpointer data)
{
  Finding *self = data;

  g_free (self->found);
  g_free (self->change);
  g_free (self);
}

void
tool_report_init (ToolReport *self)
{
  *self = (ToolReport){ NULL };
  self->findings = g_ptr_array_new_with_free_func (finding_free);
}

void
tool_report_clear (ToolReport *self)
{
  g_clear_pointer (&self->findings, g_ptr_array_unref);
  g_free (self->conclusion.found);
  g_free (self->conclusion.where);
  g_free (self->conclusion.change);
}

void
tool_report_add (ToolReport *self,
                 ToolLevel level,
                 const char *subject,
                 const char *change,
                 const char *format,
                 ...)
{
  Finding *finding = g_new0 (Finding, 1);
  va_list arguments;

  finding->level = level;
  finding->subject = subject;
  finding->change = g_strdup (change);
  va_start (arguments, format);
  finding->found = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (self->findings, finding);
  self->n_warnings += level == TOOL_WARNING;
  self->n_problems += level == TOOL_PROBLEM;
}

void
tool_report_conclude (ToolReport *self,
                      const char *word,
                      const char *found,
                      const char *where,
                      const char *change)
{
  self->conclusion.word = word;
  self->conclusion.found = g_strdup (found);
  self->conclusion.where = g_strdup (where);
  self->conclusion.change = g_strdup (change);
}

static void
append_safe (GString *text, const char *words)
{
  tool_text_append (text, words, strlen (words));
}

static void
append_conclusion (GString *text, const ToolConclusion *conclusion)
{
  if (conclusion->word == NULL)
    return;
  g_string_append_printf (text, "verdict  %s: ", conclusion->word);
  append_safe (text, conclusion->found);
  if (conclusion->change != NULL)
    {
      g_string_append (text, "\n         -> ");
      if (conclusion->where != NULL)
        {
          g_string_append (text, "at ");
          append_safe (text, conclusion->where);
          g_string_append (text, ": ");
        }
      append_safe (text, conclusion->change);
    }
  g_string_append_c (text, '\n');
}

char *
tool_report_dup_text (ToolReport *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->findings->len; i++)
    {
      const Finding *finding = g_ptr_array_index (self->findings, i);

      g_string_append_printf (text, "%-8s %s: ", levels[finding->level],
                              finding->subject);
      append_safe (text, finding->found);
      if (finding->change != NULL)
        {
          g_string_append (text, "\n         -> ");
          append_safe (text, finding->change);
        }
      g_string_append_c (text, '\n');
    }
  g_string_append_printf (text, "%u problem%s, %u warning%s\n",
                          self->n_problems, self->n_problems != 1 ? "s" : "",
                          self->n_warnings, self->n_warnings != 1 ? "s" : "");
  append_conclusion (text, &self->conclusion);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
append_json_conclusion (GString *json, const ToolConclusion *conclusion)
{
  if (conclusion->word == NULL)
    return;
  tool_json_append_name (json, "verdict");
  g_string_append_c (json, '{');
  tool_json_append_member (json, "word", conclusion->word);
  tool_json_append_member (json, "found", conclusion->found);
  tool_json_append_member (json, "where", conclusion->where);
  tool_json_append_member (json, "change", conclusion->change);
  g_string_append_c (json, '}');
}

char *
tool_report_dup_json (ToolReport *self, const char *uri)
{
  g_autoptr (GString) json = g_string_new ("{");

  tool_json_append_member (json, "address", uri);
  tool_json_append_number (json, "problems", self->n_problems);
  tool_json_append_number (json, "warnings", self->n_warnings);
  tool_json_append_name (json, "checks");
  g_string_append_c (json, '[');
  for (guint i = 0; i < self->findings->len; i++)
    {
      const Finding *finding = g_ptr_array_index (self->findings, i);

      g_string_append (json, i > 0 ? ",{" : "{");
      tool_json_append_member (json, "level", levels[finding->level]);
      tool_json_append_member (json, "subject", finding->subject);
      tool_json_append_member (json, "found", finding->found);
      tool_json_append_member (json, "change", finding->change);
      g_string_append_c (json, '}');
    }
  g_string_append_c (json, ']');
  append_json_conclusion (json, &self->conclusion);
  g_string_append (json, "}\n");
  return g_string_free (g_steal_pointer (&json), FALSE);
}
