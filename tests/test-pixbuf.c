/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <hein-pixbuf/hein-pixbuf.h>
#include <hein/hein.h>

#define WIDTH    37
#define HEIGHT   23
#define MEBIBYTE (1024 * 1024)

/* colour types of PNG */
#define GRAY    0
#define PALETTE 3

/* ---- pictures ---- */

/* Smooth, so that a JPEG is near to it. */
static GdkPixbuf *
make_picture (gboolean has_alpha, int width, int height)
{
  GdkPixbuf *pixbuf =
    gdk_pixbuf_new (GDK_COLORSPACE_RGB, has_alpha, 8, width, height);
  int stride = gdk_pixbuf_get_rowstride (pixbuf);
  int n_channels = gdk_pixbuf_get_n_channels (pixbuf);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        guchar *pixel =
          gdk_pixbuf_get_pixels (pixbuf) + y * stride + x * n_channels;

        pixel[0] = (guchar) (x * 255 / width);
        pixel[1] = (guchar) (y * 255 / height);
        pixel[2] = (guchar) (255 - pixel[0]);
        if (has_alpha)
          pixel[3] = (guchar) ((x + y) * 255 / (width + height));
      }
  return pixbuf;
}

static HeinMessage *
make_message (gboolean has_alpha, const char *content_type)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (has_alpha, WIDTH, HEIGHT);
  g_autoptr (GError) error = NULL;
  HeinMessage *message =
    hein_pixbuf_message_new ("camera", pixbuf, content_type, 0, &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
  return message;
}

/* The largest difference of a colour, with the same size and channels. */
static int
compare (GdkPixbuf *a, GdkPixbuf *b)
{
  int n_channels = gdk_pixbuf_get_n_channels (a);
  int width = gdk_pixbuf_get_width (a), height = gdk_pixbuf_get_height (a);
  int largest = 0;

  g_assert_cmpint (gdk_pixbuf_get_n_channels (b), ==, n_channels);
  g_assert_cmpint (gdk_pixbuf_get_width (b), ==, width);
  g_assert_cmpint (gdk_pixbuf_get_height (b), ==, height);
  for (int y = 0; y < height; y++)
    {
      const guchar *row_a =
        gdk_pixbuf_read_pixels (a) + y * gdk_pixbuf_get_rowstride (a);
      const guchar *row_b =
        gdk_pixbuf_read_pixels (b) + y * gdk_pixbuf_get_rowstride (b);

      for (int i = 0; i < width * n_channels; i++)
        largest = MAX (largest, ABS (row_a[i] - row_b[i]));
    }
  return largest;
}

static GdkPixbuf *
read_typed (const char *content_type,
            const guint8 *data,
            gsize size,
            GError **error)
{
  g_autoptr (GBytes) payload = g_bytes_new (data, size);
  g_autoptr (HeinMessage) message =
    hein_message_new_typed ("t", content_type, payload);
  GdkPixbuf *pixbuf = hein_pixbuf_message_read (message, 0, error);

  g_assert_true ((pixbuf != NULL) == (*error == NULL));
  return pixbuf;
}

static void
assert_read_fails (const char *content_type,
                   const guint8 *data,
                   gsize size,
                   HeinError code,
                   const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (read_typed (content_type, data, size, &error));
  g_assert_error (error, HEIN_ERROR, (gint) code);
  if (text != NULL && strstr (error->message, text) == NULL)
    g_error ("no \"%s\" in \"%s\"", text, error->message);
}

static void
assert_read_works (const char *content_type, const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbuf) pixbuf = read_typed (content_type, data, size, &error);

  g_assert_no_error (error);
  g_assert_cmpint (gdk_pixbuf_get_width (pixbuf), ==, WIDTH);
}

/* ---- PNG by hand ---- */

static void
put_be32 (GByteArray *out, guint32 value)
{
  guint32 swapped = GUINT32_TO_BE (value);

  g_byte_array_append (out, (const guint8 *) &swapped, sizeof swapped);
}

static guint32
crc32 (const guint8 *data, gsize size)
{
  guint32 crc = ~0u;

  for (gsize i = 0; i < size; i++)
    {
      crc ^= data[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
  return ~crc;
}

static void
put_chunk (GByteArray *out, const char *type, const void *data, gsize size)
{
  guint start = out->len + 4;

  put_be32 (out, (guint32) size);
  g_byte_array_append (out, (const guint8 *) type, 4);
  if (size > 0)
    g_byte_array_append (out, data, (guint) size);
  put_be32 (out, crc32 (out->data + start, out->len - start));
}

static GByteArray *
begin_png (guint8 colours, guint32 width, guint32 height)
{
  const guint8 eight_bits[] = { 8, colours, 0, 0, 0 };
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GByteArray) header = g_byte_array_new ();

  put_be32 (header, width);
  put_be32 (header, height);
  g_byte_array_append (header, eight_bits, 5);
  g_byte_array_append (out, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  put_chunk (out, "IHDR", header->data, header->len);
  return out;
}

/* So many bytes of one value, compressed, behind the head. */
static GByteArray *
deflate (guint8 value, gsize size, const char *head, gsize head_size)
{
  g_autoptr (GZlibCompressor) compressor =
    g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9);
  g_autofree guint8 *bytes = g_malloc (size);
  GByteArray *out = g_byte_array_new ();
  gsize n_read, n_written, room = size / 500 + 100;

  if (size > 0)
    memset (bytes, value, size);
  if (head_size > 0)
    g_byte_array_append (out, (const guint8 *) head, (guint) head_size);
  g_byte_array_set_size (out, (guint) (head_size + room));
  g_assert_cmpint (g_converter_convert (G_CONVERTER (compressor), bytes, size,
                                        out->data + head_size, room,
                                        G_CONVERTER_INPUT_AT_END, &n_read,
                                        &n_written, NULL),
                   ==, G_CONVERTER_FINISHED);
  g_assert_cmpuint (n_read, ==, size);
  g_byte_array_set_size (out, (guint) (head_size + n_written));
  return out;
}

static void
end_png (GByteArray *out, gsize n_bytes_of_rows)
{
  g_autoptr (GByteArray) rows = deflate (0, n_bytes_of_rows, "", 0);

  put_chunk (out, "IDAT", rows->data, rows->len);
  put_chunk (out, "IEND", NULL, 0);
}

/* The most address space that this process ever had, in bytes. */
static guint64
get_peak (void)
{
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, "VmPeak:");
  g_assert_nonnull (line);
  return g_ascii_strtoull (line + strlen ("VmPeak:"), NULL, 10) * 1024;
}

/* ---- round trips ---- */

static void
test_png_round_trip (gconstpointer data)
{
  gboolean has_alpha = GPOINTER_TO_INT (data);
  g_autoptr (GdkPixbuf) pixbuf = make_picture (has_alpha, WIDTH, HEIGHT);
  g_autoptr (HeinMessage) message = make_message (has_alpha, "image/png");
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbuf) read = hein_pixbuf_message_read (message, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (hein_message_get_topic (message), ==, "camera");
  g_assert_cmpstr (hein_message_get_content_type (message), ==, "image/png");
  g_assert_cmpint (compare (pixbuf, read), ==, 0);
}

static void
test_jpeg_round_trip (gconstpointer data)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (FALSE, WIDTH, HEIGHT);
  g_autoptr (HeinMessage) message =
    make_message (GPOINTER_TO_INT (data), "image/jpeg");
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbuf) read = hein_pixbuf_message_read (message, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (hein_message_get_topic (message), ==, "camera");
  g_assert_cmpstr (hein_message_get_content_type (message), ==, "image/jpeg");
  g_assert_cmpint (compare (pixbuf, read), <, 32);
}

static void
test_topic_null (void)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (FALSE, 1, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message =
    hein_pixbuf_message_new (NULL, pixbuf, "image/png", 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (hein_message_get_topic (message), ==, "");
}

/* ---- what to make ---- */

static gsize
measure_jpeg (GdkPixbuf *pixbuf, int quality)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message =
    hein_pixbuf_message_new ("t", pixbuf, "image/jpeg", quality, &error);

  g_assert_no_error (error);
  return hein_message_get_size (message);
}

static void
test_quality (void)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (FALSE, 200, 100);

  g_assert_cmpuint (measure_jpeg (pixbuf, 0), ==, measure_jpeg (pixbuf, 85));
  g_assert_cmpuint (measure_jpeg (pixbuf, 1), <, measure_jpeg (pixbuf, 85));
  g_assert_cmpuint (measure_jpeg (pixbuf, 85), <, measure_jpeg (pixbuf, 100));
}

static void
assert_new_fails (GdkPixbuf *pixbuf,
                  const char *content_type,
                  int quality,
                  const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (
    hein_pixbuf_message_new ("t", pixbuf, content_type, quality, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_quality_range (void)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (FALSE, 1, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) png = NULL;

  assert_new_fails (pixbuf, "image/jpeg", -1, "quality -1");
  assert_new_fails (pixbuf, "image/jpeg", 101, "quality 101");
  png = hein_pixbuf_message_new ("t", pixbuf, "image/png", 101, &error);
  g_assert_no_error (error);
}

static void
test_new_content_type (void)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (FALSE, 1, 1);

  assert_new_fails (pixbuf, "image/gif", 0, "image/gif");
  assert_new_fails (pixbuf, "image/*", 0, "image/*");
  assert_new_fails (pixbuf, "", 0, "image/png");
  assert_new_fails (pixbuf, "png", 0, "png");
}

/* A JPEG cannot be so wide. */
static void
test_too_wide (void)
{
  g_autoptr (GdkPixbuf) pixbuf = make_picture (FALSE, 65536, 1);

  assert_new_fails (pixbuf, "image/jpeg", 0, "65536 x 1");
}

/* ---- what to read ---- */

static void
test_read_content_type (void)
{
  g_autoptr (HeinMessage) png = make_message (TRUE, "image/png");
  g_autoptr (HeinMessage) jpeg = make_message (FALSE, "image/jpeg");
  gsize png_size, jpeg_size;
  const guint8 *png_data = hein_message_peek_data (png, &png_size);
  const guint8 *jpeg_data = hein_message_peek_data (jpeg, &jpeg_size);
  const char *wrong[] = { "text/plain", "image/gif", "image", "image/pngs",
                          "image/svg+xml" };

  assert_read_works ("image/png", png_data, png_size);
  assert_read_works ("IMAGE/PNG; a=b", png_data, png_size);
  assert_read_works (NULL, png_data, png_size);
  assert_read_works ("image/*", png_data, png_size);
  assert_read_works (NULL, jpeg_data, jpeg_size);
  assert_read_works ("image/*", jpeg_data, jpeg_size);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    assert_read_fails (wrong[i], png_data, png_size, HEIN_ERROR_PROTOCOL,
                       wrong[i]);
  assert_read_fails ("image/jpeg", png_data, png_size, HEIN_ERROR_PROTOCOL,
                     "JPEG picture does not begin");
  assert_read_fails ("image/png", jpeg_data, jpeg_size, HEIN_ERROR_PROTOCOL,
                     "PNG picture does not begin");
}

/* Other loaders that are installed are never asked. */
static void
test_other_loaders (void)
{
  const char gif[] = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,"
                     "\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
  const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

  assert_read_fails (NULL, (const guint8 *) gif, sizeof gif - 1,
                     HEIN_ERROR_PROTOCOL, "image/png or image/jpeg");
  assert_read_fails ("image/*", (const guint8 *) svg, sizeof svg - 1,
                     HEIN_ERROR_PROTOCOL, "image/png or image/jpeg");
}

static void
test_cut_off (gconstpointer content_type)
{
  g_autoptr (HeinMessage) message = make_message (FALSE, content_type);
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  gsize signature_size = strcmp (content_type, "image/png") == 0 ? 8 : 3;

  for (gsize n = 0; n < size; n++)
    {
      assert_read_fails (content_type, data, n, HEIN_ERROR_PROTOCOL,
                         n >= signature_size ? "cut off" : "does not begin");
      assert_read_fails (NULL, data, n, HEIN_ERROR_PROTOCOL, NULL);
    }
  assert_read_works (content_type, data, size);
}

/* What is behind the end is no part of the picture. */
static void
test_trailing (gconstpointer content_type)
{
  g_autoptr (HeinMessage) message = make_message (FALSE, content_type);
  g_autoptr (GByteArray) longer = g_byte_array_new ();
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);

  g_byte_array_append (longer, data, (guint) size);
  g_byte_array_append (longer, (const guint8 *) "more", 4);
  assert_read_works (content_type, longer->data, longer->len);
}

static void
test_garbage (void)
{
  const char *types[] = { "image/png", "image/jpeg", "image/*", NULL };
  g_autofree guint8 *data = g_malloc (4096);

  for (guint i = 0; i < 4096; i++)
    data[i] = (guint8) g_test_rand_int ();
  data[0] = 0; /* neither format begins so */
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (gsize size = 0; size <= 4096; size = size * 2 + 1)
      assert_read_fails (types[i], data, size, HEIN_ERROR_PROTOCOL, NULL);
}

/* Whatever byte is spoilt: a picture of the limit at most, or an error of
 * ours. */
static void
test_spoilt (gconstpointer content_type)
{
  g_autoptr (HeinMessage) message = make_message (TRUE, content_type);
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  g_autofree guint8 *copy = g_memdup2 (data, size);

  for (gsize i = 0; i < size; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GdkPixbuf) pixbuf = NULL;

      copy[i] ^= (guint8) g_test_rand_int_range (1, 256);
      pixbuf = read_typed (content_type, copy, size, &error);
      g_assert_true (pixbuf != NULL || error->domain == HEIN_ERROR);
      copy[i] = data[i];
    }
  assert_read_works (content_type, copy, size);
}

/* ---- limits ---- */

static void
test_max_pixels (gconstpointer content_type)
{
  g_autoptr (HeinMessage) message = make_message (FALSE, content_type);
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbuf) pixbuf =
    hein_pixbuf_message_read (message, WIDTH * HEIGHT, &error);

  g_assert_no_error (error);
  g_assert_nonnull (pixbuf);
  g_assert_null (
    hein_pixbuf_message_read (message, WIDTH * HEIGHT - 1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "37 x 23"));
  g_assert_nonnull (strstr (error->message, "850 pixels"));
}

/* The smaller one the machine would give memory for: 1.2 GB. */
static void
test_huge_png (void)
{
  const guint32 sides[] = { 20000, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autoptr (GByteArray) png = begin_png (GRAY, sides[i], sides[i]);
      g_autofree char *text = g_strdup_printf ("%u x %u", sides[i], sides[i]);
      guint64 peak;

      end_png (png, 4 * MEBIBYTE);
      peak = get_peak ();
      assert_read_fails ("image/png", png->data, png->len, HEIN_ERROR_TOO_LARGE,
                         text);
      g_assert_cmpuint (get_peak () - peak, <, 64 * MEBIBYTE);
    }
}

/* The size of a frame follows 5 bytes behind its marker, FF C0. */
static void
test_huge_jpeg (void)
{
  g_autoptr (HeinMessage) message = make_message (FALSE, "image/jpeg");
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  g_autofree guint8 *copy = g_memdup2 (data, size);
  guint8 *frame = memmem (copy, size, "\xff\xc0", 2);
  guint64 peak = get_peak ();

  g_assert_nonnull (frame);
  memcpy (frame + 5, "\xff\xdc\xff\xdc", 4);
  assert_read_fails ("image/jpeg", copy, size, HEIN_ERROR_TOO_LARGE,
                     "65500 x 65500");
  g_assert_cmpuint (get_peak () - peak, <, 64 * MEBIBYTE);
}

/* 4 KiB of the message would become 4 MiB in the decoder, 100 times. */
static void
test_png_texts (void)
{
  g_autoptr (GByteArray) png = begin_png (GRAY, WIDTH, HEIGHT);
  g_autoptr (GByteArray) text = deflate ('a', 4 * MEBIBYTE, "k\0", 3);
  guint64 peak;

  for (guint i = 0; i < 100; i++)
    put_chunk (png, "zTXt", text->data, text->len);
  end_png (png, (WIDTH + 1) * HEIGHT);
  peak = get_peak ();
  assert_read_works ("image/png", png->data, png->len);
  g_assert_cmpuint (get_peak () - peak, <, 64 * MEBIBYTE);
}

/* What may be left out, but says what the pixels are. */
static void
test_png_palette (void)
{
  g_autoptr (GByteArray) png = begin_png (PALETTE, WIDTH, HEIGHT);
  g_autoptr (GdkPixbuf) pixbuf = NULL;
  g_autoptr (GError) error = NULL;

  put_chunk (png, "PLTE", "\x11\x22\x33", 3);
  put_chunk (png, "tRNS", "\x44", 1);
  end_png (png, (WIDTH + 1) * HEIGHT);
  pixbuf = read_typed ("image/png", png->data, png->len, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (gdk_pixbuf_read_pixels (pixbuf), 4, "\x11\x22\x33\x44", 4);
}

static void
test_png_unknown_chunk (void)
{
  g_autoptr (GByteArray) png = begin_png (GRAY, WIDTH, HEIGHT);

  put_chunk (png, "ABCD", "data", 4);
  end_png (png, (WIDTH + 1) * HEIGHT);
  assert_read_fails ("image/png", png->data, png->len, HEIN_ERROR_PROTOCOL,
                     "not valid as image/png");
}

/* It ends in order, but has not all of its rows. */
static void
test_png_rows (void)
{
  for (guint n_rows = 0; n_rows <= HEIGHT; n_rows++)
    {
      g_autoptr (GByteArray) png = begin_png (GRAY, WIDTH, HEIGHT);

      end_png (png, (WIDTH + 1) * n_rows);
      if (n_rows == HEIGHT)
        assert_read_works ("image/png", png->data, png->len);
      else
        assert_read_fails ("image/png", png->data, png->len,
                           HEIN_ERROR_PROTOCOL, "of 23 rows");
    }
}

/* The picture made a progressive one: frame FF C2, and its only scan given so
 * often, as one of the first coefficients alone (12 bytes behind its marker:
 * the last). What comes of that is no pretty picture, but one. */
static GByteArray *
repeat_scan (const guint8 *data, gsize size, guint n_scans)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  guint8 *frame = memmem (copy, size, "\xff\xc0", 2);
  guint8 *scan = memmem (copy, size, "\xff\xda", 2);
  gsize head_size = (gsize) (scan - copy);
  GByteArray *out = g_byte_array_new ();

  frame[1] = 0xc2;
  scan[12] = 0;
  g_byte_array_append (out, copy, (guint) head_size);
  for (guint i = 0; i < n_scans; i++)
    g_byte_array_append (out, scan, (guint) (size - head_size - 2));
  g_byte_array_append (out, (const guint8 *) "\xff\xd9", 2);
  return out;
}

static void
test_jpeg_scans (void)
{
  g_autoptr (HeinMessage) message = make_message (FALSE, "image/jpeg");
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  g_autoptr (GByteArray) few = repeat_scan (data, size, 32);
  g_autoptr (GByteArray) many = repeat_scan (data, size, 33);

  assert_read_works ("image/jpeg", few->data, few->len);
  assert_read_fails ("image/jpeg", many->data, many->len, HEIN_ERROR_PROTOCOL,
                     "more than 32 scans");
}

/* ---- threads ---- */

static gpointer
run_thread (gpointer data)
{
  for (guint i = 0; i < 50; i++)
    {
      test_png_round_trip (GINT_TO_POINTER (i % 2));
      test_jpeg_round_trip (GINT_TO_POINTER (i % 2));
    }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("picture", run_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char *argv[])
{
  const gpointer yes = GINT_TO_POINTER (TRUE), no = GINT_TO_POINTER (FALSE);

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/pixbuf/png/round-trip", no, test_png_round_trip);
  g_test_add_data_func ("/pixbuf/png/round-trip-alpha", yes,
                        test_png_round_trip);
  g_test_add_data_func ("/pixbuf/jpeg/round-trip", no, test_jpeg_round_trip);
  g_test_add_data_func ("/pixbuf/jpeg/round-trip-alpha", yes,
                        test_jpeg_round_trip);
  g_test_add_func ("/pixbuf/new/topic-null", test_topic_null);
  g_test_add_func ("/pixbuf/new/quality", test_quality);
  g_test_add_func ("/pixbuf/new/quality-range", test_quality_range);
  g_test_add_func ("/pixbuf/new/content-type", test_new_content_type);
  g_test_add_func ("/pixbuf/new/too-wide", test_too_wide);
  g_test_add_func ("/pixbuf/read/content-type", test_read_content_type);
  g_test_add_func ("/pixbuf/read/other-loaders", test_other_loaders);
  g_test_add_func ("/pixbuf/read/garbage", test_garbage);
  g_test_add_data_func ("/pixbuf/png/cut-off", "image/png", test_cut_off);
  g_test_add_data_func ("/pixbuf/jpeg/cut-off", "image/jpeg", test_cut_off);
  g_test_add_data_func ("/pixbuf/png/trailing", "image/png", test_trailing);
  g_test_add_data_func ("/pixbuf/jpeg/trailing", "image/jpeg", test_trailing);
  g_test_add_data_func ("/pixbuf/png/spoilt", "image/png", test_spoilt);
  g_test_add_data_func ("/pixbuf/jpeg/spoilt", "image/jpeg", test_spoilt);
  g_test_add_data_func ("/pixbuf/png/max-pixels", "image/png", test_max_pixels);
  g_test_add_data_func ("/pixbuf/jpeg/max-pixels", "image/jpeg",
                        test_max_pixels);
  g_test_add_func ("/pixbuf/png/huge", test_huge_png);
  g_test_add_func ("/pixbuf/jpeg/huge", test_huge_jpeg);
  g_test_add_func ("/pixbuf/png/texts", test_png_texts);
  g_test_add_func ("/pixbuf/png/palette", test_png_palette);
  g_test_add_func ("/pixbuf/png/unknown-chunk", test_png_unknown_chunk);
  g_test_add_func ("/pixbuf/png/rows", test_png_rows);
  g_test_add_func ("/pixbuf/jpeg/scans", test_jpeg_scans);
  g_test_add_func ("/pixbuf/threads", test_threads);
  return g_test_run ();
}
