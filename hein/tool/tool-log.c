/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool-options.h"
#include "tool-progress.h"
#include "tool-text.h"

/*
 * A log writer for GLib that also writes to one file per day:
 *
 *   <prefix>_20261121.log    2026-11-21 08:15:30.123|hein |INF|peer-added kirk
 *
 * GLib takes a writer only once per process, so that its state is static.
 */

typedef struct
{
  GMutex lock;
  char *prefix;
  char *name;        /* name of the program: five characters */
  char *path;        /* path of the open file */
  int fd;            /* -1: none is open */
  gboolean is_torn;  /* the last line is not whole */
  guint64 n_missing; /* lines that the disk did not take */
  gboolean is_verbose;
} Log;

static Log log_file = { .fd = -1 };

static const char *
get_level_name (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK)
    {
    case G_LOG_LEVEL_ERROR:
      return "ERR";
    case G_LOG_LEVEL_CRITICAL:
      return "CRI";
    case G_LOG_LEVEL_WARNING:
      return "WAR";
    case G_LOG_LEVEL_MESSAGE:
      return "MES";
    case G_LOG_LEVEL_INFO:
      return "INF";
    default:
      return "DEB";
    }
}

/* Opens the file of the day, and another one when the day changes. */
static gboolean
ensure_open (Log *self, GDateTime *now)
{
  g_autofree char *date = g_date_time_format (now, "%Y%m%d");
  g_autofree char *path = g_strdup_printf ("%s_%s.log", self->prefix, date);

  if (self->fd >= 0 && g_str_equal (path, self->path))
    return TRUE;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  self->path = g_steal_pointer (&path);
  self->fd = open (self->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  self->is_torn = FALSE;
  return self->fd >= 0;
}

/* FALSE, with errno set: it is not there as a whole. */
static gboolean
put (Log *self, const char *text)
{
  const gsize size = strlen (text);
  gsize n_written = 0;

  while (n_written < size)
    {
      const gssize n = write (self->fd, text + n_written, size - n_written);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          self->is_torn = self->is_torn || n_written > 0;
          return FALSE;
        }
      n_written += n;
    }
  return TRUE;
}

/* (transfer full) */
static char *
make_line (Log *self, GDateTime *now, GLogLevelFlags level, const char *message)
{
  g_autofree char *time = g_date_time_format (now, "%F %T");
  g_autoptr (GString) text = g_string_new (NULL);

  tool_text_append (text, message, strlen (message));
  return g_strdup_printf ("%s.%03d|%-5s|%s|%s\n", time,
                          g_date_time_get_microsecond (now) / 1000, self->name,
                          get_level_name (level), text->str);
}

/* What is missing is said in its place, once there is room again. */
static gboolean
put_missing (Log *self, GDateTime *now)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  if (self->n_missing == 0)
    return TRUE;
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " lines are missing here",
                          self->n_missing);
  line = make_line (self, now, G_LOG_LEVEL_WARNING, text);
  if (self->is_torn && !put (self, "\n"))
    return FALSE;
  self->is_torn = FALSE;
  if (!put (self, line))
    return FALSE;
  self->n_missing = 0;
  return TRUE;
}

static void
write_line (Log *self, GLogLevelFlags level, const char *message)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *line = make_line (self, now, level, message);

  if (ensure_open (self, now) && put_missing (self, now) && put (self, line))
    return;
  if (self->n_missing++ == 0)
    tool_complain ("--log-file %s: %s: lines are missing from here on",
                   self->path, g_strerror (errno));
}

static char *
dup_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].length < 0
               ? g_strdup (fields[i].value)
               : g_strndup (fields[i].value, fields[i].length);
  return g_strdup ("");
}

/* Prints a message to standard error if it belongs there; TRUE when it did. */
static gboolean
tell (GLogLevelFlags level, const char *domain, const char *message)
{
  g_autoptr (GString) text = NULL;

  if (!(level & G_LOG_LEVEL_INFO) || !g_str_has_prefix (domain, "Hein"))
    return FALSE;
  text = g_string_new (NULL);
  tool_text_append (text, message, strlen (message));
  tool_progress_hide ();
  fprintf (stderr, "%s\n", text->str);
  return TRUE;
}

static GLogWriterOutput
on_log (GLogLevelFlags level,
        const GLogField *fields,
        gsize n_fields,
        gpointer user_data)
{
  Log *self = user_data;
  g_autofree char *message = dup_field (fields, n_fields, "MESSAGE");
  g_autofree char *domain = dup_field (fields, n_fields, "GLIB_DOMAIN");
  gboolean is_told;

  g_mutex_lock (&self->lock);
  if (self->prefix != NULL)
    write_line (self, level, message);
  is_told = self->is_verbose && tell (level, domain, message);
  g_mutex_unlock (&self->lock);
  if (is_told)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, NULL);
}

gboolean
tool_log_open (const char *prefix, const char *name, gboolean is_verbose)
{
  g_autofree char *folder = NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  log_file.is_verbose = is_verbose;
  if (prefix != NULL)
    {
      folder = g_path_get_dirname (prefix);
      log_file.prefix = g_strdup (prefix);
      log_file.name =
        g_utf8_substring (name, 0, MIN (5, g_utf8_strlen (name, -1)));
      if (g_mkdir_with_parents (folder, 0777) != 0 ||
          !ensure_open (&log_file, now))
        {
          tool_complain ("--log-file %s: %s", prefix, g_strerror (errno));
          return FALSE;
        }
    }
  g_log_set_writer_func (on_log, &log_file, NULL);
  return TRUE;
}
