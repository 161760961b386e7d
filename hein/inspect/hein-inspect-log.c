/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-inspect-log.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <gio/gio.h>

#include "hein-inspect-json.h"
#include "io/hein-fork.h"
#include "io/hein-world.h"

/*
 * While a tool listens, the domains of hein have a handler that keeps a copy of
 * each message, and then does what GLib does by default. (A default handler of
 * the program's own cannot be called from there: GLib does not tell its data.)
 * Without a listener there is no handler.
 */

/* What a listener may leave unread; messages beyond it are counted. */
#define UNREAD_MAX (256 * 1024)
#define LEVELS                                                                 \
  (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO |              \
   G_LOG_LEVEL_DEBUG)

/* Of the library, its modules and its plugins: a test holds that none is
 * missing. */
static const char *const domains[] = {
  "Hein",        "Hein.Aiomsg",       "Hein.Channel",
  "Hein.Inproc", "Hein.Js",           "Hein.Mqtt",
  "Hein.Nats",   "Hein.Python",       "Hein.Replay",
  "Hein.Soc",    "Hein.Socketengine", "Hein.Strategies",
  "Hein.TcpHub", "Hein.Tinyproto",    "Hein.Tls",
  "Hein.Tool",   "Hein.UdpMulticast", "Hein.Unix",
  "Hein.Ws",     "Hein.Zmtp",
};

struct _HeinInspectLog
{
  HeinLoop *loop; /* borrowed */
  HeinWatch watch;
  void (*heard) (gpointer data);
  gpointer data;

  /* under the lock */
  GLogLevelFlags levels;
  GString *unread; /* owned */
  guint64 n_missed;
};

/* Held while the first listener comes, or the last one goes. */
G_LOCK_DEFINE_STATIC (changing);
G_LOCK_DEFINE_STATIC (listeners);
static GPtrArray *listeners; /* borrowed HeinInspectLog; NULL: none */
static guint handlers[G_N_ELEMENTS (domains)];
static guint generation; /* a child that was forked knows no listener */

static const char *
get_level_name (GLogLevelFlags level)
{
  if (level & G_LOG_LEVEL_WARNING)
    return "warning";
  if (level & G_LOG_LEVEL_MESSAGE)
    return "message";
  return level & G_LOG_LEVEL_INFO ? "info" : "debug";
}

static void
append_line (GString *text,
             const char *domain,
             GLogLevelFlags level,
             const char *message)
{
  g_string_append (text, "{\"log\":{");
  hein_inspect_append_number (text, "time-us", hein_world_get_real_us ());
  hein_inspect_append_text (text, "level", get_level_name (level));
  hein_inspect_append_text (text, "domain", domain);
  hein_inspect_append_text (text, "message", message);
  g_string_append (text, "}}\n");
}

/* Any thread; the caller holds the lock. */
static void
hear (HeinInspectLog *self, GLogLevelFlags level, const GString *line)
{
  const guint64 one = 1;

  if ((self->levels & level) == 0)
    return;
  if (self->unread->len > UNREAD_MAX)
    {
      self->n_missed++;
      return;
    }
  g_string_append_len (self->unread, line->str, line->len);
  while (write (self->watch.fd, &one, sizeof one) < 0 && errno == EINTR)
    continue;
}

static void
on_log (const char *domain,
        GLogLevelFlags level,
        const char *message,
        gpointer data)
{
  if (generation == hein_fork_generation)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      append_line (line, domain, level, message);
      G_LOCK (listeners);
      for (guint i = 0; i < listeners->len; i++)
        hear (g_ptr_array_index (listeners, i), level, line);
      G_UNLOCK (listeners);
    }
  g_log_default_handler (domain, level, message, NULL);
}

/* The caller holds `changing` alone: GLib has a lock of its own. */
static void
set_handlers (gboolean is_on)
{
  for (guint i = 0; i < G_N_ELEMENTS (domains); i++)
    if (is_on)
      handlers[i] = g_log_set_handler (domains[i], LEVELS, on_log, NULL);
    else
      g_log_remove_handler (domains[i], handlers[i]);
}

static void
on_ready (HeinWatch *watch, guint32 events)
{
  HeinInspectLog *self = HEIN_CONTAINER (watch, HeinInspectLog, watch);
  guint64 n;

  while (read (watch->fd, &n, sizeof n) < 0 && errno == EINTR)
    continue;
  self->heard (self->data);
}

static void
join (HeinInspectLog *self)
{
  gboolean is_only;

  G_LOCK (changing);
  G_LOCK (listeners);
  if (listeners == NULL)
    listeners = g_ptr_array_new ();
  is_only = listeners->len == 0;
  g_ptr_array_add (listeners, self);
  generation = hein_fork_generation;
  G_UNLOCK (listeners);
  if (is_only)
    set_handlers (TRUE);
  G_UNLOCK (changing);
}

static void
leave (HeinInspectLog *self)
{
  gboolean was_only;

  G_LOCK (changing);
  G_LOCK (listeners);
  g_ptr_array_remove (listeners, self);
  was_only = listeners->len == 0;
  G_UNLOCK (listeners);
  if (was_only)
    set_handlers (FALSE);
  G_UNLOCK (changing);
}

HeinInspectLog *
hein_inspect_log_new (HeinLoop *loop,
                      GLogLevelFlags levels,
                      void (*heard) (gpointer data),
                      gpointer data,
                      GError **error)
{
  HeinInspectLog *self = g_new0 (HeinInspectLog, 1);
  const int fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);

  self->loop = loop;
  self->heard = heard;
  self->data = data;
  self->levels = levels;
  self->unread = g_string_new (NULL);
  self->watch.ready = on_ready;
  if (fd >= 0 && hein_loop_add_watch (loop, &self->watch, fd, EPOLLIN, error))
    {
      join (self);
      return self;
    }
  if (fd < 0)
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno),
                         g_strerror (errno));
  else
    close (fd);
  g_string_free (self->unread, TRUE);
  g_free (self);
  return NULL;
}

void
hein_inspect_log_free (HeinInspectLog *self)
{
  /* in a child another thread may have held the locks when it was forked */
  if (generation == hein_fork_generation)
    leave (self);
  hein_loop_remove_watch (self->loop, &self->watch);
  close (self->watch.fd);
  g_string_free (self->unread, TRUE);
  g_free (self);
}

void
hein_inspect_log_note (HeinInspectLog *self,
                       GLogLevelFlags level,
                       const char *format,
                       ...)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *text = NULL;
  va_list values;

  va_start (values, format);
  text = g_strdup_vprintf (format, values);
  va_end (values);
  append_line (line, G_LOG_DOMAIN, level, text);
  G_LOCK (listeners);
  hear (self, level, line);
  G_UNLOCK (listeners);
}

void
hein_inspect_log_take (HeinInspectLog *self, GString *text)
{
  G_LOCK (listeners);
  g_string_append_len (text, self->unread->str, self->unread->len);
  g_string_truncate (self->unread, 0);
  if (self->n_missed > 0)
    g_string_append_printf (text, "{\"missed\":%" G_GUINT64_FORMAT "}\n",
                            self->n_missed);
  self->n_missed = 0;
  G_UNLOCK (listeners);
}
