/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <hein/hein.h>

#include "hein-test.h"

/*
 * Modules that are no plugins: a library that encrypts is loaded by programs
 * that encrypt, and by no others; and without the module, who asks for it is
 * told so.
 */

#define PLAIN "tcp://127.0.0.1:0"

static gboolean
has_loaded (const char *library)
{
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  return strstr (maps, library) != NULL;
}

static void
dial_wrongly (const char *uri, int code, const char *words)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("spock");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_dial (bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, code);
  g_assert_nonnull (strstr (error->message, words));
}

static void
listen_wrongly (const char *uri, int code, const char *words)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("spock");
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_bus_listen (bus, uri, &error));
  g_assert_error (error, HEIN_ERROR, code);
  g_assert_nonnull (strstr (error->message, words));
}

static void
assert_exchange (void)
{
  g_autoptr (HeinBus) spock = hein_bus_new ("spock");
  g_autoptr (HeinBus) kirk = hein_bus_new ("kirk");
  g_autoptr (HeinMessage) hello = hein_message_new_text ("topic", "hello");
  g_autoptr (HeinMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_bus_listen (spock, PLAIN, &error);

  g_assert_no_error (error);
  hein_bus_dial (kirk, hein_endpoint_get_bound_uri (endpoint), &error);
  g_assert_no_error (error);
  while (hein_peers_get_n_peers (hein_bus_get_peers (kirk)) == 0)
    {
      hein_bus_turn (spock, 1);
      hein_bus_turn (kirk, 1);
    }
  g_assert_true (hein_bus_send (kirk, hello, &error));
  hein_bus_turn (kirk, 0);
  message = hein_bus_receive (spock, 60000, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (hein_message_get_topic (message), ==, "topic");
}

#ifdef HAS_TLS
/* A file of its own: nobody else can change what it is, nor its mode. */
static void
listen_with_empty_key (void)
{
  g_autofree char *path = NULL;
  g_autofree char *uri = NULL;
  const int fd = g_file_open_tmp ("hein-test-modules-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, !=, -1);
  uri = g_strconcat (PLAIN "?key-file=", path, NULL);
  listen_wrongly (uri, HEIN_ERROR_FAILED, "is neither 32 bytes");
  g_unlink (path);
  close (fd);
}
#endif

/* Who listens needs no thread, as GLib begins one for a GTask. */
static void
assert_no_thread (void)
{
  g_autoptr (HeinBus) bus = hein_bus_new ("spock");
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_bus_listen (bus, PLAIN, &error);

  g_assert_no_error (error);
  hein_bus_turn (bus, 0);
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_OPEN);
  g_assert_cmpuint (hein_test_count_entries ("/proc/self/task"), ==, 1);
}

static void
test_light (void)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }
  assert_no_thread ();
  assert_exchange ();
  g_assert_false (has_loaded ("libsodium"));
  g_assert_false (has_loaded ("libgnutls"));
#ifdef HAS_CURVE
  listen_wrongly (PLAIN "?curve-key=none", HEIN_ERROR_BAD_ADDRESS,
                  "curve-peers");
  g_assert_true (has_loaded ("libsodium"));
  g_assert_false (has_loaded ("libgnutls"));
#endif
#ifdef HAS_TLS
  listen_with_empty_key ();
  g_assert_true (has_loaded ("libgnutls"));
#endif
}

/* ---- a process with other folders ---- */

/* What a folder of plugins is to hold: files of the folders there are, or of the
 * fixtures. */
typedef struct
{
  const char *from;
  const char *to;
  int mode;
} Copied;

static char *
read_file (const char *name, gsize *size)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_autofree char *fixture =
    g_build_filename (g_getenv ("HEIN_TEST_FIXTURES"), name, NULL);
  char *data = NULL;

  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (folders[i], name, NULL);

      if (g_file_get_contents (path, &data, size, NULL))
        return data;
    }
  g_assert_true (g_file_get_contents (fixture, &data, size, NULL));
  return data;
}

static void
copy_file (const Copied *copied, const char *to)
{
  gsize size;
  g_autofree char *data = read_file (copied->from, &size);

  g_assert_true (g_file_set_contents (to, data, size, NULL));
  g_assert_cmpint (g_chmod (to, copied->mode), ==, 0);
}

/* Runs the rest of this test with a folder of these files as the only one. */
static void
run_with (const Copied *files, guint n_files)
{
  g_autofree char *folders = g_strdup (g_getenv ("HEIN_PLUGIN_PATH"));
  g_autofree char *folder = g_dir_make_tmp ("hein-test-modules-XXXXXX", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < n_files; i++)
    {
      char *path = g_build_filename (folder, files[i].to, NULL);

      copy_file (&files[i], path);
      g_ptr_array_add (paths, path);
    }
  g_setenv ("HEIN_PLUGIN_PATH", folder, TRUE);
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_setenv ("HEIN_PLUGIN_PATH", folders, TRUE);
  for (guint i = 0; i < paths->len; i++)
    g_unlink (paths->pdata[i]);
  g_rmdir (folder);
  g_test_trap_assert_passed ();
}

/* ---- without modules ---- */

/* Those of an installed hein would be found as well. */
static gboolean
is_installed (const char *name)
{
  g_auto (GStrv) folders = hein_plugin_info_dup_folders ();
  g_autofree char *path =
    g_build_filename (folders[g_strv_length (folders) - 1], name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
look_for_missing (void)
{
  assert_exchange ();
  listen_wrongly (PLAIN "?curve-key=none&curve-peers=any", HEIN_ERROR_NO_PLUGIN,
                  "encryption by CURVE needs the module of CURVE: "
                  "hein-curve.so is missing; looked in: ");
  listen_wrongly (PLAIN "?key-file=none", HEIN_ERROR_NO_PLUGIN,
                  "encryption needs the module of TLS: "
                  "hein-tls.so is missing; looked in: ");
  dial_wrongly ("tcp+nats://127.0.0.1:4222?nkey=none", HEIN_ERROR_NO_PLUGIN,
                "nkey and creds need the module of signatures: "
                "hein-nkey.so is missing; looked in: ");
  g_assert_false (has_loaded ("libsodium"));
}

static void
test_missing (void)
{
  static const Copied plugins[] = {
    { "libhein-tcp.so", "libhein-tcp.so", 0755 },
    { "libhein-zmtp.so", "libhein-zmtp.so", 0755 },
    { "libhein-nats.so", "libhein-nats.so", 0755 },
    { "libhein-publish.so", "libhein-publish.so", 0755 },
  };

  if (g_test_subprocess ())
    look_for_missing ();
  else if (is_installed ("hein-curve.so") || is_installed ("hein-tls.so") ||
           is_installed ("hein-nkey.so"))
    g_test_skip ("the modules of an installed hein would be found");
  else
    run_with (plugins, G_N_ELEMENTS (plugins));
}

/* ---- modules of others ---- */

typedef struct
{
  guint32 abi;
  guint32 size;
  int (*answer) (void);
} PartModule;

#define PART_ABI 3

static void
refuse (const char *name, guint32 abi, guint32 size, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_plugin_find_module (name, abi, size, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
  g_assert_nonnull (strstr (error->message, words));
}

static void
find_parts (void)
{
  g_autoptr (GError) error = NULL;
  const PartModule *module;

  refuse ("hein-good", 1, 8, "no symbol hein_good_module");
  refuse ("hein-writable", 1, 8, "can be written by others");
  refuse ("hein-part", PART_ABI + 1, sizeof *module, "another version of hein");
  refuse ("hein-part", PART_ABI, sizeof *module + 4, "another version of hein");
  module =
    hein_plugin_find_module ("hein-part", PART_ABI, sizeof *module, &error);
  g_assert_no_error (error);
  g_assert_cmpint (module->answer (), ==, 42);
  g_assert_true (module == hein_plugin_find_module ("hein-part", PART_ABI,
                                                    sizeof *module, NULL));
  refuse ("hein-part", PART_ABI + 1, sizeof *module, "another version of hein");
}

static void
test_found (void)
{
  static const Copied files[] = {
    { "hein-part.so", "hein-part.so", 0755 },
    { "hein-part.so", "hein-writable.so", 0775 },
    { "libhein-good.so", "hein-good.so", 0755 },
  };

  if (g_test_subprocess ())
    find_parts ();
  else
    run_with (files, G_N_ELEMENTS (files));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/modules/light", test_light);
  g_test_add_func ("/modules/missing", test_missing);
  g_test_add_func ("/modules/found", test_found);
  return g_test_run ();
}
