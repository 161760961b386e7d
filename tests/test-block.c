/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/hein-input.h"

/* Large blocks: what is used again, what is given back, and that a message which
 * was only announced takes no memory. */

#define MIB ((gsize) 1024 * 1024)

#ifdef __SANITIZE_ADDRESS__
#define KEEPS_SPARES FALSE
#else
#define KEEPS_SPARES TRUE
#endif

static void
forget_spares (void)
{
  hein_block_trim_all ();
  g_assert_cmpuint (hein_block_get_spare_size (), ==, 0);
}

static gboolean
skip_without_spares (void)
{
  if (!KEEPS_SPARES)
    g_test_skip ("nothing is kept under AddressSanitizer");
  return !KEEPS_SPARES;
}

/* A block is kept only when one was taken within HEIN_BLOCK_KEEP_US before, and
 * a machine may stop for longer between any two lines. */
static void
make_spare (gsize size)
{
  do
    hein_block_unref (hein_block_new (size));
  while (KEEPS_SPARES && hein_block_get_spare_size () < size);
}

static guint64
count_faults (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

/* Returns FALSE when the machine stopped for so long that the block was not
 * kept. */
static gboolean
fill (gsize size, guint8 value)
{
  const gint64 start_us = g_get_monotonic_time ();
  HeinBlock *block = hein_block_new (size);

  g_assert_cmpuint (block->capacity, >=, size);
  memset (block->data, value, size);
  hein_block_unref (block);
  return g_get_monotonic_time () - start_us < HEIN_BLOCK_KEEP_US;
}

static void
test_used_again (void)
{
  guint64 faults;
  guint n;

  if (skip_without_spares ())
    return;
  do
    {
      while (!fill (4 * MIB, 0))
        ;
      faults = count_faults ();
      for (n = 1; n <= 100 && fill (4 * MIB, n); n++)
        g_assert_cmpuint (hein_block_get_spare_size (), >=, 4 * MIB);
    }
  while (n <= 100);
  /* new memory would be 1024 pages each time */
  g_assert_cmpuint (count_faults () - faults, <, 1024);
  forget_spares ();
}

static void
test_other_size (void)
{
  HeinBlock *block = hein_block_new (4 * MIB);

  memset (block->data, 1, 4 * MIB);
  hein_block_unref (block);
  block = hein_block_new (5 * MIB);
  g_assert_cmpuint (block->capacity, >=, 5 * MIB);
  g_assert_cmpuint (hein_block_get_spare_size (), ==, 0);
  memset (block->data, 2, block->capacity);
  hein_block_unref (block);
  block = hein_block_new (3 * MIB);
  g_assert_cmpuint (block->capacity, >=, 3 * MIB);
  g_assert_cmpuint (block->capacity, <, 4 * MIB);
  /* 5 MiB are not held for 1 */
  hein_block_unref (block);
  block = hein_block_new (MIB);
  g_assert_cmpuint (block->capacity, <, 2 * MIB);
  hein_block_unref (block);
  forget_spares ();
}

static void
test_resized (void)
{
  HeinBlock *block = hein_block_new (MIB);

  memset (block->data, 7, MIB);
  block = hein_block_resize (block, 8 * MIB);
  g_assert_cmpuint (block->capacity, >=, 8 * MIB);
  for (gsize i = 0; i < MIB; i += 1000)
    g_assert_cmpuint (block->data[i], ==, 7);
  memset (block->data, 8, block->capacity);
  block = hein_block_resize (block, 40 * 1024);
  g_assert_cmpuint (block->capacity, <, MIB);
  g_assert_cmpuint (block->data[40 * 1024 - 1], ==, 8);
  hein_block_unref (block);
  forget_spares ();
}

static void
test_bounded (void)
{
  HeinBlock *blocks[400];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = hein_block_new (MIB);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    hein_block_unref (blocks[i]);
  g_assert_cmpuint (hein_block_get_spare_size (), <=, 256 * MIB);
  forget_spares ();
}

/* The newest ones stay. */
static void
test_pressed (void)
{
  HeinBlock *blocks[4];

  if (skip_without_spares ())
    return;
  do
    {
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        blocks[i] = hein_block_new ((i + 1) * MIB);
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        hein_block_unref (blocks[i]);
    }
  while (hein_block_get_spare_size () < 10 * MIB);
  hein_block_bound_spares (20 * MIB);
  g_assert_cmpuint (hein_block_get_spare_size (), >=, 10 * MIB);
  hein_block_bound_spares (5 * MIB);
  g_assert_cmpuint (hein_block_get_spare_size (), <=, 5 * MIB);
  g_assert_cmpuint (hein_block_get_spare_size (), >=, 4 * MIB);
  hein_block_bound_spares (0);
  g_assert_cmpuint (hein_block_get_spare_size (), ==, 0);
}

static gpointer
unref_block (gpointer data)
{
  hein_block_unref (data);
  return NULL;
}

static void
test_other_thread (void)
{
  do
    g_thread_join (g_thread_new ("free", unref_block, hein_block_new (MIB)));
  while (KEEPS_SPARES && hein_block_get_spare_size () < MIB);
  forget_spares ();
}

static void
test_too_large (void)
{
  g_assert_null (hein_block_new (G_MAXSIZE));
  if (KEEPS_SPARES) /* the sanitizer ends the program instead */
    g_assert_null (hein_block_new (G_MAXSSIZE / 2));
}

/* ---- reading into blocks ---- */

typedef struct
{
  HeinBlockPool *pool;
  HeinInput input;
  HeinStream *stream;
  int fd; /* of the other side */
} Reader;

static void
reader_init (Reader *self)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  self->pool = hein_block_pool_new ();
  hein_input_init (&self->input, self->pool);
  self->stream = hein_stream_new_socket (fds[0]);
  self->fd = fds[1];
}

static void
reader_clear (Reader *self)
{
  hein_input_clear (&self->input);
  self->stream->funcs->close (self->stream);
  close (self->fd);
  hein_block_pool_free (self->pool);
  forget_spares ();
}

static void
say (Reader *self, gsize size)
{
  g_autofree guint8 *bytes = g_malloc0 (size);

  while (size > 0)
    {
      gssize n = send (self->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n > 0)
        size -= n;
      while (hein_input_read (&self->input, self->stream, NULL, NULL) > 0)
        ;
    }
}

static void
check_announced (Reader *self, gsize announced)
{
  say (self, 1000);
  hein_input_expect (&self->input, announced);
  say (self, 1000);
  g_assert_cmpuint (hein_input_get_cost (&self->input), <, 300 * 1024);
  for (gsize size = 2000; size < 3 * MIB; size += 100000)
    {
      say (self, 100000);
      g_assert_cmpuint (hein_input_get_cost (&self->input), <,
                        2 * MAX (size + 100000, 140 * 1024) + 64 * 1024);
    }
}

static void
test_announced (void)
{
  Reader self;

  reader_init (&self);
  check_announced (&self, 64 * MIB);
  reader_clear (&self);
}

/* A spare block that a silent peer got is given back when memory is scarce. */
static void
test_announced_spare (void)
{
  Reader self;

  make_spare (16 * MIB);
  reader_init (&self);
  say (&self, 1000);
  hein_input_expect (&self.input, 16 * MIB - 1000);
  say (&self, 300 * 1024);
  if (KEEPS_SPARES)
    g_assert_cmpuint (hein_input_get_cost (&self.input), >, 15 * MIB);
  hein_input_trim (&self.input);
  g_assert_cmpuint (hein_input_get_cost (&self.input), <, MIB);
  g_assert_cmpuint (hein_block_get_spare_size (), ==, 0);
  say (&self, 4 * MIB);
  g_assert_cmpuint (hein_input_get_size (&self.input), ==,
                    4 * MIB + 300 * 1024 + 1000);
  reader_clear (&self);
}

/* Of a message whose size is not known nothing is lost. */
static void
test_trimmed_unknown (void)
{
  Reader self;

  reader_init (&self);
  say (&self, 3 * MIB);
  hein_input_trim (&self.input);
  g_assert_cmpuint (hein_input_get_size (&self.input), ==, 3 * MIB);
  g_assert_cmpuint (hein_input_get_cost (&self.input), >=, 3 * MIB);
  say (&self, MIB);
  g_assert_cmpuint (hein_input_get_size (&self.input), ==, 4 * MIB);
  reader_clear (&self);
}

/* ---- a stream of messages ---- */

#define N_MESSAGES 400
#define HEADER     8 /* the number and the size, of four octets each */

typedef struct
{
  int fd;
  gsize *sizes;
} Writer;

static gpointer
write_messages (gpointer data)
{
  Writer *self = data;

  for (guint32 i = 0; i < N_MESSAGES; i++)
    {
      const guint32 size = self->sizes[i];
      g_autofree guint8 *bytes = g_malloc (HEADER + size);
      gsize done = 0;

      memcpy (bytes, &i, 4);
      memcpy (bytes + 4, &size, 4);
      memset (bytes + HEADER, i, size);
      while (done < HEADER + size)
        {
          gssize n = write (self->fd, bytes + done, HEADER + size - done);

          g_assert_cmpint (n, >, 0);
          done += n;
        }
    }
  return NULL;
}

/* Returns the size of the first message when it is there; expects it
 * otherwise. */
static gsize
take_message (Reader *self, guint32 number, gsize size)
{
  const gsize have = hein_input_get_size (&self->input);
  g_autoptr (GBytes) bytes = hein_input_get_bytes (&self->input, have);
  const guint8 *data = g_bytes_get_data (bytes, NULL);

  if (have < HEADER)
    return 0;
  g_assert_cmpmem (data, 4, &number, 4);
  if (have < HEADER + size)
    {
      hein_input_expect (&self->input, HEADER + size);
      return 0;
    }
  for (gsize i = 0; i < size; i += 97)
    g_assert_cmpuint (data[HEADER + i], ==, (guint8) number);
  return HEADER + size;
}

/* Messages of all sizes, some of which are kept while others come. */
static void
test_stream (void)
{
  g_autofree gsize *sizes = g_new (gsize, N_MESSAGES);
  GQueue kept = G_QUEUE_INIT;
  Reader self;
  Writer writer;
  GThread *thread;

  reader_init (&self);
  for (guint i = 0; i < N_MESSAGES; i++)
    sizes[i] = g_test_rand_int_range (0, 1 << g_test_rand_int_range (1, 22));
  writer = (Writer){ self.fd, sizes };
  thread = g_thread_new ("write", write_messages, &writer);
  for (guint i = 0; i < N_MESSAGES;)
    {
      const gsize size = take_message (&self, i, sizes[i]);

      if (size == 0)
        {
          GPollFD ready = { self.stream->fd, G_IO_IN, 0 };

          g_poll (&ready, 1, -1);
          g_assert_cmpint (hein_input_read (&self.input, self.stream, NULL,
                                            NULL),
                           >, 0);
          continue;
        }
      if (sizes[i] > 0 && g_test_rand_bit ())
        g_queue_push_tail (&kept, hein_input_get_bytes (&self.input, size));
      self.input.expected = 0;
      hein_input_consume (&self.input, size);
      i++;
      if (kept.length > 5)
        g_bytes_unref (g_queue_pop_head (&kept));
    }
  g_thread_join (thread);
  g_queue_clear_full (&kept, (GDestroyNotify) g_bytes_unref);
  reader_clear (&self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/block/used-again", test_used_again);
  g_test_add_func ("/block/other-size", test_other_size);
  g_test_add_func ("/block/resized", test_resized);
  g_test_add_func ("/block/bounded", test_bounded);
  g_test_add_func ("/block/pressed", test_pressed);
  g_test_add_func ("/block/other-thread", test_other_thread);
  g_test_add_func ("/block/too-large", test_too_large);
  g_test_add_func ("/block/announced", test_announced);
  g_test_add_func ("/block/announced-spare", test_announced_spare);
  g_test_add_func ("/block/trimmed-unknown", test_trimmed_unknown);
  g_test_add_func ("/block/stream", test_stream);
  return g_test_run ();
}
