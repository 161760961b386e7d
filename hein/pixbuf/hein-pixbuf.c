/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hein-pixbuf.h"

#include <string.h>

#include "pixbuf-check.h"

/* Pictures as messages: encoding and decoding by gdk-pixbuf. */

#define DEFAULT_QUALITY 85
#define MAX_QUALITY     100

/* How many bytes a decoder gets at a time. After a picture has been found too
 * large, the decoder still unpacks the rest of what it has, a thousandfold at
 * worst. */
#define PIECE_SIZE 16384

typedef GBytes *(*CheckFunc) (const guint8 *data, gsize size, GError **error);

typedef struct
{
  const char *content_type;
  const char *name; /* the name that gdk-pixbuf uses */
  gboolean (*is_it) (const guint8 *data, gsize size);
  CheckFunc check;
} Format;

/* Other loaders of gdk-pixbuf have a worse record with malicious files. */
static const Format formats[] = {
  { "image/png", "png", pixbuf_is_png, pixbuf_check_png },
  { "image/jpeg", "jpeg", pixbuf_is_jpeg, pixbuf_check_jpeg },
};

typedef struct
{
  guint max_pixels;
  int n_rows; /* rows that have been decoded */
  GError *error;
} Reading;

/* ---- writing ---- */

static gboolean
check_quality (const Format *format, int quality, GError **error)
{
  if (format->check != pixbuf_check_jpeg ||
      (quality >= 0 && quality <= MAX_QUALITY))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "quality %d is not in 1 to %d, nor 0 for %d", quality,
               MAX_QUALITY, DEFAULT_QUALITY);
  return FALSE;
}

static gboolean
save (GdkPixbuf *pixbuf,
      const Format *format,
      int quality,
      char **data,
      gsize *size,
      GError **error)
{
  g_autofree char *text = NULL;

  if (format->check != pixbuf_check_jpeg)
    return gdk_pixbuf_save_to_buffer (pixbuf, data, size, format->name, error,
                                      NULL);
  text = g_strdup_printf ("%d", quality > 0 ? quality : DEFAULT_QUALITY);
  return gdk_pixbuf_save_to_buffer (pixbuf, data, size, format->name, error,
                                    "quality", text, NULL);
}

static GBytes *
encode (GdkPixbuf *pixbuf, const Format *format, int quality, GError **error)
{
  g_autoptr (GError) reason = NULL;
  char *data;
  gsize size;

  if (save (pixbuf, format, quality, &data, &size, &reason))
    return g_bytes_new_take (data, size);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "picture of %d x %d pixels cannot become %s: %s",
               gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf),
               format->content_type, reason->message);
  return NULL;
}

/* ---- reading ---- */

static void
on_size_prepared (GdkPixbufLoader *loader, int width, int height, gpointer data)
{
  Reading *self = data;

  if ((guint64) width * height <= self->max_pixels || self->error != NULL)
    return;
  g_set_error (&self->error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
               "picture of %d x %d pixels is over the limit of %u pixels",
               width, height, self->max_pixels);
  /* with a size of 0 nothing is allocated, and loading fails; gdk-pixbuf does
   * the same to get the size of a file */
  gdk_pixbuf_loader_set_size (loader, 0, 0);
}

static void
on_area_updated (
  GdkPixbufLoader *loader, int x, int y, int width, int height, gpointer data)
{
  Reading *self = data;

  self->n_rows = MAX (self->n_rows, y + height);
}

/* Always closes the loader, as required before it is freed. */
static gboolean
feed (GdkPixbufLoader *loader, GBytes *bytes, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize at = 0; at < size; at += PIECE_SIZE)
    if (!gdk_pixbuf_loader_write (loader, data + at,
                                  MIN (PIECE_SIZE, size - at), error))
      return FALSE; /* a failed write has closed the loader */
  return gdk_pixbuf_loader_close (loader, error);
}

static gboolean
check_result (const Reading *self, GdkPixbuf *pixbuf, GError **error)
{
  if (pixbuf != NULL && self->n_rows >= gdk_pixbuf_get_height (pixbuf))
    return TRUE;
  /* decoders accept this, but the missing rows could be uninitialised memory */
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "picture has only %d of %d rows", self->n_rows,
               pixbuf != NULL ? gdk_pixbuf_get_height (pixbuf) : 0);
  return FALSE;
}

static GdkPixbuf *
decode (Reading *self, const Format *format, GBytes *bytes, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GdkPixbufLoader) loader =
    gdk_pixbuf_loader_new_with_mime_type (format->content_type, &reason);
  GdkPixbuf *pixbuf;

  if (loader == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "gdk-pixbuf does not load %s here: %s", format->content_type,
                   reason->message);
      return NULL;
    }
  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size_prepared),
                    self);
  g_signal_connect (loader, "area-updated", G_CALLBACK (on_area_updated), self);
  if (feed (loader, bytes, &reason))
    {
      pixbuf = gdk_pixbuf_loader_get_pixbuf (loader);
      return check_result (self, pixbuf, error) ? g_object_ref (pixbuf) : NULL;
    }
  if (self->error != NULL)
    g_propagate_error (error, g_steal_pointer (&self->error));
  else
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "picture is not valid as %s: %s", format->content_type,
                 reason->message);
  return NULL;
}

/* ---- formats ---- */

/* Compares media types without parameters and regardless of case. */
static gboolean
is_type (const char *content_type, const char *wanted)
{
  gsize size = strcspn (content_type, "; ");

  return size == strlen (wanted) &&
         g_ascii_strncasecmp (content_type, wanted, size) == 0;
}

static const Format *
find_format (const char *content_type)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (is_type (content_type, formats[i].content_type))
      return &formats[i];
  return NULL;
}

static const Format *
sniff_format (const guint8 *data, gsize size)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].is_it (data, size))
      return &formats[i];
  return NULL;
}

static const Format *
choose_format (const HeinMessageView *view, GError **error)
{
  const char *content_type =
    view->attributes != NULL ? view->attributes->content_type : NULL;
  const Format *format;

  if (content_type == NULL || is_type (content_type, "image/*"))
    format = sniff_format (view->data, view->size);
  else
    format = find_format (content_type);
  if (format == NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                 "%" G_GSIZE_FORMAT " bytes of %s are not image/png or "
                 "image/jpeg",
                 view->size,
                 content_type != NULL ? content_type : "no content type");
  return format;
}

/* ---- public ---- */

/**
 * hein_pixbuf_message_new:
 * @topic: (nullable): 0 to 255 bytes of UTF-8; %NULL: empty
 * @pixbuf: a picture
 * @content_type: `image/png` or `image/jpeg`
 * @quality: the quality of a JPEG: 1 to 100, 0: 85; ignored for a PNG
 * @error: return location
 *
 * Encodes a picture as a message, with its content type.
 *
 * A PNG is lossless. A JPEG is smaller, but lossy, and has no transparency.
 * Only pixels are sent, not the options of @pixbuf, such as its orientation.
 *
 * - Limits: a bus sends up to 16 MiB unless set otherwise; a JPEG may have up
 *   to 65500 pixels in each direction, a PNG 1000000.
 * - Errors: `HEIN_ERROR_FAILED` for another content type or quality, or when
 *   the picture cannot be encoded; the text says why.
 * - Thread: any.
 *
 * Returns: (transfer full): a message
 *
 * Since: 0.9
 */
HeinMessage *
hein_pixbuf_message_new (const char *topic,
                         GdkPixbuf *pixbuf,
                         const char *content_type,
                         int quality,
                         GError **error)
{
  const Format *format;
  g_autoptr (GBytes) payload = NULL;

  g_return_val_if_fail (topic == NULL || g_utf8_validate (topic, -1, NULL),
                        NULL);
  g_return_val_if_fail (topic == NULL || strlen (topic) <= HEIN_TOPIC_MAX,
                        NULL);
  g_return_val_if_fail (GDK_IS_PIXBUF (pixbuf), NULL);
  g_return_val_if_fail (content_type != NULL, NULL);

  format = find_format (content_type);
  if (format == NULL)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "a picture cannot become %s, only image/png or image/jpeg",
                   content_type);
      return NULL;
    }
  if (!check_quality (format, quality, error))
    return NULL;
  payload = encode (pixbuf, format, quality, error);
  if (payload == NULL)
    return NULL;
  return hein_message_new_typed (topic, format->content_type, payload);
}

/**
 * hein_pixbuf_message_read:
 * @message: a message, whose first part is read
 * @max_pixels: the maximum number of pixels, width times height; 0: 64 Mi
 * @error: return location
 *
 * Decodes the picture in a message: a PNG or JPEG.
 *
 * The content type says which of the two; without one, the first bytes decide.
 * The size is checked before memory for the pixels is allocated. Of a PNG only
 * the pixels are read; of a JPEG also what
 * [method@GdkPixbuf.Pixbuf.apply_embedded_orientation] needs.
 *
 * - Limits: a pixel takes 3 bytes, 4 with transparency, and 8 more while a
 *   progressive JPEG is decoded: at most 768 MiB unless @max_pixels is less. A
 *   JPEG may have up to 32 scans.
 * - Errors: `HEIN_ERROR_TOO_LARGE` above @max_pixels; `HEIN_ERROR_PROTOCOL` for
 *   another content type, or bytes that are not a complete picture of that
 *   type; `HEIN_ERROR_FAILED` when gdk-pixbuf has no loader for it.
 * - Thread: any.
 *
 * Returns: (transfer full): the picture
 *
 * Since: 0.9
 */
GdkPixbuf *
hein_pixbuf_message_read (HeinMessage *message,
                          guint max_pixels,
                          GError **error)
{
  Reading reading = {
    .max_pixels = max_pixels > 0 ? max_pixels : HEIN_PIXBUF_MAX_PIXELS,
  };
  const Format *format;
  HeinMessageView view;
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (message != NULL, NULL);

  hein_message_peek (message, &view);
  format = choose_format (&view, error);
  if (format == NULL)
    return NULL;
  bytes = format->check (view.data, view.size, error);
  if (bytes == NULL)
    return NULL;
  return decode (&reading, format, bytes, error);
}
