/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>

#include "transport-suite.h"

/* The law for transports, kept over TLS: what holds for a plain address holds
 * for the same address with a key file, and so does the law for protocols. */

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

static char *folder;
static char *key_file;
static guint serial;

static char *
make_tcp_uri (void)
{
  return g_strdup_printf ("tcp://127.0.0.1:0?key-file=%s", key_file);
}

/* As a queue, which is not what a channel is for: the law is about queues. */
static char *
make_channel_uri (void)
{
  return g_strdup_printf ("channel://127.0.0.1:0?overflow=wait&key-file=%s",
                          key_file);
}

static char *
make_wss_uri (void)
{
  return g_strdup_printf ("wss://127.0.0.1:0/path?key-file=%s", key_file);
}

static char *
make_unix_uri (void)
{
  return g_strdup_printf ("unix://%s/%u?key-file=%s", folder, serial++,
                          key_file);
}

static const HeinTransportSuite suites[] = {
  { "tcp", make_tcp_uri, TRUE, NULL },
  { "channel", make_channel_uri, TRUE, NULL },
  { "wss", make_wss_uri, TRUE, NULL },
  { "unix", make_unix_uri, TRUE, NULL },
};

static void
make_key_file (void)
{
  g_autoptr (GError) error = NULL;

  folder = g_dir_make_tmp ("hein-XXXXXX", &error);
  g_assert_no_error (error);
  key_file = g_build_filename (folder, "lamps.key", NULL);
  g_file_set_contents_full (key_file, KEY, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                            &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  int status;

  hein_transport_suite_init (argc, argv);
  g_test_init (&argc, &argv, NULL);
  make_key_file ();
  for (gsize i = 0; i < G_N_ELEMENTS (suites); i++)
    hein_transport_suite_add (&suites[i]);
  status = g_test_run ();
  g_unlink (key_file);
  g_rmdir (folder);
  g_free (key_file);
  g_free (folder);
  return status;
}
