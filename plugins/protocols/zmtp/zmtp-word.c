/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-word.h"

#include <string.h>

#include "zmtp-frames.h"

/* Of what a word says, bytes that are put with its name, and at once. */
#define SMALL 64

void
zmtp_word_put_body (HeinWire *wire, const guint8 *body, gsize size)
{
  guint8 header[ZMTP_HEADER_MAX];

  hein_wire_put (wire, header,
                 zmtp_frame_write (header, ZMTP_COMMAND, size) - header);
  hein_wire_put (wire, body, size);
}

void
zmtp_word_put (HeinWire *wire, const char *name, const void *data, gsize size)
{
  guint8 name_size = strlen (name);
  guint8 word[ZMTP_HEADER_MAX + 1 + G_MAXUINT8 + SMALL];
  guint8 *end = zmtp_frame_write (word, ZMTP_COMMAND, 1 + name_size + size);

  *end++ = name_size;
  memcpy (end, name, name_size);
  end += name_size;
  if (size > 0 && size <= SMALL)
    {
      memcpy (end, data, size);
      end += size;
      size = 0;
    }
  hein_wire_put (wire, word, end - word);
  if (size > 0)
    hein_wire_put (wire, data, size);
}

gboolean
zmtp_word_is (const guint8 *body, gsize size, const char *name)
{
  gsize name_size = strlen (name);

  return size > name_size && body[0] == name_size &&
         memcmp (body + 1, name, name_size) == 0;
}
