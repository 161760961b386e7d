/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <hein/hein.h>

#include "fuzz.h"
#include "pixbuf/hein-pixbuf.h"

#define MAX_PIXELS 4096

/* A picture within the limit that can be sent on, or an error that says why. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (HeinMessage) message = hein_message_new_data ("t", data, size);
  g_autoptr (HeinMessage) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbuf) pixbuf =
    hein_pixbuf_message_read (message, MAX_PIXELS, &error);

  g_assert_true ((pixbuf != NULL) == (error == NULL));
  if (pixbuf == NULL)
    {
      g_assert_true (error->domain == HEIN_ERROR);
      return 0;
    }
  g_assert_cmpint (gdk_pixbuf_get_width (pixbuf), >, 0);
  g_assert_cmpint (gdk_pixbuf_get_height (pixbuf), >, 0);
  g_assert_cmpint (gdk_pixbuf_get_width (pixbuf), <=,
                   MAX_PIXELS / gdk_pixbuf_get_height (pixbuf));
  again = hein_pixbuf_message_new ("t", pixbuf, "image/png", 0, &error);
  g_assert_no_error (error);
  return 0;
}
