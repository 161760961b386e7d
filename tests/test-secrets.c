/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "hein-test.h"
#include "multicast-test.h"

/*
 * Where secrets lie in the memory of this process: it is searched as somebody would
 * search a core. What is looked for is written down under a mask, so that it is not
 * found here. It says nothing where freed memory is overwritten anyway, as
 * MALLOC_PERTURB_ does.
 */

#define MASK     0x5a
#define KEY_SIZE 32
#define CHUNK    (1024 * 1024)

/* A key of a file: 32 bytes, and as 64 digits. */
static const guint8 masked_key[KEY_SIZE] = {
  0x3d, 0x4e, 0x1b, 0xb9, 0x66, 0x7b, 0x28, 0x18, 0x12, 0x06, 0x67,
  0x8d, 0xeb, 0x4b, 0xcd, 0xfe, 0xc4, 0x10, 0x39, 0x86, 0x8a, 0x5d,
  0x47, 0xc8, 0x2d, 0xd4, 0x1c, 0x44, 0x37, 0xf2, 0xee, 0x07
};

typedef struct
{
  guint8 bytes[128]; /* masked */
  gsize size;
} Needle;

/* Of the second half, as malloc writes to the beginning of what is freed. All bytes
 * are wiped behind it. */
static void
needle_init (Needle *self, guint8 *bytes, gsize size)
{
  self->size = size / 2;
  for (gsize i = 0; i < self->size; i++)
    self->bytes[i] = bytes[size - self->size + i] ^ MASK;
  explicit_bzero (bytes, size);
}

static void
unmask_key (guint8 key[KEY_SIZE])
{
  for (guint i = 0; i < KEY_SIZE; i++)
    key[i] = masked_key[i] ^ MASK;
}

/* ---- searching ---- */

static gboolean
is_at (const Needle *needle, const guint8 *data)
{
  for (gsize i = 0; i < needle->size; i++)
    if ((data[i] ^ MASK) != needle->bytes[i])
      return FALSE;
  return TRUE;
}

static guint
count_in (const Needle *needle, const guint8 *data, gsize size)
{
  const guint8 first = needle->bytes[0] ^ MASK;
  const guint8 *end = data + size;
  guint n = 0;

  for (data = memchr (data, first, end - data);
       data != NULL && (gsize) (end - data) >= needle->size;
       data = memchr (data + 1, first, end - data - 1))
    n += is_at (needle, data);
  return n;
}

/* In chunks that overlap, outside of what is read into. */
static guint
count_in_range (int fd, const Needle *needle, guint64 begin, guint64 end)
{
  static guint8 data[CHUNK + sizeof ((Needle *) NULL)->bytes];
  guint n = 0;

  for (guint64 at = begin; at < end; at += CHUNK)
    {
      const gsize size = MIN (end - at, CHUNK + needle->size - 1);

      if (at < (guint64) (gsize) data + sizeof data &&
          at + size > (guint64) (gsize) data)
        continue;
      if (pread (fd, data, size, at) == (gssize) size)
        n += count_in (needle, data, size);
    }
  explicit_bzero (data, sizeof data);
  return n;
}

/* A part of what this process has mapped, as smaps tells: a line with its place,
 * and at the end one with its flags. */
typedef struct
{
  guint64 begin;
  guint64 end;
  char mode[5];
} Range;

/* Other lines may begin with a digit, too, as "Anonymous:" does. */
static gboolean
read_range (const char *line, Range *self)
{
  Range range;

  if (sscanf (line, "%" SCNx64 "-%" SCNx64 " %4s", &range.begin, &range.end,
              range.mode) != 3)
    return FALSE;
  *self = range;
  return TRUE;
}

/* How often it lies in what this process can write to: in what a dump would have,
 * and in what is left out of one. */
static void
count_both (const Needle *needle, guint *n_dumped, guint *n_kept)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  const int fd = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  Range range = { 0 };

  g_assert_cmpint (fd, >=, 0);
  g_file_get_contents ("/proc/self/smaps", &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  *n_dumped = *n_kept = 0;
  for (guint i = 0; lines[i] != NULL; i++)
    if (!read_range (lines[i], &range) &&
        g_str_has_prefix (lines[i], "VmFlags:") &&
        g_str_has_prefix (range.mode, "rw"))
      *(strstr (lines[i], " dd") != NULL ? n_kept : n_dumped) +=
        count_in_range (fd, needle, range.begin, range.end);
  close (fd);
}

/* In both. */
static guint
count (const Needle *needle)
{
  guint n_dumped;
  guint n_kept;

  count_both (needle, &n_dumped, &n_kept);
  return n_dumped + n_kept;
}

/* ---- files ---- */

/* (transfer full): @bytes are wiped. */
static char *
make_file (guint8 *bytes, gsize size)
{
  char *path = NULL;
  const int fd = g_file_open_tmp ("hein-secrets-XXXXXX", &path, NULL);

  g_assert_cmpint (write (fd, bytes, size), ==, size);
  close (fd);
  explicit_bzero (bytes, size);
  return path;
}

/* What is there is found: otherwise it would say nothing that the rest is not. */
static void
test_search (void)
{
  Needle needle;
  guint8 key[KEY_SIZE];
  guint8 *copy = g_malloc (KEY_SIZE);

  unmask_key (key);
  needle_init (&needle, key, sizeof key);
  g_assert_cmpuint (count (&needle), ==, 0);
  unmask_key (copy);
  g_assert_cmpuint (count (&needle), ==, 1);
  explicit_bzero (copy, KEY_SIZE);
  g_assert_cmpuint (count (&needle), ==, 0);
  g_free (copy);
}

static void
exchange (const char *listen, const char *option)
{
  HeinTestBus *hub = hein_test_bus_new ("hub");
  HeinTestBus *kirk = hein_test_bus_new ("kirk");
  const char *bound =
    hein_endpoint_get_bound_uri (hein_test_bus_listen (hub, listen));
  g_autofree char *dial =
    g_strdup_printf ("%.*s?%s", (int) strcspn (bound, "?"), bound, option);

  hein_test_bus_dial (kirk, dial);
  hein_test_wait (hein_test_bus_count_peers (hub) == 1 &&
                  hein_test_bus_count_peers (kirk) == 1);
  hein_test_bus_send (kirk, NULL, "t", "up");
  hein_test_wait (hub->messages->len == 1);
  hein_test_bus_free (kirk);
  hein_test_bus_free (hub);
}

#if defined(HAS_TLS) || defined(HAS_MULTICAST)
static void
make_digits (const guint8 key[KEY_SIZE], char digits[2 * KEY_SIZE])
{
  for (guint i = 0; i < KEY_SIZE; i++)
    {
      digits[2 * i] = "0123456789abcdef"[key[i] >> 4];
      digits[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
    }
}
#endif

#ifdef HAS_TLS
/* The file's key and its digits are only looked at: nothing of them is left, neither
 * while an endpoint is open nor behind it. */
static void
test_key_file (void)
{
  guint8 key[KEY_SIZE];
  guint8 digits[2 * KEY_SIZE];
  Needle raw;
  Needle text;
  g_autofree char *path = NULL;
  g_autofree char *option = NULL;
  g_autofree char *uri = NULL;
  HeinTestBus *bus = hein_test_bus_new ("spock");

  unmask_key (key);
  make_digits (key, (char *) digits);
  path = make_file (digits, sizeof digits);
  make_digits (key, (char *) digits);
  needle_init (&text, digits, sizeof digits);
  needle_init (&raw, key, sizeof key);
  option = g_strconcat ("key-file=", path, NULL);
  uri = g_strconcat ("tcp://127.0.0.1:0?", option, NULL);
  hein_test_bus_listen (bus, uri);
  g_assert_cmpuint (count (&text), ==, 0);
  g_assert_cmpuint (count (&raw), ==, 0);
  exchange (uri, option);
  g_assert_cmpuint (count (&text), ==, 0);
  g_assert_cmpuint (count (&raw), ==, 0);
  hein_test_bus_free (bus);
  g_unlink (path);
}
#endif

#ifdef HAS_MULTICAST
/* A group needs the key of its file for as long as it is open: where no dump has
 * it. */
static void
test_group_key (void)
{
  guint8 key[KEY_SIZE];
  char digits[2 * KEY_SIZE + 1] = "";
  Needle raw;
  Needle text;
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  g_autofree char *path = NULL;
  g_autofree char *option = NULL;
  HeinTestBus *bus;
  guint n_dumped;
  guint n_kept;

  if (place == NULL)
    return;
  unmask_key (key);
  make_digits (key, digits);
  path = multicast_place_add_file (place, "group.key", digits);
  needle_init (&text, (guint8 *) digits, 2 * KEY_SIZE);
  needle_init (&raw, key, sizeof key);
  option = g_strconcat ("format=hein&key-file=", path, NULL);
  bus = multicast_join ("spock", multicast_place_dup_uri (place, option));
  count_both (&raw, &n_dumped, &n_kept);
  g_assert_cmpuint (n_dumped, ==, 0);
  g_assert_cmpuint (n_kept, >, 0);
  g_assert_cmpuint (count (&text), ==, 0);
  hein_test_bus_free (bus);
  g_assert_cmpuint (count (&raw), ==, 0);
}
#endif

#ifdef HAS_CURVE
/* A pair that libzmq's documentation shows (zmq_curve_keypair), under the mask. */
static const char public_text[] = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char masked_secret[] =
  "\x1e\x60\x73\x0b\x01\x13\x36\x1b\x0d\x7b\x3b\x32\x32\x19\x68\x3b\x39\x60\x63"
  "\x70\x1b\x27\x32\x60\x2a\x65\x72\x01\x6e\x7f\x2d\x15\x0e\x10\x7f\x10\x08\x7f"
  "\x39\x29";

static void
test_curve (void)
{
  char secret[41];
  guint8 file[256];
  Needle needle;
  g_autofree char *path = NULL;
  g_autofree char *listen = NULL;
  g_autofree char *dial = NULL;
  int size;

  for (guint i = 0; i < 40; i++)
    secret[i] = masked_secret[i] ^ MASK;
  secret[40] = '\0';
  size =
    g_snprintf ((char *) file, sizeof file,
                "curve\n    public-key = \"%s\"\n    secret-key = \"%s\"\n",
                public_text, secret);
  path = make_file (file, size);
  needle_init (&needle, (guint8 *) secret, 40);
  listen =
    g_strdup_printf ("tcp://127.0.0.1:0?curve-key=%s&curve-peers=any", path);
  dial = g_strdup_printf ("curve-key=%s&curve-server=%s", path, path);
  exchange (listen, dial);
  g_assert_cmpuint (count (&needle), ==, 0);
  g_unlink (path);
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secrets/search", test_search);
#ifdef HAS_TLS
  g_test_add_func ("/secrets/key-file", test_key_file);
#endif
#ifdef HAS_MULTICAST
  g_test_add_func ("/secrets/group-key", test_group_key);
#endif
#ifdef HAS_CURVE
  g_test_add_func ("/secrets/curve", test_curve);
#endif
  return g_test_run ();
}
