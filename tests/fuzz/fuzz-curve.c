/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib.h>

#include "../../plugins/protocols/zmtp/zmtp-curve-words.h"
#include "fuzz.h"

static guint sum; /* so that what is looked at is read */

static void
look (const guint8 *at, gsize n, const guint8 *body, gsize size)
{
  if (at == NULL)
    return;
  g_assert_true (at >= body && n <= size && at <= body + size - n);
  for (gsize i = 0; i < n; i++)
    sum += at[i];
}

/* The body of a command: each part of it lies in it, and a box is one. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CurveWord word;

  if (!curve_word_parse (data, size, &word))
    {
      g_assert_cmpint (word.kind, ==, CURVE_WORD_NONE);
      return 0;
    }
  g_assert_cmpint (word.kind, !=, CURVE_WORD_NONE);
  look (word.key, CURVE_KEY_SIZE, data, size);
  look (word.cookie, CURVE_COOKIE_SIZE, data, size);
  look (word.nonce,
        word.kind == CURVE_WORD_WELCOME ? CURVE_LONG_SIZE : CURVE_SHORT_SIZE,
        data, size);
  look (word.box, word.box_size, data, size);
  if (word.kind != CURVE_WORD_ERROR)
    g_assert_cmpuint (word.box_size, >=, CURVE_TAG_SIZE);
  if (word.kind == CURVE_WORD_MESSAGE)
    g_assert_cmpuint (word.box_size, >, CURVE_TAG_SIZE);
  return 0;
}
