/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inspect/hein-inspect-folder.h"
#include "tool-options.h"
#include "tool-program.h"

/* Finds the buses that can be looked into, and asks them. */

#define LINE_MAX_BYTES   (1024 * 1024)
#define ANSWER_MAX_BYTES (64 * 1024 * 1024)
#define READ_SIZE        (64 * 1024)
#define FOLLOW_US        (60 * G_USEC_PER_SEC)
#define SUFFIX_SIZE      9 /* "-" and eight digits, of a second bus of a name */

/* ---- members ---- */

gboolean
tool_control_get (const HeinJsonSpan *object,
                  const char *name,
                  HeinJsonSpan *value)
{
  return hein_json_find (object->data, object->size, name, value);
}

char *
tool_control_dup_text (const HeinJsonSpan *object, const char *name)
{
  HeinJsonSpan value;
  g_autoptr (GString) text = g_string_new (NULL);

  if (!tool_control_get (object, name, &value) || value.data[0] != '"' ||
      !hein_json_unquote (&value, text, NULL))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

guint64
tool_control_get_number (const HeinJsonSpan *object, const char *name)
{
  HeinJsonSpan value;

  if (!tool_control_get (object, name, &value) ||
      !g_ascii_isdigit (value.data[0]))
    return 0;
  /* what follows the number in the line ends it */
  return g_ascii_strtoull (value.data, NULL, 10);
}

/* ---- finding ---- */

static void
control_free (gpointer data)
{
  ToolControl *self = data;

  if (self->fd >= 0)
    close (self->fd);
  if (self->input != NULL)
    g_string_free (self->input, TRUE);
  g_free (self->path);
  g_free (self->name);
  g_free (self->program);
  g_free (self->problem);
  g_free (self);
}

static void
fail (ToolControl *self, const char *problem)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  self->is_asked = FALSE;
  if (self->problem == NULL)
    self->problem = g_strdup (problem);
}

/* The process that made the socket may be gone, while a child of it that knows
 * nothing of it keeps it open. */
static gboolean
is_orphan (pid_t pid)
{
  return pid > 0 && kill (pid, 0) != 0 && errno == ESRCH;
}

/* Connects; FALSE: nobody is there. */
static gboolean
connect_to (ToolControl *self)
{
  pid_t pid = 0;
  const int fd = hein_inspect_folder_connect (self->path);

  if (fd == -ECONNREFUSED)
    {
      hein_inspect_folder_remove_stale (self->path, self->pid);
      return FALSE;
    }
  if (fd == -ENOENT || fd == -ENOTSOCK)
    return FALSE;
  if (fd < 0)
    {
      fail (self, fd == -EAGAIN ? "does not answer" : g_strerror (-fd));
      self->is_late = fd == -EAGAIN;
      return TRUE;
    }
  self->fd = fd;
  if (!hein_inspect_folder_is_ours (fd, &pid))
    fail (self, "belongs to another user");
  else if (is_orphan (pid))
    {
      unlink (self->path);
      return FALSE;
    }
  else if (pid > 0) /* 0: of another namespace */
    self->pid = pid;
  return TRUE;
}

/* A name that a file has only in part fits as well. */
static gboolean
is_wanted (const ToolControl *self,
           const char *file,
           gsize room,
           const char *who)
{
  g_autofree char *named = NULL;
  gsize size;

  if (who == NULL)
    return TRUE;
  if (strspn (who, "0123456789") == strlen (who) &&
      g_ascii_strtoull (who, NULL, 10) == (guint64) self->pid)
    return TRUE;
  named = hein_inspect_folder_dup_name (self->pid, who, NULL, room);
  if (g_str_equal (named, file))
    return TRUE;
  size = strlen (file);
  return size > SUFFIX_SIZE && file[size - SUFFIX_SIZE] == '-' &&
         strlen (named) == size - SUFFIX_SIZE &&
         strncmp (named, file, size - SUFFIX_SIZE) == 0;
}

static void
add (GPtrArray *found, const char *folder, const char *file, const char *who)
{
  ToolControl *self = g_new0 (ToolControl, 1);

  self->fd = -1;
  self->path = g_build_filename (folder, file, NULL);
  if (!hein_inspect_folder_parse_name (file, &self->pid, &self->name) ||
      !is_wanted (self, file, hein_inspect_folder_get_room (folder), who) ||
      !connect_to (self))
    {
      control_free (self);
      return;
    }
  self->program = tool_program_dup (self->pid);
  g_ptr_array_add (found, self);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const ToolControl *one = *(ToolControl *const *) a;
  const ToolControl *other = *(ToolControl *const *) b;

  if (one->pid != other->pid)
    return one->pid < other->pid ? -1 : 1;
  return strcmp (one->path, other->path);
}

GPtrArray *
tool_control_find (const char *who)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = hein_inspect_folder_dup (&error);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (control_free);
  g_autoptr (GDir) files = NULL;
  const char *file;

  /* no bus has made the folder yet: there is none */
  if (folder != NULL && !g_file_test (folder, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&found);
  if (folder == NULL || !hein_inspect_folder_check (folder, &error))
    {
      tool_complain ("no bus can be looked into: %s", error->message);
      return NULL;
    }
  files = g_dir_open (folder, 0, &error);
  if (files == NULL)
    {
      tool_complain ("%s", error->message);
      return NULL;
    }
  while ((file = g_dir_read_name (files)) != NULL)
    add (found, folder, file, who);
  g_ptr_array_sort (found, compare);
  return g_steal_pointer (&found);
}

/* ---- asking ---- */

static void
begin (ToolControl *self, const char *request)
{
  const gsize size = strlen (request);

  if (self->fd < 0)
    return;
  if (self->input == NULL)
    self->input = g_string_new (NULL);
  g_string_truncate (self->input, 0);
  self->scanned = 0;
  self->n_bytes = 0;
  self->is_asked = TRUE;
  /* a request is smaller than any buffer of a socket */
  if (send (self->fd, request, size, MSG_NOSIGNAL | MSG_DONTWAIT) !=
      (gssize) size)
    {
      self->is_late = errno == EAGAIN;
      fail (self, self->is_late ? "does not answer" : "is gone");
    }
}

static void
take_line (ToolControl *self,
           const HeinJsonSpan *line,
           ToolControlLine func,
           gpointer user_data)
{
  HeinJsonSpan value;

  if (line->size == 0 || line->data[0] != '{' ||
      !g_utf8_validate_len (line->data, line->size, NULL) ||
      !hein_json_check (line->data, line->size, NULL))
    fail (self, "says what no bus says");
  else if (tool_control_get (line, "error", &value))
    {
      g_autofree char *text = tool_control_dup_text (line, "error");

      fail (self, text != NULL ? text : "refuses to answer");
    }
  else if (tool_control_get (line, "end", &value))
    self->is_asked = FALSE;
  else if (!tool_control_get (line, "hein", &value))
    func (self, line, user_data);
}

static void
take_lines (ToolControl *self, ToolControlLine func, gpointer user_data)
{
  while (self->is_asked)
    {
      const char *begin = self->input->str + self->scanned;
      const gsize left = self->input->len - self->scanned;
      const char *newline = memchr (begin, '\n', left);

      if (newline == NULL)
        {
          if (left > LINE_MAX_BYTES)
            fail (self, "says more than any bus says");
          break;
        }
      take_line (self, &(HeinJsonSpan){ begin, newline - begin }, func,
                 user_data);
      self->scanned = newline + 1 - self->input->str;
    }
  g_string_erase (self->input, 0, self->scanned);
  self->scanned = 0;
}

static void
read_some (ToolControl *self, ToolControlLine func, gpointer user_data)
{
  char data[READ_SIZE];
  const gssize n = recv (self->fd, data, sizeof data, MSG_DONTWAIT);

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (n <= 0)
    {
      fail (self, "is gone");
      return;
    }
  self->n_bytes += n;
  if (self->n_bytes > ANSWER_MAX_BYTES && !self->is_followed)
    {
      fail (self, "says more than any bus says");
      return;
    }
  g_string_append_len (self->input, data, n);
  take_lines (self, func, user_data);
}

/* Waits for those that have not answered. FALSE: all have, or it is too
 * late. */
static gboolean
wait_some (GPtrArray *controls,
           gint64 end_us,
           ToolControlLine func,
           gpointer user_data)
{
  g_autofree struct pollfd *fds = g_new (struct pollfd, controls->len);
  g_autofree ToolControl **asked = g_new (ToolControl *, controls->len);
  const gint64 left_us = end_us - g_get_monotonic_time ();
  guint n = 0;

  for (guint i = 0; i < controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (controls, i);

      if (!control->is_asked)
        continue;
      asked[n] = control;
      fds[n++] = (struct pollfd){ .fd = control->fd, .events = POLLIN };
    }
  if (n == 0 || left_us <= 0)
    return FALSE;
  if (poll (fds, n, (int) (left_us / 1000) + 1) < 0 && errno != EINTR)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (fds[i].revents != 0)
      read_some (asked[i], func, user_data);
  return TRUE;
}

void
tool_control_ask (GPtrArray *controls,
                  const char *request,
                  gint64 end_us,
                  ToolControlLine func,
                  gpointer user_data)
{
  for (guint i = 0; i < controls->len; i++)
    begin (g_ptr_array_index (controls, i), request);
  while (wait_some (controls, end_us, func, user_data))
    continue;
  for (guint i = 0; i < controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (controls, i);

      if (!control->is_asked)
        continue;
      control->is_late = TRUE;
      fail (control, "does not answer");
    }
}

void
tool_control_follow (GPtrArray *controls,
                     const char *request,
                     gboolean (*is_over) (gpointer user_data),
                     ToolControlLine func,
                     gpointer user_data)
{
  for (guint i = 0; i < controls->len; i++)
    {
      ToolControl *control = g_ptr_array_index (controls, i);

      begin (control, request);
      control->is_followed = TRUE;
    }
  while (
    !is_over (user_data) &&
    wait_some (controls, g_get_monotonic_time () + FOLLOW_US, func, user_data))
    continue;
}

ToolStatus
tool_control_get_status (GPtrArray *controls)
{
  ToolStatus status = TOOL_DONE;

  for (guint i = 0; i < controls->len; i++)
    {
      const ToolControl *control = g_ptr_array_index (controls, i);

      if (control->problem != NULL && status != TOOL_FAILED)
        status = control->is_late ? TOOL_TIMED_OUT : TOOL_FAILED;
    }
  return status;
}

ToolStatus
tool_control_tell_problems (GPtrArray *controls)
{
  for (guint i = 0; i < controls->len; i++)
    {
      const ToolControl *control = g_ptr_array_index (controls, i);

      if (control->problem != NULL)
        tool_complain ("%s, process %ld: %s%s", control->name,
                       (long) control->pid, control->problem,
                       control->is_late
                         ? ": its program may be stopped, busy or blocked"
                         : "");
    }
  return tool_control_get_status (controls);
}
