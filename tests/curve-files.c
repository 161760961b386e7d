/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "curve-files.h"

#include <string.h>

#include <glib/gstdio.h>
#include <sodium.h>

#include "../plugins/protocols/zmtp/zmtp-certificate.h"

CurveFiles *
curve_files_new (void)
{
  CurveFiles *self = g_new0 (CurveFiles, 1);
  g_autofree char *peers = NULL;

  g_assert_cmpint (sodium_init (), >=, 0);
  self->folder = g_dir_make_tmp ("hein-curve-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  peers = curve_files_dup_path (self, "peers");
  g_assert_cmpint (g_mkdir (peers, 0700), ==, 0);
  return self;
}

static void
empty (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        empty (path);
      g_remove (path);
    }
}

void
curve_files_free (CurveFiles *self)
{
  empty (self->folder);
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self);
}

char *
curve_files_dup_path (CurveFiles *self, const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

void
curve_files_write (CurveFiles *self,
                   const char *name,
                   int mode,
                   const char *text)
{
  g_autofree char *path = curve_files_dup_path (self, name);

  g_remove (path);
  g_assert_true (g_file_set_contents_full (path, text, -1,
                                           G_FILE_SET_CONTENTS_NONE, mode,
                                           NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
}

void
curve_files_make (CurveFiles *self, const char *name, const char *metadata)
{
  CurvePair pair;
  char public_key[CURVE_Z85_SIZE + 1];
  char secret_key[CURVE_Z85_SIZE + 1];
  g_autofree char *public_text = NULL;
  g_autofree char *secret_text = NULL;
  g_autofree char *public_name = g_strconcat (name, ".key", NULL);
  g_autofree char *secret_name = g_strconcat (name, ".key_secret", NULL);

  crypto_box_keypair (pair.public_key, pair.secret_key);
  curve_key_write (pair.public_key, public_key);
  curve_key_write (pair.secret_key, secret_key);
  public_text =
    g_strdup_printf ("#   ****  Generated on 2026-11-28 by pyzmq  ****\n"
                     "#   ZeroMQ CURVE Public Certificate\n\n\nmetadata\n%s"
                     "\ncurve\n    public-key = \"%s\"\n",
                     metadata, public_key);
  secret_text =
    g_strdup_printf ("%s    secret-key = \"%s\"\n", public_text, secret_key);
  curve_files_write (self, public_name, 0644, public_text);
  curve_files_write (self, secret_name, 0600, secret_text);
}

void
curve_files_let_in (CurveFiles *self, const char *name)
{
  g_autofree char *public_name = g_strconcat (name, ".key", NULL);
  g_autofree char *from = curve_files_dup_path (self, public_name);
  g_autofree char *to = g_strconcat ("peers/", public_name, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (from, &text, NULL, NULL));
  curve_files_write (self, to, 0644, text);
}

void
curve_files_throw_out (CurveFiles *self, const char *name)
{
  g_autofree char *file = g_strconcat ("peers/", name, ".key", NULL);
  g_autofree char *path = curve_files_dup_path (self, file);

  g_assert_cmpint (g_remove (path), ==, 0);
}

char *
curve_files_dup_key (CurveFiles *self, const char *name)
{
  g_autofree char *file = g_strconcat (name, ".key", NULL);
  g_autofree char *path = curve_files_dup_path (self, file);
  g_autofree char *text = NULL;
  const char *key;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  key = strstr (text, "public-key = \"");
  g_assert_nonnull (key);
  return g_strndup (key + strlen ("public-key = \""), CURVE_Z85_SIZE);
}

char *
curve_files_dup_server (CurveFiles *self, const char *base, const char *name)
{
  return g_strdup_printf ("%s?curve-key=%s/%s.key_secret&curve-peers=%s/peers",
                          base, self->folder, name, self->folder);
}

char *
curve_files_dup_client (CurveFiles *self,
                        const char *base,
                        const char *name,
                        const char *server)
{
  return g_strdup_printf ("%.*s?curve-key=%s/%s.key_secret&curve-server=%s/%s"
                          ".key",
                          (int) strcspn (base, "?"), base, self->folder, name,
                          self->folder, server);
}
