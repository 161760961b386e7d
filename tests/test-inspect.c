/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gstdio.h>

#include "hein-test.h"

/* The control socket of a bus: who may use it, and what comes from it. */

typedef struct
{
  char *runtime; /* is XDG_RUNTIME_DIR */
  char *folder;
} Place;

static void
set_up (Place *self, gconstpointer data)
{
  self->runtime = g_dir_make_tmp ("hein-XXXXXX", NULL);
  self->folder = g_build_filename (self->runtime, "hein", NULL);
  g_setenv ("XDG_RUNTIME_DIR", self->runtime, TRUE);
  g_unsetenv ("HEIN_INSPECT");
}

static void
tear_down (Place *self, gconstpointer data)
{
  g_rmdir (self->folder);
  /* nothing was left in it */
  g_assert_cmpint (g_rmdir (self->runtime), ==, 0);
  g_free (self->folder);
  g_free (self->runtime);
}

static HeinBus *
make_bus (const char *name)
{
  return g_object_new (HEIN_TYPE_BUS, "name", name, "inspectable", TRUE, NULL);
}

/* The files in the folder, sorted. */
static GPtrArray *
list (Place *self)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) files = g_dir_open (self->folder, 0, NULL);
  const char *file;

  while (files != NULL && (file = g_dir_read_name (files)) != NULL)
    g_ptr_array_add (found, g_build_filename (self->folder, file, NULL));
  g_ptr_array_sort (found, (GCompareFunc) (void *) g_strcmp0);
  return found;
}

static guint
count (Place *self)
{
  g_autoptr (GPtrArray) found = list (self);

  return found->len;
}

static int
connect_path (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_assert_cmpint (fd, >=, 0);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address),
                   ==, 0);
  return fd;
}

/* To the only socket that there is. */
static int
connect_only (Place *self)
{
  g_autoptr (GPtrArray) found = list (self);

  g_assert_cmpuint (found->len, ==, 1);
  return connect_path (g_ptr_array_index (found, 0));
}

static void
put (int fd, const char *text)
{
  g_assert_cmpint (send (fd, text, strlen (text), MSG_NOSIGNAL), ==,
                   strlen (text));
}

/* Reads what there is; FALSE at the end. */
static gboolean
get_some (int fd, GString *text)
{
  char data[65536];
  const gssize n = recv (fd, data, sizeof data, 0);

  if (n > 0)
    g_string_append_len (text, data, n);
  return n > 0 || (n < 0 && errno == EAGAIN);
}

/* Whether what comes has an end by now. */
static gboolean
has_end (int fd, GString *text)
{
  get_some (fd, text);
  return strstr (text->str, "{\"end\":true}\n") != NULL ||
         strstr (text->str, "{\"error\":") != NULL;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Turns the main context until @condition holds, which depends on what comes
 * from @fd. */
#define wait_for(fd, condition)                                                \
  G_STMT_START                                                                 \
  {                                                                            \
    const guint wait_id = g_unix_fd_add (fd, G_IO_IN, on_readable, NULL);      \
                                                                               \
    hein_test_wait (condition);                                                \
    g_source_remove (wait_id);                                                 \
  }                                                                            \
  G_STMT_END

/* The answer to a request, and nothing else. (transfer full) */
static char *
ask (int fd, const char *request)
{
  g_autoptr (GString) text = g_string_new (NULL);

  put (fd, request);
  wait_for (fd, has_end (fd, text));
  g_assert_true (g_str_has_prefix (text->str, "{\"hein\":1}\n"));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("%s\nis not in\n%s", part, text);
}

static guint
count_of (const char *text, const char *part)
{
  guint n = 0;

  for (; (text = strstr (text, part)) != NULL; text += strlen (part))
    n++;
  return n;
}

/* ---- whether there is one ---- */

static void
test_off (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("kirk");
  gboolean is_inspectable = TRUE;

  g_object_get (bus, "inspectable", &is_inspectable, NULL);
  g_assert_false (is_inspectable);
  g_assert_false (g_file_test (self->folder, G_FILE_TEST_EXISTS));
}

static void
test_on (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk/x ü");
  g_autoptr (GPtrArray) found = list (self);
  g_autofree char *file =
    g_strdup_printf ("%d-kirk%%2Fx%%20%%C3%%BC", getpid ());
  g_autofree char *base = NULL;
  GStatBuf info;

  g_assert_cmpuint (found->len, ==, 1);
  base = g_path_get_basename (g_ptr_array_index (found, 0));
  g_assert_cmpstr (base, ==, file);
  g_assert_cmpint (g_stat (g_ptr_array_index (found, 0), &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (g_stat (self->folder, &info), ==, 0);
  g_assert_cmphex (info.st_mode & 0777, ==, 0700);
  g_object_set (bus, "inspectable", FALSE, NULL);
  g_assert_cmpuint (count (self), ==, 0);
  g_object_set (bus, "inspectable", TRUE, NULL);
  g_assert_cmpuint (count (self), ==, 1);
}

static void
test_environment (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) asked = NULL;
  g_autoptr (HeinBus) refused = NULL;

  g_setenv ("HEIN_INSPECT", "1", TRUE);
  asked = hein_bus_new ("kirk");
  g_assert_cmpuint (count (self), ==, 1);
  g_clear_object (&asked);
  g_setenv ("HEIN_INSPECT", "0", TRUE);
  refused = make_bus ("kirk");
  g_assert_cmpuint (count (self), ==, 0);
}

/* A bus that cannot have a socket works without. */
static void
test_nowhere (Place *self, gconstpointer data)
{
  const char *const places[] = { "", "hein", "/nowhere/at/all" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (HeinBus) bus = NULL;

      g_setenv ("XDG_RUNTIME_DIR", places[i], TRUE);
      bus = make_bus ("kirk");
      g_assert_nonnull (hein_bus_listen (bus, "inproc://nowhere", NULL));
    }
}

/* A folder that others can enter is not used. */
static void
test_open_folder (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = NULL;

  g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  g_assert_cmpint (g_chmod (self->folder, 0750), ==, 0);
  bus = make_bus ("kirk");
  g_assert_cmpuint (count (self), ==, 0);
}

static void
test_two (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) one = make_bus ("kirk");
  g_autoptr (HeinBus) other = make_bus ("kirk");
  g_autofree char *long_name = g_strnfill (255, 'k');
  g_autoptr (HeinBus) third = make_bus (long_name);
  g_autoptr (HeinBus) fourth = make_bus (long_name);

  g_assert_cmpuint (count (self), ==, 4);
  g_clear_object (&one);
  g_clear_object (&third);
  g_assert_cmpuint (count (self), ==, 2);
}

/* What a process of the same number has left does not keep a bus from its
 * name. */
static void
test_left_over (Place *self, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path =
    g_strdup_printf ("%s/%d-kirk", self->folder, getpid ());
  const int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (HeinBus) bus = NULL;
  g_autofree char *answer = NULL;
  int client;

  g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==,
                   0);
  close (fd);
  bus = make_bus ("kirk");
  client = connect_only (self);
  answer = ask (client, "{\"ask\":\"bus\"}\n");
  assert_has (answer, "\"name\":\"kirk\"");
  close (client);
}

static void
test_fork (Place *self, gconstpointer data)
{
  HeinBus *bus = make_bus ("kirk");
  const pid_t child = fork ();
  int status;

  if (child == 0)
    {
      g_object_unref (bus);
      _exit (count (self) == 1 ? 0 : 1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (count (self), ==, 1);
  g_object_unref (bus);
}

/* ---- what it says ---- */

static void
test_bus (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  g_autoptr (HeinTestBus) guest = hein_test_bus_new ("spock");
  const int fd = connect_only (self);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *peers = NULL;

  hein_bus_listen (bus, "inproc://inspect", NULL);
  hein_test_bus_dial (guest, "inproc://inspect");
  hein_test_wait (hein_test_bus_count_peers (guest) == 1);
  before = ask (fd, "{\"hein\":1,\"ask\":\"bus\"}\n");
  assert_has (before, "\"name\":\"kirk\"");
  assert_has (before, "\"peers\":1,");
  assert_has (before, "\"messages-received\":0,");
  assert_has (before, "\"uri\":\"inproc://inspect\"");
  assert_has (before, "\"state\":\"open\"");
  peers = ask (fd, "{\"ask\":\"peers\"}\n");
  assert_has (peers, "{\"peer\":{\"name\":\"spock\",");
  hein_test_bus_send (guest, NULL, "n", "one");
  hein_test_bus_send (guest, NULL, "n", "two");
  hein_test_bus_close (guest);
  hein_test_wait (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 0);
  /* what came from those that are gone is still counted */
  after = ask (fd, "{\"ask\":\"bus\"}\n");
  assert_has (after, "\"peers\":0,");
  assert_has (after, "\"messages-received\":2,");
  close (fd);
}

/* More than fit into one piece, each once and in order, while others go. */
static void
test_many_peers (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  g_autoptr (GPtrArray) guests =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_test_bus_free);
  const int fd = connect_only (self);
  g_autofree char *answer = NULL;

  hein_bus_listen (bus, "inproc://many", NULL);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("guest-%03u", i);

      g_ptr_array_add (guests, hein_test_bus_new (name));
      hein_test_bus_dial (g_ptr_array_index (guests, i), "inproc://many");
    }
  hein_test_wait (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 200);
  answer = ask (fd, "{\"ask\":\"peers\"}\n");
  g_assert_cmpuint (count_of (answer, "{\"peer\":"), ==, 200);
  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *member = g_strdup_printf ("\"name\":\"guest-%03u\"", i);

      g_assert_cmpuint (count_of (answer, member), ==, 1);
    }
  close (fd);
}

/* Peers that have a ping answer, others say why not; and who asked may be gone
 * before. */
static void
test_ping (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  g_autoptr (HeinTestBus) near = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) far = hein_test_bus_new ("uhura");
  HeinEndpoint *endpoint = hein_bus_listen (bus, "tcp://127.0.0.1:0", NULL);
  const int fd = connect_only (self);
  const int gone = connect_only (self);
  g_autofree char *all = NULL;
  g_autofree char *one = NULL;
  g_autofree char *none = NULL;

  hein_bus_listen (bus, "inproc://ping", NULL);
  hein_test_bus_dial (near, "inproc://ping");
  hein_test_bus_dial (far, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 2);
  all = ask (fd, "{\"ask\":\"ping\",\"timeout-ms\":20000}\n");
  g_assert_cmpuint (count_of (all, "{\"ping\":"), ==, 2);
  assert_has (all, "{\"peer\":\"uhura\",\"rtt-us\":");
  assert_has (all, "{\"peer\":\"spock\",\"error\":\"spock cannot be asked");
  one = ask (fd, "{\"ask\":\"ping\",\"peer\":\"uhura\","
                 "\"timeout-ms\":20000}\n");
  g_assert_cmpuint (count_of (one, "{\"ping\":"), ==, 1);
  none = ask (fd, "{\"ask\":\"ping\",\"peer\":\"scotty\"}\n");
  g_assert_cmpstr (none, ==, "{\"hein\":1}\n{\"end\":true}\n");
  put (gone, "{\"ask\":\"ping\"}\n");
  close (gone);
  put (fd, "{\"ask\":\"ping\"}\n");
  close (fd);
  hein_test_bus_close (near);
  hein_test_wait (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 1);
}

/* What any thread logs, also in the middle of a turn; and what is left unread
 * costs no more than some hundred kilobytes. */
static gpointer
log_much (gpointer data)
{
  for (guint i = 0; i < 1000; i++)
    g_log ("Hein", G_LOG_LEVEL_DEBUG, "%s", (const char *) data);
  return NULL;
}

static void
test_log (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  g_autofree char *long_text = g_strnfill (1000, 'x');
  const int fd = connect_only (self);
  const int other = connect_only (self);
  g_autoptr (GString) heard = g_string_new (NULL);
  g_autoptr (GString) little = g_string_new (NULL);

  put (fd, "{\"ask\":\"log\",\"level\":\"debug\"}\n");
  put (other, "{\"ask\":\"log\",\"level\":\"warning\"}\n");
  wait_for (fd, (get_some (fd, heard), heard->len > 0));
  wait_for (other, (get_some (other, little), little->len > 0));
  g_thread_join (g_thread_new ("log", log_much, long_text));
  g_log ("Hein", G_LOG_LEVEL_INFO, "\xff\n\"");
  g_log ("Other", G_LOG_LEVEL_INFO, "of somebody else");
  wait_for (fd, (get_some (fd, heard),
                 strstr (heard->str, "{\"missed\":") != NULL));
  assert_has (heard->str, "\"level\":\"debug\",\"domain\":\"Hein\","
                          "\"message\":\"xxx");
  g_assert_cmpuint (heard->len, <, 600 * 1024);
  g_assert_null (strstr (heard->str, "of somebody else"));
  g_string_truncate (heard, 0);
  g_log ("Hein", G_LOG_LEVEL_INFO, "\xff\n\"");
  wait_for (fd, (get_some (fd, heard), strchr (heard->str, '\n') != NULL));
  assert_has (heard->str, "\"message\":\"\\ufffd\\n\\\"\"}}\n");
  close (fd);
  close (other);
  /* with the tools still there */
  g_clear_object (&bus);
  g_log ("Hein", G_LOG_LEVEL_INFO, "nobody hears");
  g_assert_cmpstr (little->str, ==, "{\"hein\":1}\n");
}

/* ---- whoever asks something else ---- */

static void
test_bad_requests (Place *self, gconstpointer data)
{
  static const struct
  {
    const char *request;
    const char *error;
  } cases[] = {
    { "{\"ask\":\"everything\"}\n", "no such request" },
    { "{\"ask\":7}\n", "a text \\\"ask\\\"" },
    { "{}\n", "a text \\\"ask\\\"" },
    { "[]\n", "a text \\\"ask\\\"" },
    { "{\"ask\":\"ping\",\"timeout-ms\":-1}\n", "0 to 3600000" },
    { "{\"ask\":\"ping\",\"timeout-ms\":9999999}\n", "0 to 3600000" },
    { "{\"ask\":\"log\",\"level\":\"loud\"}\n", "warning, message" },
    { "{\"ask\":\"ping\",\"peer\":[]}\n", "is a text" },
    { "{\"ask\":\"ping\",\"peer\":\"\\ud800\"}\n", "JSON" },
    { "\n", "JSON" },
    { "bus\n", "JSON" },
    { "{\"ask\":\"bus\"}{\n", "JSON" },
    { "\xff\xfe\n", "UTF-8" },
    { "{\"hein\":2,\"ask\":\"bus\"}\n", "version 1" },
    { "{\"hein\":0,\"ask\":\"bus\"}\n", "version 1" },
    { "{\"hein\":99999999999999999999,\"ask\":\"bus\"}\n", "version 1" },
  };
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  const int fd = connect_only (self);
  g_autofree char *after = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *answer = ask (fd, cases[i].request);

      assert_has (answer, cases[i].error);
      g_assert_null (strstr (answer, "\"end\""));
    }
  after = ask (fd, "{\"ask\":\"bus\"}\n");
  assert_has (after, "\"name\":\"kirk\"");
  close (fd);
}

/* A request without an end is refused, and its connection closed. */
static void
test_long_request (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  const int fd = connect_only (self);
  g_autofree char *request = g_strnfill (5000, ' ');
  g_autoptr (GString) text = g_string_new (NULL);

  put (fd, request);
  wait_for (fd, !get_some (fd, text));
  assert_has (text->str, "at most 4096 bytes");
  close (fd);
}

/* Several at once, in pieces, are answered in order; also after the last of
 * them nothing more comes. */
static void
test_pieces (Place *self, gconstpointer data)
{
  const char text[] =
    "{\"ask\":\"bus\"}\n{\"ask\":\"peers\"}\n{\"ask\":\"x\"}\n{";
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  const int fd = connect_only (self);
  g_autoptr (GString) answer = g_string_new (NULL);

  for (gsize i = 0; i < strlen (text); i++)
    {
      g_assert_cmpint (send (fd, text + i, 1, MSG_NOSIGNAL), ==, 1);
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  shutdown (fd, SHUT_WR);
  wait_for (fd, !get_some (fd, answer));
  g_assert_cmpuint (count_of (answer->str, "{\"hein\":1}\n"), ==, 3);
  g_assert_cmpuint (count_of (answer->str, "{\"end\":true}\n"), ==, 2);
  g_assert_true (g_str_has_suffix (answer->str, "no such request\"}\n"));
  close (fd);
}

/* Who asks without end and reads nothing stops being read, and nobody else
 * feels it. */
static void
test_no_reader (Place *self, gconstpointer data)
{
  const char request[] = "{\"ask\":\"bus\"}\n";
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  const int fd = connect_only (self);
  const int other = connect_only (self);
  g_autofree char *answer = NULL;
  guint n_refused = 0;

  /* the last of these find all buffers on both ways full */
  while (n_refused < 1000)
    {
      if (send (fd, request, strlen (request), MSG_NOSIGNAL) < 0)
        n_refused++;
      while (g_main_context_iteration (NULL, FALSE))
        continue;
    }
  answer = ask (other, request);
  assert_has (answer, "\"name\":\"kirk\"");
  close (fd);
  close (other);
}

/* Beyond 16 tools, the one that asked least recently is cut off. */
static void
test_crowd (Place *self, gconstpointer data)
{
  g_autoptr (HeinBus) bus = make_bus ("kirk");
  int fds[17];
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_autofree char *answer = NULL;

      fds[i] = connect_only (self);
      answer = ask (fds[i], "{\"ask\":\"bus\"}\n");
      assert_has (answer, "\"name\":\"kirk\"");
    }
  wait_for (fds[0], !get_some (fds[0], text));
  for (guint i = 1; i < G_N_ELEMENTS (fds); i++)
    {
      g_autofree char *answer = ask (fds[i], "{\"ask\":\"peers\"}\n");

      assert_has (answer, "{\"end\":true}");
    }
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

/* A program without a main loop answers while it turns the bus. */
static void
test_turned (Place *self, gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (HeinBus) bus = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  int fd;

  g_main_context_push_thread_default (context);
  bus = make_bus ("kirk");
  g_main_context_pop_thread_default (context);
  fd = connect_only (self);
  put (fd, "{\"ask\":\"bus\"}\n");
  while (!has_end (fd, text))
    hein_bus_turn (bus, 1000);
  assert_has (text->str, "\"name\":\"kirk\"");
  close (fd);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*run) (Place *self, gconstpointer data);
  } tests[] = {
    { "/inspect/off", test_off },
    { "/inspect/on", test_on },
    { "/inspect/environment", test_environment },
    { "/inspect/nowhere", test_nowhere },
    { "/inspect/open-folder", test_open_folder },
    { "/inspect/two", test_two },
    { "/inspect/left-over", test_left_over },
    { "/inspect/fork", test_fork },
    { "/inspect/bus", test_bus },
    { "/inspect/many-peers", test_many_peers },
    { "/inspect/ping", test_ping },
    { "/inspect/log", test_log },
    { "/inspect/bad-requests", test_bad_requests },
    { "/inspect/long-request", test_long_request },
    { "/inspect/pieces", test_pieces },
    { "/inspect/no-reader", test_no_reader },
    { "/inspect/crowd", test_crowd },
    { "/inspect/turned", test_turned },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Place, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
