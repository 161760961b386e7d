/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pairing-sides.h"

#include <string.h>

#include <glib/gstdio.h>

/* Two sides that make their keys known to each other by a code. */

PairingSide *
pairing_side_new (TrustEnds *ends, const char *file, const char *name)
{
  PairingSide *self = g_new0 (PairingSide, 1);

  self->identity = g_strdup_printf ("%s/%s.id", ends->folder, file);
  self->peers = g_strdup_printf ("%s/%s.peers", ends->folder, file);
  self->cancellable = g_cancellable_new ();
  self->pairing = hein_pairing_new (self->identity, self->peers, name);
  return self;
}

void
pairing_side_free (PairingSide *self)
{
  g_assert_finalize_object (self->pairing);
  g_object_unref (self->cancellable);
  g_clear_error (&self->error);
  g_free (self->other);
  g_free (self->identity);
  g_free (self->peers);
  g_free (self);
}

void
pairing_side_on_listened (GObject *object,
                          GAsyncResult *result,
                          gpointer user_data)
{
  PairingSide *self = user_data;

  self->other =
    hein_pairing_listen_finish (self->pairing, result, &self->error);
  self->is_done = TRUE;
  /* nothing is shown any more */
  g_assert_null (hein_pairing_get_code (self->pairing));
  g_assert_cmpuint (hein_pairing_get_remaining (self->pairing), ==, 0);
}

static void
on_dialled (GObject *object, GAsyncResult *result, gpointer user_data)
{
  PairingSide *self = user_data;

  self->other = hein_pairing_dial_finish (self->pairing, result, &self->error);
  self->is_done = TRUE;
}

void
pairing_side_listen (PairingSide *self)
{
  hein_pairing_listen_async (self->pairing, "127.0.0.1", self->cancellable,
                             pairing_side_on_listened, self);
}

void
pairing_side_dial (PairingSide *self, const char *address, const char *code)
{
  hein_pairing_dial_async (self->pairing, address, code, self->cancellable,
                           on_dialled, self);
}

void
pairing_side_dial_to (PairingSide *self, PairingSide *hub)
{
  pairing_side_dial (self, hein_pairing_get_address (hub->pairing),
                     hein_pairing_get_code (hub->pairing));
}

void
pairing_sides_wait (PairingSide *a, PairingSide *b)
{
  hein_test_wait (a->is_done && b->is_done);
}

/* The very text; NULL: there is no file. */
void
pairing_side_assert_peers (PairingSide *self, const char *name, PairingSide *of)
{
  g_autofree char *text = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *pin = NULL;
  GStatBuf info;

  if (name == NULL)
    {
      g_assert_false (g_file_test (self->peers, G_FILE_TEST_EXISTS));
      return;
    }
  pin = hein_identity_read (of->identity, NULL, NULL);
  expected = g_strdup_printf ("%s %s\n", name, pin);
  g_assert_true (g_file_get_contents (self->peers, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (g_stat (self->peers, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

void
pairing_assert_has (const GError *error, const char *words)
{
  g_assert_nonnull (strstr (error->message, words));
}
