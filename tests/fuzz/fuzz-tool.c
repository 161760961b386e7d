/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "json/hein-json.h"
#include "tool/tool-format.h"
#include "tool/tool-lines.h"
#include "tool/tool-text.h"

/*
 * It runs fewer times than others: each character of the input is printed in three
 * formats, checked in each, and read in lines again, so a run costs what its bytes
 * do.
 */

#define PIPE_MAX     60000 /* what a pipe takes at once: pipe(7) */
#define LONGEST_LINE 1000

/* ---- what `hein receive` prints ---- */

static void
assert_one_line (const GString *text)
{
  g_assert_cmpuint (text->len, >, 0);
  g_assert_true (g_utf8_validate_len (text->str, text->len, NULL));
  g_assert_true (text->str[text->len - 1] == '\n');
  for (const char *p = text->str; p < text->str + text->len - 1;
       p = g_utf8_next_char (p))
    g_assert_true (*p == '\t' || tool_text_is_plain (g_utf8_get_char (p)));
}

static void
check_formats (HeinMessage *message)
{
  g_autoptr (GString) text = g_string_new (NULL);

  tool_format_find ("text") (text, message);
  assert_one_line (text);
  g_string_truncate (text, 0);
  tool_format_find ("hex") (text, message);
  assert_one_line (text);
  g_string_truncate (text, 0);
  tool_format_find ("json") (text, message);
  assert_one_line (text);
  g_assert_true (hein_json_check (text->str, text->len, NULL));
  g_string_truncate (text, 0);
  tool_format_find ("raw") (text, message);
  g_assert_cmpuint (text->len, ==, hein_message_get_size (message));
}

/* ---- what `hein send` reads ---- */

static void
take_lines (ToolLines *lines, GString *all)
{
  const char *line;
  gsize size;

  while ((line = tool_lines_take (lines, &size)) != NULL)
    {
      g_assert_null (memchr (line, '\n', size));
      g_string_append_len (all, line, size);
      g_string_append_c (all, '\n');
    }
}

/* All of it comes, line by line, unless one is too long. */
static void
check_lines (const uint8_t *data, size_t size)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  ToolLines lines;
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
  g_assert_cmpint (write (fds[1], data, size), ==, (gssize) size);
  close (fds[1]);
  tool_lines_init (&lines, fds[0], LONGEST_LINE);
  while (tool_lines_fill (&lines, &error))
    take_lines (&lines, all);
  take_lines (&lines, all);
  if (error == NULL)
    {
      g_assert_cmpuint (all->len, >=, size);
      g_assert_cmpuint (all->len, <=, size + 1);
      g_assert_true (memcmp (all->str, data, size) == 0);
    }
  tool_lines_clear (&lines);
  close (fds[0]);
}

/* The input: sizes of topic and type in two bytes, those, and a payload. */
static HeinMessage *
make_message (const uint8_t *data, size_t size)
{
  const gsize topic_size = MIN (data[0], size - 2);
  const gsize type_size = MIN (data[1], size - 2 - topic_size);
  g_autofree char *topic = g_strndup ((const char *) data + 2, topic_size);
  g_autofree char *type =
    g_strndup ((const char *) data + 2 + topic_size, type_size);
  g_autoptr (GBytes) payload = g_bytes_new (data + 2 + topic_size + type_size,
                                            size - 2 - topic_size - type_size);
  GBytes *parts[] = { payload, payload };

  if (!g_utf8_validate (topic, -1, NULL) || !g_utf8_validate (type, -1, NULL))
    return NULL;
  if (type_size == 1)
    return hein_message_new_parts (topic, parts, 2);
  return hein_message_new_typed (topic, type_size > 0 ? type : NULL, payload);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (HeinMessage) message = NULL;

  if (size < 2 || size > PIPE_MAX)
    return 0;
  message = make_message (data, size);
  if (message != NULL)
    check_formats (message);
  check_lines (data + 2, size - 2);
  return 0;
}
