/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-sim-trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect/hein-inspect-json.h"

/* Each line is written at once: a test that fails ends its process. */

#define VARIABLE "HEIN_SIMULATION_TRACE"
/* What one simulation writes, and what those before it may have left. */
#define FILE_MAX   (64 * 1024 * 1024)
#define BEFORE_MAX (16 * 1024 * 1024)

/* ---- the file ---- */

static void
write_line (HeinSimTrace *self, const char *line, gsize size)
{
  gssize n;

  do
    n = write (self->fd, line, size);
  while (n < 0 && errno == EINTR);
  if (n == (gssize) size)
    {
      self->n_written += size;
      return;
    }
  g_warning ("%s: %s", VARIABLE, n < 0 ? g_strerror (errno) : "it is full");
  hein_sim_trace_end_file (self);
}

static void
append_if (GString *line, const char *name, const char *value)
{
  if (value != NULL)
    hein_inspect_append_text (line, name, value);
}

static void
add_line (HeinSimTrace *self,
          gint64 now_us,
          const HeinSimNote *note,
          const char *text)
{
  g_autoptr (GString) line = g_string_new ("{");

  hein_inspect_append_number (line, "time-us", now_us);
  append_if (line, "kind", note->kind);
  append_if (line, "host", note->host);
  append_if (line, "bus", note->bus);
  append_if (line, "other-host", note->other_host);
  append_if (line, "other-bus", note->other_bus);
  append_if (line, "topic", note->topic);
  hein_inspect_append_number (line, "size", note->size);
  if (note->since_us > 0)
    hein_inspect_append_number (line, "since-us", note->since_us);
  append_if (line, "text", text);
  g_string_append (line, "}\n");
  write_line (self, line->str, line->len);
}

static void
add_to_file (HeinSimTrace *self,
             gint64 now_us,
             const HeinSimNote *note,
             const char *text)
{
  static const HeinSimNote full = { .kind = "full" };

  if (self->n_written < FILE_MAX)
    {
      add_line (self, now_us, note, text);
      return;
    }
  add_line (self, now_us, &full, "no more is written down");
  hein_sim_trace_end_file (self);
}

/* What was left is that of earlier simulations of the program: of very many, as
 * when it explores, the last ones stay. */
static int
open_file (void)
{
  const char *path = secure_getenv (VARIABLE);
  struct stat info;
  int fd;

  if (path == NULL || *path == '\0')
    return -1;
  fd = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0)
    g_warning ("%s: %s: %s", VARIABLE, path, g_strerror (errno));
  else if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode) &&
           info.st_size > BEFORE_MAX && ftruncate (fd, 0) != 0)
    g_warning ("%s: %s: %s", VARIABLE, path, g_strerror (errno));
  return fd;
}

void
hein_sim_trace_init (HeinSimTrace *self, guint64 seed, gboolean is_own)
{
  g_autoptr (GString) line = NULL;

  self->fd = open_file ();
  if (self->fd < 0)
    return;
  line = g_string_new ("{\"kind\":\"simulation\"");
  hein_inspect_append_number (line, "seed", seed);
  hein_inspect_append_flag (line, "is-own", is_own);
  g_string_append (line, "}\n");
  write_line (self, line->str, line->len);
}

void
hein_sim_trace_end_file (HeinSimTrace *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

/* ---- both ---- */

void
hein_sim_trace_begin_text (HeinSimTrace *self)
{
  if (self->text != NULL)
    g_string_free (self->text, TRUE);
  self->text = g_string_new (NULL);
}

void
hein_sim_trace_clear (HeinSimTrace *self)
{
  hein_sim_trace_end_file (self);
  if (self->text != NULL)
    g_string_free (self->text, TRUE);
  self->text = NULL;
}

void
hein_sim_trace_add (HeinSimTrace *self,
                    gint64 now_us,
                    const HeinSimNote *note,
                    const char *text)
{
  if (self->text != NULL)
    g_string_append_printf (self->text, "%" G_GINT64_FORMAT " %s%s%s\n", now_us,
                            note->host != NULL ? note->host : "",
                            note->host != NULL ? " " : "", text);
  if (self->fd >= 0)
    add_to_file (self, now_us, note, text);
}
