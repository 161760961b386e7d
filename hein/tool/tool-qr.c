/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-qr.h"

#ifdef HAVE_QRENCODE
#include <qrencode.h>
#endif

/* Draws QR codes with characters. */

#ifdef HAVE_QRENCODE

/* The border that readers need (ISO/IEC 18004 asks for 4; 2 do on a screen). */
#define BORDER 2

/* Whatever colours the terminal has: white on black, where what is drawn is
 * what is light. */
#define BEGIN "\033[40;97m"
#define END   "\033[0m\n"

static gboolean
is_dark (const QRcode *code, int x, int y)
{
  return x >= 0 && y >= 0 && x < code->width && y < code->width &&
         (code->data[y * code->width + x] & 1) != 0;
}

/* Two rows are one line: a character is about twice as high as wide. */
static void
append_line (GString *text, const QRcode *code, int y)
{
  static const char *const blocks[] = { "█", "▀", "▄", " " };

  g_string_append (text, BEGIN);
  for (int x = -BORDER; x < code->width + BORDER; x++)
    g_string_append (
      text, blocks[2 * is_dark (code, x, y) + is_dark (code, x, y + 1)]);
  g_string_append (text, END);
}

char *
tool_qr_dup (const char *text)
{
  GString *lines;
  QRcode *code;

  if (!g_get_charset (NULL))
    return NULL;
  code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_L);
  if (code == NULL)
    return NULL;
  lines = g_string_new (NULL);
  for (int y = -BORDER; y < code->width + BORDER; y += 2)
    append_line (lines, code, y);
  QRcode_free (code);
  return g_string_free (lines, FALSE);
}

#else

char *
tool_qr_dup (const char *text)
{
  return NULL;
}

#endif
