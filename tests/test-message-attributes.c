/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "message/hein-message-memory.h"
#include "message/hein-message-receive.h"

/* What a message says of itself beside its payload. */

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static HeinMessage *
make (void)
{
  return hein_message_new_text ("t", "hi");
}

static void
set (HeinMessage *message, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (hein_message_set_attribute (message, name, value, &error));
  g_assert_no_error (error);
}

static void
assert_refused (HeinMessage *message,
                const char *name,
                const char *value,
                int code,
                const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_message_set_attribute (message, name, value, &error));
  g_assert_error (error, HEIN_ERROR, code);
  g_assert_nonnull (strstr (error->message, text));
}

static void
assert_pairs (HeinMessage *message, const char *expected)
{
  const char *const *pairs = hein_message_get_attributes (message);
  g_autofree char *joined =
    pairs != NULL ? g_strjoinv ("|", (char **) pairs) : NULL;

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_set (void)
{
  g_autoptr (HeinMessage) message = make ();
  const gsize cost = hein_message_get_cost (message);

  assert_pairs (message, NULL);
  g_assert_null (hein_message_get_attribute (message, "a"));
  set (message, "a", "1");
  set (message, "B-c_d.9", "");
  assert_pairs (message, "a|1|B-c_d.9|");
  g_assert_cmpuint (hein_message_get_cost (message), >, cost);
  set (message, "a", "grüße");
  assert_pairs (message, "B-c_d.9||a|grüße");
  set (message, "none", NULL);
  set (message, "B-c_d.9", NULL);
  assert_pairs (message, "a|grüße");
  set (message, "a", NULL);
  assert_pairs (message, NULL);
  g_assert_null (message->extra->notes);
}

static void
test_names (void)
{
  g_autoptr (HeinMessage) message = make ();
  char longest[HEIN_ATTRIBUTE_NAME_MAX + 2] = "";

  memset (longest, 'x', HEIN_ATTRIBUTE_NAME_MAX + 1);
  assert_refused (message, "", "", HEIN_ERROR_FAILED, "called \"\"");
  assert_refused (message, "a b", "", HEIN_ERROR_FAILED, "\"a b\"");
  assert_refused (message, "a=b", "", HEIN_ERROR_FAILED, "\"a=b\"");
  assert_refused (message, "ä", NULL, HEIN_ERROR_FAILED, "\"\\303\\244\"");
  assert_refused (message, longest, "", HEIN_ERROR_FAILED, "1 to 64");
  longest[HEIN_ATTRIBUTE_NAME_MAX] = '\0';
  set (message, longest, "");
  assert_refused (message, "a", "\xff", HEIN_ERROR_FAILED, "not UTF-8");
  g_assert_cmpuint (message->extra->notes->n, ==, 2);
}

static void
test_limits (void)
{
  g_autoptr (HeinMessage) message = make ();
  g_autofree char *most = g_strnfill (HEIN_ATTRIBUTES_SIZE_MAX - 1, 'x');
  g_autofree char *more = g_strnfill (HEIN_ATTRIBUTES_SIZE_MAX, 'x');

  assert_refused (message, "a", more, HEIN_ERROR_TOO_LARGE, "2049 bytes");
  set (message, "a", most);
  set (message, "a", most);
  assert_refused (message, "b", "", HEIN_ERROR_TOO_LARGE, "2049 bytes");
  set (message, "a", "");
  for (guint i = 1; i < HEIN_ATTRIBUTES_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      set (message, name, "");
    }
  assert_refused (message, "b", "", HEIN_ERROR_TOO_LARGE, "17 attributes");
  set (message, "1", "again");
}

static void
test_trace_parent (void)
{
  static const char *const bad[] = {
    "",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
  };
  g_autoptr (HeinMessage) message = make ();

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (message, HEIN_ATTRIBUTE_TRACE_PARENT, bad[i],
                    HEIN_ERROR_FAILED, "traceparent");
  set (message, HEIN_ATTRIBUTE_TRACE_PARENT, TRACE);
  set (message, HEIN_ATTRIBUTE_TRACE_PARENT,
       "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more");
}

/* Copies share them, until one of them changes. */
static void
test_copies (void)
{
  g_autoptr (HeinMessage) message = make ();
  g_autoptr (HeinMessage) other = make ();
  const HeinNotes *notes;

  set (message, "a", "1");
  hein_message_set_expiry_ms (message, 5000);
  notes = message->extra->notes;
  hein_message_copy_attributes (other, message);
  g_assert_true (other->extra->notes == notes);
  set (other, "b", "2");
  assert_pairs (message, "a|1");
  assert_pairs (other, "a|1|b|2");
  g_assert_cmpint (hein_message_get_expiry_ms (other), >, 0);
  hein_message_set_expiry_ms (other, 0);
  g_assert_cmpint (hein_message_get_expiry_ms (other), ==, -1);
  g_assert_cmpint (hein_message_get_expiry_ms (message), >, 0);
  set (message, "a", NULL);
  assert_pairs (message, NULL);
  g_assert_nonnull (message->extra->notes); /* it expires */
  hein_message_copy_attributes (other, message);
  assert_pairs (other, NULL);
  g_assert_cmpint (hein_message_get_expiry_ms (other), >, 0);
}

/* One that somebody else has stays as it is. */
static void
test_shared (void)
{
  g_autoptr (HeinMessage) message = make ();
  g_autoptr (HeinMessage) same = hein_message_ref (message);

  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*is_own*");
  g_assert_false (hein_message_set_attribute (message, "a", "1", NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("Hein", G_LOG_LEVEL_CRITICAL, "*is_own*");
  hein_message_set_expiry_ms (message, 1);
  g_test_assert_expected_messages ();
  g_assert_null (message->extra);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message-attributes/set", test_set);
  g_test_add_func ("/message-attributes/names", test_names);
  g_test_add_func ("/message-attributes/limits", test_limits);
  g_test_add_func ("/message-attributes/trace-parent", test_trace_parent);
  g_test_add_func ("/message-attributes/copies", test_copies);
  g_test_add_func ("/message-attributes/shared", test_shared);
  return g_test_run ();
}
