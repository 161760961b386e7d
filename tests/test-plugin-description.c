/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "plugin/hein-plugin-file.h"
#include "plugin/hein-plugin-load.h"

static const HeinPluginDescription whole = {
  .magic = HEIN_PLUGIN_MAGIC,
  .abi = HEIN_PLUGIN_ABI,
  .size = HEIN_PLUGIN_SIZE_MIN,
  .glib_major = GLIB_MAJOR_VERSION,
  .name = "whole",
};

/* What a module of an older hein lacks is not there behind its description, and
 * must not be read: here such fields lie behind the end of the memory, where
 * AddressSanitizer and valgrind would see it. */
static void
test_older (void)
{
  g_autofree guint8 *theirs = g_memdup2 (&whole, HEIN_PLUGIN_SIZE_MIN);
  HeinPluginDescription ours;

  memset (&ours, 0xff, sizeof ours);
  g_assert_true (
    hein_plugin_read_description (&ours, (const HeinPluginDescription *) theirs,
                                  NULL));
  g_assert_cmpmem (&ours, HEIN_PLUGIN_SIZE_MIN, theirs, HEIN_PLUGIN_SIZE_MIN);
  for (gsize i = HEIN_PLUGIN_SIZE_MIN; i < sizeof ours; i++)
    g_assert_cmpuint (((const guint8 *) &ours)[i], ==, 0);
}

/* What it has beyond ours does not go over our end. */
static void
test_newer (void)
{
  struct
  {
    HeinPluginDescription known;
    guint64 later[4];
  } theirs = { whole, { 1, 2, 3, 4 } };
  struct
  {
    HeinPluginDescription description;
    guint64 behind;
  } ours = { .behind = 7 };

  theirs.known.size = sizeof theirs;
  g_assert_true (
    hein_plugin_read_description (&ours.description, &theirs.known, NULL));
  g_assert_cmpstr (ours.description.name, ==, "whole");
  g_assert_cmpuint (ours.behind, ==, 7);
}

static void
assert_refused (const HeinPluginDescription *theirs)
{
  HeinPluginDescription ours;
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_plugin_read_description (&ours, theirs, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
}

static void
test_refused (void)
{
  HeinPluginDescription theirs = whole;

  theirs.size = HEIN_PLUGIN_SIZE_MIN - 1;
  assert_refused (&theirs);
  theirs = whole;
  theirs.abi += 1;
  assert_refused (&theirs);
  theirs = whole;
  theirs.magic[7] = 1;
  assert_refused (&theirs);
}

/* Who runs with more rights than its user runs nothing that can be read so
 * easily; anybody else reads it. */
static void
test_secure (void)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("hein-XXXXXX.py", &path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (write (fd, "pass", 4), ==, 4);
  text = hein_plugin_file_read (path, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "pass");
  g_assert_null (hein_plugin_file_read (path, TRUE, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
  g_assert_nonnull (strstr (error->message, "set-user-ID"));
  close (fd);
  g_assert_cmpint (unlink (path), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/plugin/description/older", test_older);
  g_test_add_func ("/plugin/description/newer", test_newer);
  g_test_add_func ("/plugin/description/refused", test_refused);
  g_test_add_func ("/plugin/script/secure", test_secure);

  return g_test_run ();
}
