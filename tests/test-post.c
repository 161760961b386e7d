/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "request-ends.h"

/* Messages that are posted: what the spool does for a bus, and what it hears of
 * them. */

/* Who posts. */
typedef struct
{
  char *path; /* owned: its spool */
  HeinTestBus *test;
  GPtrArray *settled; /* owned: texts, with "!" before those that failed */
  GError *error;      /* the last one, of a receipt */
  guint n_posted;
  guint n_failed;
} Poster;

static void
on_settled (HeinBus *bus,
            HeinMessage *message,
            HeinReceipt *receipt,
            gpointer data)
{
  Poster *self = data;
  g_autofree char *text = hein_message_dup_text (message, NULL);

  g_assert_nonnull (hein_message_get_attribute (message, HEIN_ATTRIBUTE_ID));
  g_clear_error (&self->error);
  g_ptr_array_add (self->settled, hein_receipt_check (receipt, &self->error)
                                    ? g_strdup (text)
                                    : g_strconcat ("!", text, NULL));
}

static void
poster_make_bus (Poster *self)
{
  self->test = hein_test_bus_new ("kirk");
  g_signal_connect (self->test->bus, "settled", G_CALLBACK (on_settled), self);
}

static void
poster_begin (Poster *self)
{
  g_autoptr (GError) error = NULL;

  poster_make_bus (self);
  hein_bus_open_spool (self->test->bus, self->path, 0, &error);
  g_assert_no_error (error);
}

static void
poster_end (Poster *self)
{
  g_clear_pointer (&self->test, hein_test_bus_free);
}

static void
poster_init (Poster *self)
{
  memset (self, 0, sizeof *self);
  self->path = g_dir_make_tmp ("hein-post-XXXXXX", NULL);
  self->settled = g_ptr_array_new_with_free_func (g_free);
  poster_begin (self);
}

static void
poster_clear (Poster *self)
{
  g_autoptr (GDir) folder = g_dir_open (self->path, 0, NULL);
  const char *name;

  poster_end (self);
  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->path, name, NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (self->path), ==, 0);
  g_free (self->path);
  g_ptr_array_unref (self->settled);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Poster, poster_clear)

static void
on_posted (GObject *source, GAsyncResult *result, gpointer data)
{
  Poster *self = data;

  if (hein_bus_post_finish (HEIN_BUS (source), result, NULL))
    self->n_posted++;
  else
    self->n_failed++;
}

static void
post_message (Poster *self, const char *to, HeinMessage *message)
{
  const guint n = self->n_posted;

  if (to != NULL)
    hein_bus_post_to_async (self->test->bus, to, message, NULL, on_posted,
                            self);
  else
    hein_bus_post_async (self->test->bus, message, NULL, on_posted, self);
  hein_test_wait (self->n_posted == n + 1);
}

static void
post (Poster *self, const char *to, const char *topic, const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  post_message (self, to, message);
}

static void
assert_texts (HeinTestBus *bus, const char *expected)
{
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < bus->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (bus, i);

      g_string_append_printf (found, "%s ", text);
    }
  g_assert_cmpstr (found->str, ==, expected);
}

static void
assert_settled (Poster *self, const char *expected)
{
  g_autofree char *found = NULL;

  g_ptr_array_add (self->settled, NULL);
  found = g_strjoinv (" ", (GStrv) self->settled->pdata);
  g_ptr_array_set_size (self->settled, self->settled->len - 1);
  g_assert_cmpstr (found, ==, expected);
}

#define assert_left(poster, n)                                                 \
  g_assert_cmpuint (hein_bus_get_n_posted ((poster)->test->bus), ==, n)

static HeinTestBus *
make_spock (const char *name, const char *uri)
{
  HeinTestBus *spock = hein_test_bus_new (name);

  hein_test_bus_listen (spock, uri);
  return spock;
}

/* ---- what is accepted is delivered ---- */

static void
test_later (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) spock = NULL;

  poster_init (&kirk);
  hein_test_bus_dial (kirk.test, "inproc://post");
  post (&kirk, NULL, "t", "one");
  post (&kirk, NULL, "t", "two");
  assert_left (&kirk, 2);
  assert_settled (&kirk, "");
  spock = make_spock ("spock", "inproc://post");
  hein_test_wait (kirk.settled->len == 2);
  assert_texts (spock, "one two ");
  assert_settled (&kirk, "one two");
  assert_left (&kirk, 0);
  g_assert_cmpuint (hein_test_bus_count_dropped (kirk.test), ==, 0);
}

/* The bus that posted is gone; another one delivers, in order, and what is
 * posted now comes behind that. */
static void
test_again (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) spock = make_spock ("spock", "inproc://post");
  g_autoptr (HeinMessage) typed =
    hein_message_new_typed ("t", "text/x", g_bytes_new_static ("two", 3));

  poster_init (&kirk);
  hein_message_set_attribute (typed, "a", "b", NULL);
  hein_message_set_attribute (typed, HEIN_ATTRIBUTE_ID, "7", NULL);
  post (&kirk, NULL, "t", "one");
  post_message (&kirk, NULL, typed);
  poster_end (&kirk);
  poster_begin (&kirk);
  assert_left (&kirk, 2);
  post (&kirk, NULL, "t", "three");
  hein_test_bus_dial (kirk.test, "inproc://post");
  hein_test_wait (kirk.settled->len == 3);
  assert_texts (spock, "one two three ");
  assert_settled (&kirk, "one two three");
  g_assert_cmpstr (hein_message_get_content_type (spock->messages->pdata[1]),
                   ==, "text/x");
  g_assert_cmpstr (hein_message_get_attribute (spock->messages->pdata[1], "a"),
                   ==, "b");
  g_assert_cmpstr (hein_message_get_attribute (spock->messages->pdata[1],
                                               HEIN_ATTRIBUTE_ID),
                   ==, "7");
  g_assert_cmpstr (hein_message_get_attribute (spock->messages->pdata[0],
                                               HEIN_ATTRIBUTE_ID),
                   !=,
                   hein_message_get_attribute (spock->messages->pdata[2],
                                               HEIN_ATTRIBUTE_ID));
  poster_end (&kirk);
  poster_begin (&kirk);
  assert_left (&kirk, 0);
}

/* It is handled, but the sender ends before it has heard that: it is delivered
 * again, and not handled again. */
static void
test_once (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) spock = make_spock ("spock", "inproc://post");

  poster_init (&kirk);
  g_object_set (spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  hein_test_bus_dial (kirk.test, "inproc://post");
  post (&kirk, NULL, "t", "one");
  hein_test_wait (spock->messages->len == 1);
  poster_end (&kirk);
  hein_test_wait (spock->removed->len == 1);
  hein_message_acknowledge (spock->messages->pdata[0]);
  poster_begin (&kirk);
  assert_left (&kirk, 1);
  hein_test_bus_dial (kirk.test, "inproc://post");
  hein_test_wait (kirk.settled->len == 1);
  assert_settled (&kirk, "one");
  assert_texts (spock, "one ");
}

/* The one that was chosen goes in the middle: the rest is for those who come. */
static void
test_goes (void)
{
  enum
  {
    N = 600
  };
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) first = make_spock ("first", "inproc://post");
  g_autoptr (HeinTestBus) second = NULL;
  g_autoptr (GPtrArray) kept = NULL;

  poster_init (&kirk);
  g_object_set (first->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  hein_test_bus_dial (kirk.test, "inproc://post");
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);

      hein_bus_post_async (kirk.test->bus, message, NULL, on_posted, &kirk);
    }
  hein_test_wait (kirk.n_posted == N && first->messages->len > 100);
  for (guint i = 0; i < 10; i++)
    hein_message_acknowledge (first->messages->pdata[i]);
  hein_test_wait (kirk.settled->len == 10);
  /* one that is let go would have failed */
  kept = g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  for (guint i = 0; i < first->messages->len; i++)
    g_ptr_array_add (kept, hein_message_ref (first->messages->pdata[i]));
  g_clear_pointer (&first, hein_test_bus_free);
  second = make_spock ("second", "inproc://post");
  hein_test_wait (kirk.settled->len == N);
  g_assert_cmpuint (second->messages->len, ==, N - 10);
  for (guint i = 0; i < second->messages->len; i++)
    {
      g_autofree char *text = hein_test_bus_dup_text (second, i);

      g_assert_cmpuint (g_ascii_strtoull (text, NULL, 10), ==, i + 10);
    }
  assert_left (&kirk, 0);
}

/* Nobody holds up what is for others: a name that is not there, a topic that
 * nobody wants. */
static void
test_others (gconstpointer uri)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");
  g_autoptr (HeinTestBus) bones = NULL;
  g_autoptr (GError) error = NULL;

  poster_init (&kirk);
  hein_bus_subscribe (spock->bus, "a", NULL);
  hein_test_bus_dial (kirk.test, hein_endpoint_get_bound_uri (
                                   hein_test_bus_listen (spock, uri)));
  hein_test_wait (hein_test_bus_count_peers (kirk.test) == 1);
  post (&kirk, "bones", "t", "one");
  post (&kirk, NULL, "b", "two");
  post (&kirk, NULL, "a", "three");
  post (&kirk, "spock", "t", "four");
  post (&kirk, "bones", "t", "five");
  hein_test_wait (kirk.settled->len == 2);
  assert_texts (spock, "three four ");
  assert_left (&kirk, 3);
  hein_bus_subscribe (spock->bus, "b", &error);
  g_assert_no_error (error);
  hein_test_wait (kirk.settled->len == 3);
  assert_texts (spock, "three four two ");
  bones = make_spock ("bones", "inproc://bones");
  hein_test_bus_dial (kirk.test, "inproc://bones");
  hein_test_wait (kirk.settled->len == 5);
  assert_texts (bones, "one five ");
}

/* ---- what is not handled ---- */

static void
test_refused (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) spock = make_spock ("spock", "inproc://post");

  poster_init (&kirk);
  g_object_set (spock->bus, "acknowledge", HEIN_ACKNOWLEDGE_MANUAL, NULL);
  hein_test_bus_dial (kirk.test, "inproc://post");
  post (&kirk, NULL, "t", "one");
  hein_test_wait (spock->messages->len == 1);
  hein_message_refuse (spock->messages->pdata[0], "no");
  hein_test_wait (kirk.settled->len == 1);
  assert_settled (&kirk, "!one");
  g_assert_error (kirk.error, HEIN_ERROR, HEIN_ERROR_REFUSED);
  g_assert_cmpuint (hein_bus_get_n_dropped (kirk.test->bus,
                                            HEIN_DROP_REASON_UNSENDABLE),
                    ==, 1);
  assert_left (&kirk, 0);
  poster_end (&kirk);
  poster_begin (&kirk);
  assert_left (&kirk, 0);
}

/* While nobody is there, and while no process has it. */
static void
test_expired (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinMessage) brief = hein_message_new_text ("t", "one");
  g_autoptr (HeinMessage) later = hein_message_new_text ("t", "two");
  g_autoptr (HeinMessage) longer = hein_message_new_text ("t", "three");

  poster_init (&kirk);
  hein_message_set_expiry_ms (longer, 1000 * 1000);
  post_message (&kirk, NULL, longer);
  hein_message_set_expiry_ms (brief, 300);
  post_message (&kirk, NULL, brief);
  hein_test_wait (kirk.settled->len == 1);
  assert_settled (&kirk, "!one");
  g_assert_error (kirk.error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  hein_message_set_expiry_ms (later, 300);
  post_message (&kirk, NULL, later);
  poster_end (&kirk);
  while (hein_message_get_expiry_ms (later) > 0)
    g_thread_yield ();
  poster_begin (&kirk);
  hein_test_wait (kirk.settled->len == 2);
  assert_settled (&kirk, "!one !two");
  g_assert_cmpuint (hein_bus_get_n_dropped (kirk.test->bus,
                                            HEIN_DROP_REASON_EXPIRED),
                    ==, 1);
  assert_left (&kirk, 1);
}

/* ---- errors ---- */

static void
on_failed (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  g_assert_false (hein_bus_post_finish (HEIN_BUS (source), result, error));
}

static void
assert_fails (HeinBus *bus, HeinMessage *message, HeinError code)
{
  g_autoptr (GError) error = NULL;

  hein_bus_post_async (bus, message, NULL, on_failed, &error);
  hein_test_wait (error != NULL);
  g_assert_error (error, HEIN_ERROR, (int) code);
}

static void
test_errors (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinTestBus) other = hein_test_bus_new ("other");
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (HeinMessage) full = hein_message_new_text ("t", "x");
  g_autoptr (GError) busy = NULL;
  g_autoptr (GError) second = NULL;
  g_autoptr (GError) closed = NULL;

  poster_init (&kirk);
  assert_fails (other->bus, message, HEIN_ERROR_FAILED);
  g_assert_false (hein_bus_open_spool (other->bus, kirk.path, 0, &busy));
  g_assert_error (busy, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_false (hein_bus_open_spool (kirk.test->bus, "/tmp/x", 0, &second));
  g_assert_error (second, HEIN_ERROR, HEIN_ERROR_FAILED);
  for (guint i = 0; i < HEIN_ATTRIBUTES_MAX; i++)
    {
      const char name[] = { 'a' + i, '\0' };

      g_assert_true (hein_message_set_attribute (full, name, "", NULL));
    }
  assert_fails (kirk.test->bus, full, HEIN_ERROR_TOO_LARGE);
  g_object_set (kirk.test->bus, "max-message-size", (guint64) 10, NULL);
  {
    g_autoptr (HeinMessage) large =
      hein_message_new_text ("t", "more than ten bytes");

    assert_fails (kirk.test->bus, large, HEIN_ERROR_TOO_LARGE);
  }
  assert_left (&kirk, 0);
  hein_bus_close (other->bus);
  g_assert_false (hein_bus_open_spool (other->bus, kirk.path, 0, &closed));
  g_assert_error (closed, HEIN_ERROR, HEIN_ERROR_CLOSED);
}

/* What is being written when the bus is closed, or the call cancelled, is kept;
 * each call ends. */
static void
test_ends (void)
{
  g_auto (Poster) kirk;
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  poster_init (&kirk);
  for (guint i = 0; i < 50; i++)
    hein_bus_post_async (kirk.test->bus, message, NULL, on_posted, &kirk);
  hein_bus_post_async (kirk.test->bus, message, cancellable, on_failed, &error);
  g_cancellable_cancel (cancellable);
  hein_test_wait (error != NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  hein_bus_close (kirk.test->bus);
  hein_test_wait (kirk.n_posted == 50);
  poster_end (&kirk);
  poster_begin (&kirk);
  assert_left (&kirk, 51);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/post/later", test_later);
  g_test_add_func ("/post/again", test_again);
  g_test_add_func ("/post/once", test_once);
  g_test_add_func ("/post/goes", test_goes);
  g_test_add_data_func ("/post/others", "tcp://127.0.0.1:0", test_others);
  g_test_add_data_func ("/post/others-inproc", "inproc://others", test_others);
  g_test_add_func ("/post/refused", test_refused);
  g_test_add_func ("/post/expired", test_expired);
  g_test_add_func ("/post/errors", test_errors);
  g_test_add_func ("/post/ends", test_ends);
  return g_test_run ();
}
