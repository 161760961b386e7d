/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "json/hein-json.h"

static const char *const good[] = {
  "1",
  "-0.5e+10",
  "0",
  "12345678901234567890",
  "\"\"",
  "\"\\ud83d\\ude00 \\u0000 \\\" \\\\\"",
  "\"\303\251\"",
  "true",
  " null ",
  "[]",
  "{}",
  "[[],{},[{}]]",
  "[1, 2,\t3]",
  "{\"a\": {\"b\": [1.5, null, true]}, \"a\": \"again\"}",
};

static const char *const bad[] = {
  "",           " ",          "01",         "1.",
  ".5",         "+1",         "-",          "1e",
  "0x10",       "NaN",        "Infinity",   "-Infinity",
  "tru",        "nulll",      "1 2",        "{\"a\":1}{\"b\":2}",
  "{\"a\":1}x", "[1,]",       "[,1]",       "[1 2]",
  "[",          "]",          "[}",         "{]",
  "{\"a\"}",    "{\"a\":}",   "{\"a\":1,}", "{,}",
  "{1:2}",      "{a:1}",      "{'a':1}",    "\"open",
  "\"\\x\"",    "\"\\u12\"",  "\"a\nb\"",   "// c\n1",
  "/* c */ 1",  "var a = 1;", "\"\377\"",   ":",
  ",",          "{\"a\" 1}",  "[\"a\":1]",  "{\"a\":1:2}",
};

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      hein_json_check (good[i], strlen (good[i]), &error);
      if (error != NULL)
        g_error ("%s: %s", good[i], error->message);
    }
}

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      if (hein_json_check (bad[i], strlen (bad[i]), &error))
        g_error ("%s was taken", bad[i]);
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
    }
}

/* Every good text, cut anywhere: no read beyond it, as valgrind and the
 * sanitizers see; what is not a number is no whole value then. */
static void
test_cut (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    for (gsize size = 0; size < strlen (good[i]); size++)
      {
        g_autofree char *cut = g_memdup2 (good[i], size);
        gboolean ok = hein_json_check (cut, size, NULL);

        if (good[i][0] == '[' || good[i][0] == '{' || good[i][0] == '"')
          g_assert_false (ok);
      }
}

static void
test_nul (void)
{
  g_assert_false (hein_json_check ("1\0", 2, NULL));
  g_assert_false (hein_json_check ("\"\0\"", 3, NULL));
  g_assert_false (hein_json_check ("\"\\\0\"", 4, NULL));
}

static void
test_depth (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < HEIN_JSON_DEPTH_MAX; i++)
    {
      g_string_prepend_c (text, '[');
      g_string_append_c (text, ']');
    }
  g_assert_true (hein_json_check (text->str, text->len, NULL));
  g_string_prepend_c (text, '[');
  g_string_append_c (text, ']');
  g_assert_false (hein_json_check (text->str, text->len, NULL));
}

static void
assert_found (const char *json, const char *name, const char *expected)
{
  HeinJsonSpan span = { NULL, 0 };
  gboolean found = hein_json_find (json, strlen (json), name, &span);
  g_autofree char *text = g_strndup (span.data, span.size);

  g_assert_cmpint (found, ==, expected != NULL);
  g_assert_cmpstr (found ? text : NULL, ==, expected);
}

static void
test_find (void)
{
  static const char json[] =
    "{\"data\" : {\"type\": 0, \"data\": [1]} , \"type\":\"a b\",\"n\":1e400 }";

  assert_found (json, "type", "\"a b\"");
  assert_found (json, "data", "{\"type\": 0, \"data\": [1]}");
  assert_found (json, "n", "1e400");
  assert_found (json, "none", NULL);
  assert_found ("[\"type\"]", "type", NULL);
  assert_found ("\"type\"", "type", NULL);
  assert_found ("{\"t\\u0079pe\":1, \"type\": 2}", "type", "2");
  assert_found ("{\"type\":[]}", "type", "[]");
}

static void
assert_unquoted (const char *json, const char *expected, gsize size)
{
  const HeinJsonSpan span = { json, strlen (json) };
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_cmpint (hein_json_unquote (&span, text, NULL), ==, expected != NULL);
  if (expected != NULL)
    g_assert_cmpmem (text->str, text->len, expected, size);
}

static void
test_unquote (void)
{
  assert_unquoted ("\"\"", "", 0);
  assert_unquoted ("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "a\"\\/\b\f\n\r\tz", 10);
  assert_unquoted ("\"\\u00e9\303\251\\u0000x\"", "\303\251\303\251\0x", 6);
  assert_unquoted ("\"\\ud83d\\ude00\"", "\360\237\230\200", 4);
  assert_unquoted ("\"\\ud83d\"", NULL, 0);
  assert_unquoted ("\"\\ude00\\ud83d\"", NULL, 0);
  assert_unquoted ("\"\\ud83d\\u0041\"", NULL, 0);
}

static void
test_append (void)
{
  static const char text[] = "a\"\\/\b\f\n\r\t\0\177\303\251\360\237\230\200z";
  g_autoptr (GString) quoted = g_string_new (NULL);
  g_autoptr (GString) again = g_string_new (NULL);
  g_autoptr (GString) ascii = g_string_new (NULL);

  hein_json_append_string (quoted, text, sizeof text - 1);
  g_assert_cmpstr (quoted->str, ==,
                   "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u007f\\u00e9"
                   "\\ud83d\\ude00z\"");
  g_assert_true (hein_json_unquote (&(HeinJsonSpan){ quoted->str, quoted->len },
                                    again, NULL));
  g_assert_cmpmem (again->str, again->len, text, sizeof text - 1);
  hein_json_append_ascii (ascii, "{\n\"\303\251\":\t1}", 10);
  g_assert_cmpstr (ascii->str, ==, "{ \"\\u00e9\": 1}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/good", test_good);
  g_test_add_func ("/json/bad", test_bad);
  g_test_add_func ("/json/cut", test_cut);
  g_test_add_func ("/json/nul", test_nul);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/find", test_find);
  g_test_add_func ("/json/unquote", test_unquote);
  g_test_add_func ("/json/append", test_append);
  return g_test_run ();
}
