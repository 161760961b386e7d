/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-trace.h"

#include <string.h>

#include <gio/gio.h>

#include "json/hein-json.h"

/* Reads the trace of a simulation. */

#define BEGINNING "{\"kind\":\"simulation\""

static void
event_free (gpointer data)
{
  ToolTraceEvent *self = data;

  g_free (self->kind);
  g_free (self->host);
  g_free (self->bus);
  g_free (self->other_host);
  g_free (self->other_bus);
  g_free (self->topic);
  g_free (self->text);
  g_free (self);
}

void
tool_trace_free (ToolTrace *self)
{
  g_clear_pointer (&self->events, g_ptr_array_unref);
  g_free (self);
}

/* ---- members ---- */

static char *
dup_text (const HeinJsonSpan *line, const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);
  HeinJsonSpan value;

  if (!hein_json_find (line->data, line->size, name, &value) ||
      value.size < 2 || *value.data != '"' ||
      !hein_json_unquote (&value, text, NULL))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static guint64
read_number (const HeinJsonSpan *line, const char *name)
{
  g_autofree char *text = NULL;
  guint64 number = 0;
  HeinJsonSpan value;

  if (!hein_json_find (line->data, line->size, name, &value))
    return 0;
  text = g_strndup (value.data, value.size);
  g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &number, NULL);
  return number;
}

/* A time beyond what a clock can show is none. */
static gint64
read_time (const HeinJsonSpan *line, const char *name)
{
  const guint64 number = read_number (line, name);

  return (gint64) MIN (number, G_MAXINT64);
}

/* ---- lines ---- */

static gboolean
is_beginning (const HeinJsonSpan *line)
{
  return line->size >= strlen (BEGINNING) &&
         memcmp (line->data, BEGINNING, strlen (BEGINNING)) == 0;
}

static void
begin_simulation (ToolTrace *self, const HeinJsonSpan *line)
{
  HeinJsonSpan value;

  g_ptr_array_set_size (self->events, 0);
  self->n_simulations++;
  self->seed = read_number (line, "seed");
  self->is_own = hein_json_find (line->data, line->size, "is-own", &value) &&
                 *value.data == 't';
}

static void
add_event (ToolTrace *self, const HeinJsonSpan *line)
{
  g_autofree char *kind = dup_text (line, "kind");
  ToolTraceEvent *event;

  if (kind == NULL)
    return;
  event = g_new0 (ToolTraceEvent, 1);
  event->kind = g_steal_pointer (&kind);
  event->time_us = read_time (line, "time-us");
  event->since_us = read_time (line, "since-us");
  event->host = dup_text (line, "host");
  event->bus = dup_text (line, "bus");
  event->other_host = dup_text (line, "other-host");
  event->other_bus = dup_text (line, "other-bus");
  event->topic = dup_text (line, "topic");
  event->text = dup_text (line, "text");
  event->size = read_number (line, "size");
  g_ptr_array_add (self->events, event);
}

static void
add_line (ToolTrace *self, const HeinJsonSpan *line)
{
  if (!hein_json_check (line->data, line->size, NULL))
    return;
  if (is_beginning (line))
    begin_simulation (self, line);
  else if (self->n_simulations > 0)
    add_event (self, line);
}

/* Those before the last simulation are not worth their memory. */
static void
read_lines (ToolTrace *self, const char *data, gsize size)
{
  const char *end = data + size;

  while (data < end)
    {
      const char *newline = memchr (data, '\n', end - data);
      const HeinJsonSpan line = { data,
                                  (newline != NULL ? newline : end) - data };

      add_line (self, &line);
      data += line.size + 1;
    }
}

ToolTrace *
tool_trace_read (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);
  g_autoptr (ToolTrace) self = NULL;

  if (file == NULL)
    return NULL;
  self = g_new0 (ToolTrace, 1);
  self->events = g_ptr_array_new_with_free_func (event_free);
  if (g_mapped_file_get_length (file) > 0)
    read_lines (self, g_mapped_file_get_contents (file),
                g_mapped_file_get_length (file));
  if (self->n_simulations > 0)
    return g_steal_pointer (&self);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               "the program has made no simulation");
  return NULL;
}

gboolean
tool_trace_event_is_plain (const ToolTraceEvent *self)
{
  static const char *const others[] = { "bytes", "datagram", "end", "reset",
                                        NULL };

  return !g_strv_contains (others, self->kind);
}
