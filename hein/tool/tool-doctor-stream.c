/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "secret/hein-secret.h"
#include "tool-doctor-links.h"
#include "tool-doctor-report.h"
#include "tool-doctor-security.h"
#include "tool-doctor-subject.h"
#include "tool-key.h"

/* Examines an address of a stream: TCP, its keys, or a Unix socket. */

/* ---- TCP ---- */

static gboolean
is_this_machine (const char *host)
{
  return host[0] == '\0' || g_ascii_strcasecmp (host, "localhost") == 0;
}

/* Returns NULL when @host is a name rather than a number. */
static GSocketAddress *
make_address (const char *host, guint16 port)
{
  return g_inet_socket_address_new_from_string (is_this_machine (host)
                                                  ? "127.0.0.1"
                                                  : host,
                                                port);
}

static GInetAddress *
get_host (GSocketAddress *address)
{
  return g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
}

static gboolean
is_address (const char *host)
{
  g_autoptr (GSocketAddress) address = make_address (host, 0);

  return address != NULL || g_str_equal (host, "*");
}

static gboolean
stays_here (const char *host)
{
  g_autoptr (GSocketAddress) address = make_address (host, 0);

  return address != NULL && g_inet_address_get_is_loopback (get_host (address));
}

#define MAKE_KEY                                                               \
  "make a key by 'hein keygen FILE', copy it to the other side, and add "      \
  "key-file=FILE to both addresses; or plaintext=yes if everybody may read "   \
  "and change it"

/* Checks who can read the key files; the TLS module judges their contents. */
static gboolean
check_keys (ToolDoctor *self)
{
  const char *path = tool_doctor_get (self, "key-file");
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    path = tool_doctor_get (self, "key-ring-file");
  if (path == NULL)
    return FALSE;
  if (tool_key_check_file (path, &error))
    tool_report_add (&self->report, TOOL_OK, "secrecy", NULL,
                     "encrypted: only who has a key of %s, which only you can "
                     "read, comes in",
                     path);
  else
    tool_report_add (&self->report, TOOL_PROBLEM, "secrecy",
                     "'hein keygen FILE' makes a key; chmod 600 one that is "
                     "for others, too, and replace it if they have read it",
                     "%s", error->message);
  return TRUE;
}

/* What the TLS module checks of a file of peers before it reads it. */
static gboolean
check_peers (const char *path, GError **error)
{
  char first;

  return hein_secret_read_list (path, &first, sizeof first, error) >= 0;
}

/* Who it says that this side is, and whether it can be said. */
static gboolean
check_identity (ToolDoctor *self)
{
  const char *path = tool_doctor_get (self, "identity");
  const char *peers = tool_doctor_get (self, "peers");
  g_autofree char *name = NULL;
  g_autofree char *pin = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return FALSE;
  pin = hein_identity_read (path, &name, &error);
  if (pin == NULL || (peers != NULL && !check_peers (peers, &error)))
    tool_report_add (&self->report, TOOL_PROBLEM, "secrecy",
                     "'hein keygen --identity FILE' makes an identity, which "
                     "is for its owner only (chmod 600); others may read a "
                     "file of peers, and not write to it (chmod 644)",
                     "%s", error->message);
  else
    tool_report_add (&self->report, TOOL_OK, "secrecy", NULL,
                     "encrypted: only peers known to %s are admitted; others "
                     "know this side by \"%s %s\"",
                     peers != NULL ? peers : "the authority",
                     name != NULL ? name : "NAME", pin);
  return TRUE;
}

/* A host that proves its name, as web servers do. */
static gboolean
check_host_keys (ToolDoctor *self)
{
  const char *authorities = tool_doctor_get (self, "ca-file");

  if (!tool_doctor_get_flag (self, "tls"))
    return FALSE;
  tool_report_add (&self->report, TOOL_OK, "secrecy", NULL,
                   "encrypted: what is dialled has to prove that it is %s, to "
                   "%s",
                   self->host[0] != '\0' ? self->host : "localhost",
                   authorities != NULL ? authorities
                                       : "an authority that the system trusts");
  return TRUE;
}

static void
check_secrecy (ToolDoctor *self)
{
  if (check_host_keys (self) || check_keys (self) || check_identity (self) ||
      tool_doctor_check_mechanism (self))
    return;
  if (stays_here (self->host))
    tool_report_add (&self->report, TOOL_OK, "secrecy", NULL,
                     "data stays on this machine");
  else if (tool_doctor_get_flag (self, "plaintext"))
    tool_report_add (&self->report, TOOL_WARNING, "secrecy",
                     "use it in networks that you trust only",
                     "plaintext=yes: whoever is on the way reads and changes "
                     "what is said");
  else if (!is_address (self->host))
    tool_report_add (&self->report, TOOL_WARNING, "secrecy", MAKE_KEY,
                     "refused if %s, when it is looked up, is not this machine",
                     self->host);
  else
    tool_report_add (&self->report, TOOL_PROBLEM, "secrecy", MAKE_KEY,
                     "data would go over the network without encryption, "
                     "which is refused");
}

/* Binds without listening, so that nobody can connect. */
static gboolean
try_bind (GSocketAddress *address, GError **error)
{
  g_autoptr (GSocket) socket =
    g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                  G_SOCKET_PROTOCOL_TCP, error);

  /* "*" listens on both families, so that IPv4 alone must be free as well */
  if (socket != NULL && g_inet_address_get_is_any (get_host (address)) &&
      g_socket_get_family (socket) == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 0, NULL);
  return socket != NULL && g_socket_bind (socket, address, TRUE, error);
}

static gboolean
is_own (const char *host)
{
  g_autoptr (GPtrArray) links = tool_links_list ();

  return is_this_machine (host) || g_str_equal (host, "*") ||
         tool_links_find (links, host) != NULL;
}

static void
report_unbound (ToolDoctor *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    tool_report_add (&self->report, TOOL_PROBLEM, "port",
                     "end who listens there ('ss -ltnp' tells), take another "
                     "port, or add port-scan=N; to dial, all is well",
                     "it is taken: %s", error->message);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    tool_report_add (&self->report, TOOL_PROBLEM, "port",
                     "take one of 1024 or more, or lower "
                     "net.ipv4.ip_unprivileged_port_start",
                     "it cannot be listened on: %s", error->message);
  else if (g_str_equal (self->host, "::1"))
    tool_report_add (&self->report, TOOL_PROBLEM, "port",
                     "write localhost, or switch it on: "
                     "net.ipv6.conf.lo.disable_ipv6=0",
                     "this machine has no IPv6: %s", error->message);
  else if (!is_own (self->host))
    tool_report_add (&self->report, TOOL_WARNING, "port", NULL,
                     "%s is no address of this machine: it can be dialled, "
                     "and listened on there",
                     self->host);
  else
    tool_report_add (&self->report, TOOL_PROBLEM, "port", NULL,
                     "it cannot be listened on: %s", error->message);
}

/* Tries the following ports too, as the option port-scan does. */
static void
check_port (ToolDoctor *self, const char *host)
{
  const gint64 last =
    MIN (self->port + tool_doctor_get_number (self, "port-scan", 0),
         G_MAXUINT16);

  for (gint64 port = self->port;; port++)
    {
      g_autoptr (GSocketAddress) address = make_address (host, (guint16) port);
      g_autoptr (GError) error = NULL;

      if (try_bind (address, &error))
        {
          tool_report_add (&self->report, TOOL_OK, "port", NULL,
                           "%" G_GINT64_FORMAT " can be listened on%s", port,
                           port == 0 ? ": a free one is picked" : "");
          return;
        }
      if (port >= last ||
          !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        {
          report_unbound (self, error);
          return;
        }
    }
}

static void
check_host (ToolDoctor *self)
{
  g_autoptr (GSocketAddress) any6 = make_address ("::", 0);
  g_autoptr (GSocketAddress) address = make_address (self->host, 0);

  /* on a machine without IPv6, "*" means the IPv4 wildcard only */
  if (g_str_equal (self->host, "*"))
    check_port (self, try_bind (any6, NULL) ? "::" : "0.0.0.0");
  else if (address != NULL)
    check_port (self, self->host);
  else
    tool_report_add (&self->report, TOOL_WARNING, "host",
                     "to listen, write a numeric address, localhost or *",
                     "%s is a name: it can be dialled, and is looked up each "
                     "time",
                     self->host);
}

/* That of a WebSocket is what its server calls it. */
static gboolean
may_have_path (ToolDoctor *self)
{
  return g_str_equal (self->transport, "ws") ||
         g_str_equal (self->transport, "wss");
}

void
tool_doctor_check_tcp (ToolDoctor *self)
{
  if (self->port < 0)
    tool_report_add (&self->report, TOOL_PROBLEM, "port",
                     "write //host:port, and 0 for any that is free",
                     "it is missing");
  else if (self->path[0] != '\0' && !g_str_equal (self->path, "/") &&
           !may_have_path (self))
    tool_report_add (&self->report, TOOL_PROBLEM, "path",
                     "leave it out, write //host:port",
                     "%s has no meaning here", self->path);
  else
    {
      check_secrecy (self);
      if (!self->dials)
        check_host (self);
    }
}

/* ---- Unix sockets ---- */

static gboolean
check_name (ToolDoctor *self)
{
  const gsize max = sizeof ((struct sockaddr_un *) NULL)->sun_path - 1;
  const gsize size = strlen (self->path);

  if (self->host[0] != '\0' || self->port >= 0)
    tool_report_add (&self->report, TOOL_PROBLEM, "path",
                     "write unix:///path, with three slashes, or unix:@name",
                     "a host has no meaning here");
  else if (size < 2 || (self->path[0] != '/' && self->path[0] != '@'))
    tool_report_add (&self->report, TOOL_PROBLEM, "path",
                     "write unix:///path or unix:@name", "'%s' is not absolute",
                     self->path);
  else if (size > max)
    tool_report_add (&self->report, TOOL_PROBLEM, "path",
                     "take a shorter one, such as one in $XDG_RUNTIME_DIR",
                     "it has %" G_GSIZE_FORMAT
                     " bytes, and the system takes %" G_GSIZE_FORMAT,
                     size, max);
  else
    {
      tool_report_add (&self->report, TOOL_OK, "path", NULL,
                       "%s, %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes",
                       self->path, size, max);
      return TRUE;
    }
  return FALSE;
}

static gboolean
check_folder (ToolDoctor *self)
{
  g_autofree char *folder = g_path_get_dirname (self->path);
  struct stat info;

  if (stat (folder, &info) != 0 || !S_ISDIR (info.st_mode))
    tool_report_add (&self->report, TOOL_PROBLEM, "folder",
                     "make it, for you alone: mkdir -p -m 700",
                     "%s does not exist, or is not a folder", folder);
  else if (faccessat (AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
    tool_report_add (&self->report, TOOL_PROBLEM, "folder",
                     "take one of your own, such as $XDG_RUNTIME_DIR",
                     "you cannot make files in %s: %s", folder,
                     g_strerror (errno));
  else
    {
      const gboolean is_open =
        (info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0;

      tool_report_add (&self->report, is_open ? TOOL_WARNING : TOOL_OK,
                       "folder", is_open ? "chmod o-w" : NULL,
                       is_open ? "others may replace the socket in %s"
                               : "you can make files in %s",
                       folder);
      return TRUE;
    }
  return FALSE;
}

/* Returns whether a listener holds the lock file beside its socket. Takes the
 * lock for an instant itself; it is shared, so that two doctors do not disturb
 * each other. */
static gboolean
is_locked (const char *path)
{
  g_autofree char *lock = g_strconcat (path, ".lock", NULL);
  int fd = open (lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean is_held = FALSE;

  if (fd < 0)
    return FALSE;
  is_held = flock (fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close (fd);
  return is_held;
}

/* Looks in the kernel's list of sockets, since connecting would disturb a
 * listener. The flag that means listening is __SO_ACCEPTCON in the kernel's
 * sources. */
static gboolean
is_listened (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean is_found = FALSE;

  if (!g_file_get_contents ("/proc/net/unix", &text, NULL, NULL))
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && !is_found; i++)
    {
      const char *name = strpbrk (lines[i], "/@");

      is_found = name != NULL && g_str_equal (name, path) &&
                 strstr (lines[i], " 00010000 ") != NULL;
    }
  return is_found;
}

static void
check_place (ToolDoctor *self)
{
  struct stat info;
  const gboolean is_path = self->path[0] == '/';
  const gboolean is_there = is_path && lstat (self->path, &info) == 0;

  if (is_there && !S_ISSOCK (info.st_mode))
    tool_report_add (&self->report, TOOL_PROBLEM, "socket",
                     "take another path, or remove it",
                     "%s exists and is not a socket", self->path);
  else if ((is_path && is_locked (self->path)) || is_listened (self->path))
    tool_report_add (&self->report, TOOL_PROBLEM, "socket",
                     "end who listens there ('ss -lxp' tells), or take another "
                     "name; to dial, all is well",
                     "it is taken: a process listens on %s", self->path);
  else if (is_there)
    tool_report_add (&self->report, TOOL_OK, "socket", NULL,
                     "a stale one is there, left by a process that is gone: a "
                     "listener replaces it");
  else
    tool_report_add (&self->report, TOOL_OK, "socket", NULL,
                     "%s can be listened on", self->path);
}

void
tool_doctor_check_unix (ToolDoctor *self)
{
  if (!check_name (self) || self->dials)
    return;
  if (self->path[0] == '@')
    tool_report_add (&self->report, TOOL_WARNING, "folder",
                     "take a path where other users are not trusted",
                     "an abstract name has none: any user may take it first");
  else if (!check_folder (self))
    return;
  check_place (self);
}
