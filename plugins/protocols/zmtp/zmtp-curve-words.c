/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-curve-words.h"

#include <string.h>

static const struct
{
  const char *name;
  gsize least; /* bytes, its name included */
  gsize most;
} words[] = {
  [CURVE_WORD_NONE] = { "nothing", 0, 0 },
  [CURVE_WORD_HELLO] = { "HELLO", CURVE_HELLO_SIZE, CURVE_HELLO_SIZE },
  [CURVE_WORD_WELCOME] = { "WELCOME", CURVE_WELCOME_SIZE, CURVE_WELCOME_SIZE },
  [CURVE_WORD_INITIATE] = { "INITIATE", CURVE_INITIATE_MIN, CURVE_COMMAND_MAX },
  [CURVE_WORD_READY] = { "READY", CURVE_READY_MIN, CURVE_COMMAND_MAX },
  [CURVE_WORD_MESSAGE] = { "MESSAGE", CURVE_MESSAGE_MIN, G_MAXSIZE },
  [CURVE_WORD_ERROR] = { "ERROR", 7, CURVE_COMMAND_MAX },
};

const char *
curve_word_get_name (CurveWordKind kind)
{
  return words[kind].name;
}

guint64
curve_get_u64 (const guint8 *from)
{
  guint64 value;

  memcpy (&value, from, sizeof value);
  return GUINT64_FROM_BE (value);
}

void
curve_put_u64 (guint8 *to, guint64 value)
{
  value = GUINT64_TO_BE (value);
  memcpy (to, &value, sizeof value);
}

static CurveWordKind
find_kind (const guint8 *body, gsize size)
{
  for (CurveWordKind kind = CURVE_WORD_HELLO; kind <= CURVE_WORD_ERROR; kind++)
    {
      const gsize name_size = strlen (words[kind].name);

      if (size > name_size && body[0] == name_size &&
          memcmp (body + 1, words[kind].name, name_size) == 0)
        return size >= words[kind].least && size <= words[kind].most
                 ? kind
                 : CURVE_WORD_NONE;
    }
  return CURVE_WORD_NONE;
}

static gboolean
is_zero (const guint8 *data, gsize size)
{
  guint8 all = 0;

  while (size-- > 0)
    all |= *data++;
  return all == 0;
}

/* The rest of it, behind a nonce of @nonce_size bytes. */
static void
set_box (CurveWord *word, const guint8 *at, gsize nonce_size, const guint8 *end)
{
  word->nonce = at;
  word->box = at + nonce_size;
  word->box_size = end - word->box;
}

gboolean
curve_word_parse (const guint8 *body, gsize size, CurveWord *word)
{
  const guint8 *end = body + size;
  const guint8 *data;

  memset (word, 0, sizeof *word);
  word->kind = find_kind (body, size);
  data = body + 1 + strlen (words[word->kind].name);
  switch (word->kind)
    {
    case CURVE_WORD_HELLO:
      if (data[0] != 1 || data[1] != 0 || !is_zero (data + 2, 72))
        break; /* of a version that nobody has defined */
      word->key = data + 2 + 72;
      set_box (word, word->key + CURVE_KEY_SIZE, CURVE_SHORT_SIZE, end);
      return TRUE;
    case CURVE_WORD_WELCOME:
      set_box (word, data, CURVE_LONG_SIZE, end);
      return TRUE;
    case CURVE_WORD_INITIATE:
      word->cookie = data;
      set_box (word, data + CURVE_COOKIE_SIZE, CURVE_SHORT_SIZE, end);
      return TRUE;
    case CURVE_WORD_READY:
    case CURVE_WORD_MESSAGE:
      set_box (word, data, CURVE_SHORT_SIZE, end);
      return TRUE;
    case CURVE_WORD_ERROR:
      return TRUE;
    case CURVE_WORD_NONE:
    default:
      break;
    }
  word->kind = CURVE_WORD_NONE;
  return FALSE;
}
