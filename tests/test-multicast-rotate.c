/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multicast-test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* The files of keys change while a group talks. M14, U2: the requirement and
 * the fault that the tests stand for. */

#define KEY_1   "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define KEY_2   "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define LINE_1  "1 " KEY_1 " - -\n"
#define LINE_2  "2 " KEY_2 " - -\n"
#define ID_AT   4 /* of the key, in a datagram */
#define FROM_AT 8 /* of the sender */
#define TURN_MS 2
#define WAIT_US (30 * G_USEC_PER_SEC)

/* Two that say numbers to each other all the time, and one who listens in. */
typedef struct
{
  MulticastPlace *place;
  char *path;
  HeinTestBus *buses[2];
  guint n_sent; /* of each */
  guint source_id;
  int recorder;
  guint32 old_id;
  GHashTable *key_ids; /* of senders: what they sent with last */
} Talk;

static gboolean
say (gpointer data)
{
  Talk *self = data;
  g_autofree char *text = g_strdup_printf ("%u", self->n_sent++);

  hein_test_bus_send (self->buses[0], NULL, "", text);
  hein_test_bus_send (self->buses[1], NULL, "", text);
  return G_SOURCE_CONTINUE;
}

static void
listen_in (Talk *self)
{
  g_autoptr (GPtrArray) heard = multicast_recorder_take (self->recorder);

  for (guint i = 0; i < heard->len; i++)
    {
      const guint8 *datagram =
        g_bytes_get_data (g_ptr_array_index (heard, i), NULL);
      guint32 id;

      memcpy (&id, datagram + ID_AT, sizeof id);
      if (self->old_id == 0)
        self->old_id = id;
      g_hash_table_insert (self->key_ids, g_bytes_new (datagram + FROM_AT, 16),
                           GUINT_TO_POINTER (id));
    }
}

static gboolean
has_switched (Talk *self)
{
  GHashTableIter iter;
  gpointer id;
  guint n = 0;

  listen_in (self);
  g_hash_table_iter_init (&iter, self->key_ids);
  while (g_hash_table_iter_next (&iter, NULL, &id))
    n += GPOINTER_TO_UINT (id) != self->old_id;
  return n == 2;
}

static gboolean
has_heard (Talk *self, guint n)
{
  listen_in (self);
  return self->buses[0]->messages->len >= n &&
         self->buses[1]->messages->len >= n;
}

static void
wait_until_switched (Talk *self)
{
  const gint64 end_us = g_get_monotonic_time () + WAIT_US;

  while (!has_switched (self))
    g_assert_true (hein_test_turn (end_us));
}

/* NULL: there is no multicast on lo. */
static Talk *
talk_new (const char *option, const char *options, const char *keys)
{
  Talk *self = g_new0 (Talk, 1);
  const char *const names[] = { "kirk", "spock" };

  self->place = multicast_place_new ();
  if (self->place == NULL)
    {
      g_free (self);
      return NULL;
    }
  self->path = multicast_place_add_file (self->place, "keys", keys);
  self->recorder = multicast_recorder_new (self->place);
  self->key_ids = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                         (GDestroyNotify) g_bytes_unref, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *all =
        g_strdup_printf ("%s=%s&%s", option, self->path, options);

      self->buses[i] =
        multicast_join (names[i], multicast_place_dup_uri (self->place, all));
    }
  hein_test_wait (hein_test_bus_count_peers (self->buses[0]) == 1 &&
                  hein_test_bus_count_peers (self->buses[1]) == 1);
  self->source_id = g_timeout_add (TURN_MS, say, self);
  hein_test_wait (has_heard (self, 10));
  return self;
}

/* All that was said came once, and nobody left. */
static void
assert_all_came (Talk *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  hein_test_wait (has_heard (self, self->n_sent));
  for (guint i = 0; i < 2; i++)
    {
      HeinTestBus *bus = self->buses[i];
      g_autofree guint8 *counts = g_new0 (guint8, self->n_sent);

      g_assert_cmpuint (bus->messages->len, ==, self->n_sent);
      for (guint j = 0; j < self->n_sent; j++)
        {
          g_autofree char *text = hein_test_bus_dup_text (bus, j);

          g_assert_cmpuint (counts[atoi (text)]++, ==, 0);
        }
      g_assert_cmpuint (hein_bus_get_n_dropped (bus->bus,
                                                HEIN_DROP_REASON_LOST),
                        ==, 0);
      g_assert_cmpuint (bus->added->len, ==, 1);
      g_assert_cmpuint (bus->removed->len, ==, 0);
    }
}

static void
talk_free (Talk *self)
{
  g_clear_handle_id (&self->source_id, g_source_remove);
  hein_test_bus_free (self->buses[0]);
  hein_test_bus_free (self->buses[1]);
  g_hash_table_unref (self->key_ids);
  close (self->recorder);
  multicast_place_free (self->place);
  g_free (self->path);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Talk, talk_free)

/* Another file takes its place at once, as it should be done. */
static void
replace (Talk *self, const char *text)
{
  g_autofree char *path =
    multicast_place_add_file (self->place, "new-keys", text);

  g_assert_cmpint (g_rename (path, self->path), ==, 0);
}

/* As `hein keygen --ring` does. */
static void
append (Talk *self, const char *text)
{
  FILE *file = g_fopen (self->path, "ae");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* M14: another key in the file, and one more in the ring: nothing is lost, even
 * where nothing is repaired, and nobody is told of anything. */
static void
test_keeps_all (void)
{
  static const struct
  {
    const char *option;
    const char *options;
    const char *keys;
    const char *new_key;
    void (*write) (Talk *talk, const char *text);
  } kinds[] = {
    { "key-file", "reliable=no", KEY_1, KEY_2, replace },
    { "key-file", "reliable=yes", KEY_1, KEY_2, replace },
    { "key-ring-file", "reliable=no", LINE_1, LINE_2, append },
    { "key-ring-file", "reliable=yes", LINE_1, LINE_1 LINE_2, replace },
  };
  Talk *talks[G_N_ELEMENTS (kinds)] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      talks[i] = talk_new (kinds[i].option, kinds[i].options, kinds[i].keys);
      if (talks[i] == NULL)
        return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    kinds[i].write (talks[i], kinds[i].new_key);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    wait_until_switched (talks[i]);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      assert_all_came (talks[i]);
      g_assert_cmpuint (talks[i]->buses[0]->n_failed, ==, 0);
      g_assert_cmpuint (talks[i]->buses[1]->n_failed, ==, 0);
      talk_free (talks[i]);
    }
}

static void
assert_stays (Talk *self, int code, const char *why)
{
  guint n_heard;

  for (guint i = 0; i < 2; i++)
    {
      HeinTestBus *bus = self->buses[i];
      g_autoptr (HeinEndpoint) endpoint =
        g_list_model_get_item (hein_bus_get_endpoints (bus->bus), 0);

      hein_test_wait (bus->n_failed == 1);
      g_assert_error (bus->failure, HEIN_ERROR, code);
      g_assert_nonnull (
        strstr (bus->failure->message, "the keys stay as they were: "));
      g_assert_nonnull (strstr (bus->failure->message, why));
      g_assert_null (strstr (bus->failure->message, "ffeedd"));
      g_assert_null (hein_endpoint_get_error (endpoint));
    }
  n_heard = self->n_sent;
  hein_test_wait (has_heard (self, n_heard + 100));
  g_assert_false (has_switched (self));
}

/* U2: what is broken, or for others to read, changes nothing but that it is
 * said; and when it is well again, it is read. */
static void
test_bad_file (void)
{
  g_autoptr (Talk) broken = NULL;
  g_autoptr (Talk) open = NULL;

  broken = talk_new ("key-ring-file", "reliable=no", LINE_1);
  open = talk_new ("key-file", "reliable=no", KEY_1);
  if (broken == NULL || open == NULL)
    return;
  append (broken, "2 ffeedd - -\n");
  g_assert_cmpint (g_chmod (open->path, 0644), ==, 0);
  assert_stays (broken, HEIN_ERROR_FAILED, "keys:2: the key is not 64 hex");
  assert_stays (open, HEIN_ERROR_INSECURE, "keys: its mode is 0644");
  replace (broken, LINE_1 LINE_2);
  replace (open, KEY_2);
  wait_until_switched (broken);
  wait_until_switched (open);
  assert_all_came (broken);
  assert_all_came (open);
  g_assert_cmpuint (broken->buses[0]->n_failed, ==, 1);
  g_assert_cmpuint (open->buses[0]->n_failed, ==, 1);
}

/* A key that is taken out of a ring is not used any more from then on. Until all
 * have read that, they do not hear each other; with repair nothing is lost. */
static void
test_key_is_taken_out (void)
{
  g_autoptr (Talk) talk = talk_new ("key-ring-file", "reliable=yes", LINE_1);
  guint n;

  if (talk == NULL)
    return;
  replace (talk, LINE_2);
  wait_until_switched (talk);
  n = talk->n_sent;
  hein_test_wait (has_heard (talk, n + 100));
  assert_all_came (talk);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/multicast/rotate/keeps-all", test_keeps_all);
  g_test_add_func ("/multicast/rotate/bad-file", test_bad_file);
  g_test_add_func ("/multicast/rotate/taken-out", test_key_is_taken_out);
  return g_test_run ();
}
