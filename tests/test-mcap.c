/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hein/hein.h>

#include "mcap/hein-mcap-bytes.h"
#include "mcap/hein-mcap-envelope.h"
#include "mcap/hein-mcap-reader.h"
#include "mcap/hein-mcap-recorder.h"
#include "mcap/hein-mcap-writer.h"

/* Recordings: what was written is read again, and of a file that is not whole
 * whatever can be read, and nothing else. */

#define N_CHUNKS    3
#define N_EACH      4 /* messages of a chunk */
#define N_MESSAGES  (N_CHUNKS * N_EACH)
#define MORE_TOPICS 65540

/* ---- files ---- */

static int
make_file (void)
{
  const int fd = memfd_create ("hein-mcap", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static int
make_file_of (const guint8 *data, gsize size)
{
  const int fd = make_file ();

  g_assert_cmpint (write (fd, data, size), ==, size);
  return fd;
}

static GByteArray *
read_file (int fd)
{
  GByteArray *bytes = g_byte_array_new ();
  const off_t size = lseek (fd, 0, SEEK_END);

  g_byte_array_set_size (bytes, size);
  g_assert_cmpint (pread (fd, bytes->data, size, 0), ==, size);
  return bytes;
}

/* Message number @i is "<i>" and comes at i + 1 ns. */
static void
add_number (HeinMcapChunk *chunk, guint i)
{
  g_autofree char *text = g_strdup_printf ("%u", i);

  memcpy (hein_mcap_chunk_add (chunk, 0, i, i + 1, strlen (text)), text,
          strlen (text));
}

/* A file of N_CHUNKS chunks with numbers. */
static GByteArray *
make_numbers (HeinMcapCompression compression)
{
  const HeinMcapChannel channel = { .topic = (char *) "n",
                                    .encoding = (char *) "" };
  const int fd = make_file ();
  g_autoptr (HeinMcapWriter) writer =
    hein_mcap_writer_new (fd, compression, NULL);
  GByteArray *bytes;

  for (guint i = 0; i < N_CHUNKS; i++)
    {
      g_autoptr (HeinMcapChunk) chunk = hein_mcap_chunk_new (64);

      hein_mcap_chunk_add_channel (chunk, &channel, 0);
      for (guint j = 0; j < N_EACH; j++)
        add_number (chunk, i * N_EACH + j);
      g_assert_true (hein_mcap_writer_add (writer, chunk, NULL));
    }
  g_assert_true (hein_mcap_writer_finish (writer, &channel, 1, NULL));
  bytes = read_file (fd);
  g_assert_cmpuint (hein_mcap_writer_get_size (writer), ==, bytes->len);
  close (fd);
  return bytes;
}

/* ---- reading ---- */

typedef struct
{
  guint n;         /* messages */
  guint n_damaged; /* places */
  gboolean is_cut;
  gboolean is_refused; /* with an error */
} Found;

/* Checks that each message is one of the numbers, and that they rise. */
static Found
read_numbers (const guint8 *data, gsize size)
{
  const int fd = make_file_of (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMcapReader) reader = hein_mcap_reader_new (fd, &error);
  Found found = { .is_refused = reader == NULL };
  HeinMcapMessage message;
  gint64 last = -1;

  while (reader != NULL && hein_mcap_reader_next (reader, &message, &error))
    {
      g_autofree char *text = NULL;
      gint64 number;

      if (message.channel == NULL)
        continue; /* it looks for more the next time */
      text = g_strndup ((const char *) message.data, message.size);
      g_assert_true (g_ascii_string_to_signed (text, 10, last + 1, N_MESSAGES,
                                               &number, NULL));
      g_assert_cmpuint (message.time_ns, ==, number + 1);
      g_assert_cmpstr (message.channel->topic, ==, "n");
      last = number;
      found.n++;
    }
  if (reader != NULL)
    {
      found.n_damaged = hein_mcap_reader_get_n_damaged (reader);
      found.is_cut = hein_mcap_reader_is_cut (reader);
      found.is_refused = error != NULL;
    }
  close (fd);
  return found;
}

static HeinMcapCompression
get_compression (gconstpointer data)
{
  const HeinMcapCompression compression = GPOINTER_TO_UINT (data);

  if (!hein_mcap_can_compress (compression))
    g_test_skip ("built without zstd");
  return compression;
}

/* ---- whole files ---- */

static void
check_same (HeinMessage *one, HeinMessage *two)
{
  g_assert_cmpstr (hein_message_get_topic (one), ==,
                   hein_message_get_topic (two));
  g_assert_cmpstr (hein_message_get_content_type (one), ==,
                   hein_message_get_content_type (two));
  g_assert_cmpuint (hein_message_get_n_parts (one), ==,
                    hein_message_get_n_parts (two));
  g_assert_cmpstr (hein_message_get_attribute (one, "id"), ==,
                   hein_message_get_attribute (two, "id"));
  g_assert_cmpstr (hein_message_get_attribute (one, "unit"), ==,
                   hein_message_get_attribute (two, "unit"));
  for (guint i = 0; i < hein_message_get_n_parts (one); i++)
    g_assert_true (g_bytes_equal (hein_message_get_part (one, i),
                                  hein_message_get_part (two, i)));
}

static GPtrArray *
make_messages (void)
{
  GPtrArray *messages =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_message_unref);
  g_autoptr (GBytes) text = g_bytes_new_static ("{}", 2);
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  GBytes *parts[] = { text, empty, text };

  g_ptr_array_add (messages, hein_message_new_text ("a/b", "hello"));
  g_ptr_array_add (messages, hein_message_new ("", empty));
  g_ptr_array_add (messages,
                   hein_message_new_typed ("a/b", "application/json", text));
  g_ptr_array_add (messages,
                   hein_message_new_full ("c", "text/x", parts, 3, NULL));
  g_ptr_array_add (messages, hein_message_new_parts ("c", parts, 2));
  for (guint i = 0; i < 2; i++)
    {
      HeinMessage *message = hein_message_new_parts ("d", parts, 1 + i);

      hein_message_set_attribute (message, "id", "42", NULL);
      hein_message_set_attribute (message, "unit", "", NULL);
      g_ptr_array_add (messages, message);
    }
  return messages;
}

/* What is recorded is read again, whole, and in its order. */
static void
test_round_trip (gconstpointer data)
{
  const HeinMcapCompression compression = get_compression (data);
  g_autoptr (GPtrArray) messages = make_messages ();
  const int fd = make_file ();
  g_autoptr (HeinMcapRecorder) recorder = NULL;
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  guint64 last_ns = 0;

  if (!hein_mcap_can_compress (compression))
    return;
  recorder = hein_mcap_recorder_new (fd, compression, NULL, NULL);
  for (guint i = 0; i < messages->len; i++)
    hein_mcap_recorder_add (recorder, g_ptr_array_index (messages, i));
  g_assert_true (hein_mcap_recorder_finish (recorder, NULL));
  g_assert_cmpuint (hein_mcap_recorder_get_n_written (recorder), ==,
                    messages->len);
  reader = hein_mcap_reader_new (fd, NULL);
  for (guint i = 0; i < 2 * messages->len; i++)
    {
      g_autoptr (HeinMessage) message = NULL;

      if (i == messages->len)
        {
          g_assert_false (hein_mcap_reader_next (reader, &recorded, NULL));
          hein_mcap_reader_rewind (reader);
          last_ns = 0;
        }
      g_assert_true (hein_mcap_reader_next (reader, &recorded, NULL));
      g_assert_cmpuint (recorded.time_ns, >=, last_ns);
      last_ns = recorded.time_ns;
      message = hein_mcap_envelope_open (recorded.channel, recorded.data,
                                         recorded.size, NULL);
      check_same (message, g_ptr_array_index (messages, i % messages->len));
    }
  g_assert_cmpuint (hein_mcap_reader_get_n_damaged (reader), ==, 0);
  g_assert_false (hein_mcap_reader_is_cut (reader));
  close (fd);
}

/* Channels have numbers of 16 bits; messages of further topics are not lost. */
static void
test_more_topics (void)
{
  const int fd = make_file ();
  g_autoptr (HeinMcapRecorder) recorder =
    hein_mcap_recorder_new (fd, HEIN_MCAP_PLAIN, NULL, NULL);
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  guint n = 0;

  for (guint i = 0; i < MORE_TOPICS; i++)
    {
      g_autofree char *topic = g_strdup_printf ("topic/%u", i);
      g_autoptr (HeinMessage) message = hein_message_new_text (topic, topic);

      hein_mcap_recorder_add (recorder, message);
    }
  g_assert_true (hein_mcap_recorder_finish (recorder, NULL));
  reader = hein_mcap_reader_new (fd, NULL);
  while (hein_mcap_reader_next (reader, &recorded, NULL))
    {
      g_autofree char *topic = g_strdup_printf ("topic/%u", n);
      g_autofree char *text = NULL;
      g_autoptr (HeinMessage) message = NULL;

      if (recorded.channel == NULL)
        continue; /* it has read many channels */
      message = hein_mcap_envelope_open (recorded.channel, recorded.data,
                                         recorded.size, NULL);
      text = hein_message_dup_text (message, NULL);
      g_assert_cmpstr (hein_message_get_topic (message), ==, topic);
      g_assert_cmpstr (text, ==, topic);
      n++;
    }
  g_assert_cmpuint (n, ==, MORE_TOPICS);
  g_assert_cmpuint (hein_mcap_reader_get_n_damaged (reader), ==, 0);
  close (fd);
}

/* ---- files that are not whole ---- */

/* A file may end anywhere: all whole chunks in front are read. */
static void
test_cut (gconstpointer data)
{
  const HeinMcapCompression compression = get_compression (data);
  g_autoptr (GByteArray) file = NULL;
  guint last = 0;

  if (!hein_mcap_can_compress (compression))
    return;
  file = make_numbers (compression);
  for (gsize size = 0; size <= file->len; size++)
    {
      const Found found = read_numbers (file->data, size);

      if (size < HEIN_MCAP_MAGIC_SIZE)
        {
          g_assert_true (found.is_refused);
          continue;
        }
      g_assert_false (found.is_refused);
      g_assert_cmpuint (found.n_damaged, ==, 0);
      g_assert_cmpuint (found.n % N_EACH, ==, 0);
      g_assert_cmpuint (found.n, >=, last);
      g_assert_true (found.is_cut || found.n == N_MESSAGES);
      last = found.n;
    }
  g_assert_cmpuint (last, ==, N_MESSAGES);
}

/* Whatever bit is wrong: no message that was not recorded, and none missing
 * that nobody speaks of. */
static void
test_flipped (gconstpointer data)
{
  const HeinMcapCompression compression = get_compression (data);
  g_autoptr (GByteArray) file = NULL;
  guint n_whole = 0;

  if (!hein_mcap_can_compress (compression))
    return;
  file = make_numbers (compression);
  for (gsize at = 0; at < file->len; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        Found found;

        file->data[at] ^= 1 << bit;
        found = read_numbers (file->data, file->len);
        file->data[at] ^= 1 << bit;
        if (found.n < N_MESSAGES)
          g_assert_true (found.is_refused || found.is_cut ||
                         found.n_damaged > 0);
        n_whole += found.n == N_MESSAGES;
      }
  g_assert_cmpuint (n_whole, >, 0);
}

/* Where a size is wrong, the index at the end says where to go on. */
static void
test_damaged_size (void)
{
  g_autoptr (GByteArray) file = make_numbers (HEIN_MCAP_PLAIN);
  Found found;
  gsize at = HEIN_MCAP_MAGIC_SIZE;
  guint n_chunks = 0;

  for (;;)
    {
      HeinMcapCursor cursor = { file->data + at + 1, 8, FALSE };

      if (file->data[at] == HEIN_MCAP_CHUNK && n_chunks++ == 1)
        break;
      at += HEIN_MCAP_HEAD_SIZE + hein_mcap_get_number (&cursor, 8);
    }
  memset (file->data + at, 0xff, 64);
  found = read_numbers (file->data, file->len);
  g_assert_cmpuint (found.n, ==, N_MESSAGES - N_EACH);
  g_assert_cmpuint (found.n_damaged, ==, 1);
  g_assert_false (found.is_cut);
}

/* A chunk that says it is larger than it may be, or than what it holds. */
static void
test_hostile_sizes (void)
{
  const guint64 sizes[] = { 1, 1024, HEIN_MCAP_CHUNK_MAX + 1ull, G_MAXUINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
      {
        g_autoptr (GByteArray) file = g_byte_array_new ();
        gsize start;
        Found found;

        g_byte_array_append (file, (const guint8 *) HEIN_MCAP_MAGIC,
                             HEIN_MCAP_MAGIC_SIZE);
        start = hein_mcap_begin_record (file, HEIN_MCAP_CHUNK);
        hein_mcap_put_u64 (file, 0);
        hein_mcap_put_u64 (file, 0);
        hein_mcap_put_u64 (file, sizes[i]);
        hein_mcap_put_u32 (file, 0);
        hein_mcap_put_text (file, "zstd");
        hein_mcap_put_u64 (file, sizes[j]);
        hein_mcap_put_u8 (file, 0);
        hein_mcap_end_record (file, start);
        found = read_numbers (file->data, file->len);
        g_assert_cmpuint (found.n, ==, 0);
        g_assert_true (found.n_damaged > 0 || found.is_refused);
      }
}

/* What other programs write and hein does not: messages outside of chunks, and
 * records that mean nothing here. */
static void
test_others (void)
{
  const HeinMcapChannel channel = { .topic = (char *) "n",
                                    .encoding = (char *) "json" };
  g_autoptr (GByteArray) file = g_byte_array_new ();
  gsize start;
  Found found;

  g_byte_array_append (file, (const guint8 *) HEIN_MCAP_MAGIC,
                       HEIN_MCAP_MAGIC_SIZE);
  start = hein_mcap_begin_record (file, 0x80);
  hein_mcap_put_text (file, "somebody's own");
  hein_mcap_end_record (file, start);
  hein_mcap_channel_append (&channel, 7, file);
  for (guint i = 0; i < 2; i++)
    {
      /* the second is of a channel that is not there */
      start = hein_mcap_begin_record (file, HEIN_MCAP_MESSAGE);
      hein_mcap_put_u16 (file, 7 + i);
      hein_mcap_put_u32 (file, 0);
      hein_mcap_put_u64 (file, i + 1);
      hein_mcap_put_u64 (file, 0);
      hein_mcap_put_u8 (file, '0' + i);
      hein_mcap_end_record (file, start);
    }
  start = hein_mcap_begin_record (file, HEIN_MCAP_DATA_END);
  hein_mcap_put_u32 (file, 0);
  hein_mcap_end_record (file, start);
  found = read_numbers (file->data, file->len);
  g_assert_cmpuint (found.n, ==, 1);
  g_assert_cmpuint (found.n_damaged, ==, 1);
  g_assert_false (found.is_cut);
}

/* A second pass finds what the first one did, and as much damage. */
static void
test_again (void)
{
  g_autoptr (GByteArray) file = make_numbers (HEIN_MCAP_PLAIN);
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  guint n[2] = { 0, 0 };
  gsize start;
  int fd;

  /* no program mixes both, but somebody may */
  g_byte_array_set_size (file, HEIN_MCAP_MAGIC_SIZE);
  hein_mcap_channel_append (&(HeinMcapChannel){ .topic = (char *) "n",
                                                .encoding = (char *) "" },
                            0, file);
  for (guint i = 0; i < 2; i++)
    {
      start = hein_mcap_begin_record (file, HEIN_MCAP_MESSAGE);
      for (guint j = 0; j < 23; j++)
        hein_mcap_put_u8 (file, 0);
      hein_mcap_end_record (file, start);
      start = hein_mcap_begin_record (file, HEIN_MCAP_CHUNK);
      hein_mcap_put_u8 (file, 0);
      hein_mcap_end_record (file, start);
    }
  fd = make_file_of (file->data, file->len);
  reader = hein_mcap_reader_new (fd, NULL);
  for (guint i = 0; i < 2; i++)
    {
      while (hein_mcap_reader_next (reader, &recorded, NULL))
        n[i]++;
      /* both chunks, and the message behind the first one */
      g_assert_cmpuint (hein_mcap_reader_get_n_damaged (reader), ==, 3);
      hein_mcap_reader_rewind (reader);
    }
  g_assert_cmpuint (n[0], ==, 1);
  g_assert_cmpuint (n[1], ==, 1);
  close (fd);
}

/* What has no message in it does not hold its reader up. */
static void
test_empty_records (void)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  guint n = 0;
  int fd;

  g_byte_array_append (file, (const guint8 *) HEIN_MCAP_MAGIC,
                       HEIN_MCAP_MAGIC_SIZE);
  for (guint i = 0; i < 100000; i++)
    hein_mcap_end_record (file, hein_mcap_begin_record (file, 0x7f));
  fd = make_file_of (file->data, file->len);
  reader = hein_mcap_reader_new (fd, NULL);
  for (; hein_mcap_reader_next (reader, &recorded, NULL); n++)
    g_assert_null (recorded.channel);
  g_assert_cmpuint (n, >, 10);
  g_assert_true (hein_mcap_reader_is_cut (reader));
  close (fd);
}

/* ---- what is small in the file, and much when it is read ---- */

/* A record whose content begins with @content and goes on with zeros, which
 * take no room. */
static void
write_sparse (int fd, guint8 opcode, const GByteArray *content, guint64 size)
{
  const guint64 le = GUINT64_TO_LE (size);
  const off_t end = lseek (fd, 0, SEEK_CUR) + HEIN_MCAP_HEAD_SIZE + size;

  g_assert_cmpint (write (fd, &opcode, 1), ==, 1);
  g_assert_cmpint (write (fd, &le, sizeof le), ==, sizeof le);
  g_assert_cmpint (write (fd, content->data, content->len), ==, content->len);
  g_assert_cmpint (ftruncate (fd, end), ==, 0);
  lseek (fd, end, SEEK_SET);
}

static int
make_sparse_file (void)
{
  return make_file_of ((const guint8 *) HEIN_MCAP_MAGIC, HEIN_MCAP_MAGIC_SIZE);
}

/* Large records without a message do not hold the reader up either. */
static void
test_large_records (void)
{
  const int fd = make_sparse_file ();
  g_autoptr (GByteArray) nothing = g_byte_array_new ();
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  guint n = 0;

  for (guint i = 0; i < 6; i++)
    write_sparse (fd, HEIN_MCAP_MESSAGE, nothing, 40 * 1024 * 1024);
  reader = hein_mcap_reader_new (fd, NULL);
  for (; hein_mcap_reader_next (reader, &recorded, NULL); n++)
    g_assert_null (recorded.channel);
  g_assert_cmpuint (n, >=, 3);
  g_assert_cmpuint (hein_mcap_reader_get_n_damaged (reader), ==, 6);
  close (fd);
}

/* All channels together have a limit, and what is said in those beyond is not
 * there. */
static void
test_large_channels (void)
{
  const int fd = make_sparse_file ();
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  guint n = 0;

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (GByteArray) channel = g_byte_array_new ();
      g_autoptr (GByteArray) message = g_byte_array_new ();

      hein_mcap_put_u16 (channel, i);
      hein_mcap_put_u16 (channel, 0);
      hein_mcap_put_text (channel, "n");
      write_sparse (fd, HEIN_MCAP_CHANNEL, channel, HEIN_MCAP_CHANNEL_SIZE_MAX);
      hein_mcap_put_u16 (message, i);
      write_sparse (fd, HEIN_MCAP_MESSAGE, message, 22);
    }
  reader = hein_mcap_reader_new (fd, NULL);
  while (hein_mcap_reader_next (reader, &recorded, NULL))
    n += recorded.channel != NULL;
  g_assert_cmpuint (n, ==, 1024);
  g_assert_cmpuint (hein_mcap_reader_get_n_damaged (reader), ==,
                    2 * (2000 - 1024));
  close (fd);
}

/* A footer may call a terabyte of zeros the summary. */
static void
test_large_summary (void)
{
  const int fd = make_sparse_file ();
  g_autoptr (GByteArray) end = g_byte_array_new ();
  g_autoptr (HeinMcapReader) reader = NULL;
  HeinMcapMessage recorded;
  const gsize start = hein_mcap_begin_record (end, HEIN_MCAP_FOOTER);

  hein_mcap_put_u64 (end, HEIN_MCAP_MAGIC_SIZE);
  hein_mcap_put_u64 (end, 0);
  hein_mcap_put_u32 (end, 0);
  hein_mcap_end_record (end, start);
  g_byte_array_append (end, (const guint8 *) HEIN_MCAP_MAGIC,
                       HEIN_MCAP_MAGIC_SIZE);
  lseek (fd, G_GINT64_CONSTANT (1) << 40, SEEK_SET);
  g_assert_cmpint (write (fd, end->data, end->len), ==, end->len);
  reader = hein_mcap_reader_new (fd, NULL);
  g_assert_false (hein_mcap_reader_next (reader, &recorded, NULL));
  g_assert_true (hein_mcap_reader_is_cut (reader));
  close (fd);
}

/* ---- the disk ---- */

/* The bus goes on when the disk is full, and is told. */
static void
test_full_disk (void)
{
  const int fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  g_autoptr (GError) error = NULL;

  g_assert_null (hein_mcap_recorder_new (fd, HEIN_MCAP_PLAIN, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  close (fd);
}

/* The same later on: what was written counts, and what was not does not. */
static void
test_closed_pipe (void)
{
  int ends[2];
  g_autoptr (HeinMcapRecorder) recorder = NULL;
  g_autoptr (HeinMessage) message = hein_message_new_text ("a", "b");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (pipe (ends), ==, 0);
  recorder = hein_mcap_recorder_new (ends[1], HEIN_MCAP_PLAIN, NULL, NULL);
  close (ends[0]);
  hein_mcap_recorder_add (recorder, message);
  g_assert_false (hein_mcap_recorder_finish (recorder, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  g_assert_cmpuint (hein_mcap_recorder_get_n_written (recorder), ==, 0);
  close (ends[1]);
}

static void
add_both (const char *path, GTestDataFunc test)
{
  g_autofree char *plain = g_strconcat (path, "/plain", NULL);
  g_autofree char *zstd = g_strconcat (path, "/zstd", NULL);

  g_test_add_data_func (plain, GUINT_TO_POINTER (HEIN_MCAP_PLAIN), test);
  g_test_add_data_func (zstd, GUINT_TO_POINTER (HEIN_MCAP_ZSTD), test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  add_both ("/mcap/round-trip", test_round_trip);
  g_test_add_func ("/mcap/more-topics", test_more_topics);
  add_both ("/mcap/cut", test_cut);
  add_both ("/mcap/flipped", test_flipped);
  g_test_add_func ("/mcap/damaged-size", test_damaged_size);
  g_test_add_func ("/mcap/hostile-sizes", test_hostile_sizes);
  g_test_add_func ("/mcap/others", test_others);
  g_test_add_func ("/mcap/again", test_again);
  g_test_add_func ("/mcap/empty-records", test_empty_records);
  g_test_add_func ("/mcap/large-records", test_large_records);
  g_test_add_func ("/mcap/large-channels", test_large_channels);
  g_test_add_func ("/mcap/large-summary", test_large_summary);
  g_test_add_func ("/mcap/full-disk", test_full_disk);
  g_test_add_func ("/mcap/closed-pipe", test_closed_pipe);
  return g_test_run ();
}
