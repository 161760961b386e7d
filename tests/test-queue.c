/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <malloc.h>
#include <string.h>

#include "io/hein-queue.h"

/*
 * A random run against plain lists: what leaves is whole messages in order, with
 * control bytes between them only, and the accounts agree at every step. What is
 * in the queue ahead begins before all that is in the other one.
 */

#define N_RUNS       60
#define N_STEPS      2000
#define N_QUEUES     3
#define LARGE        (HEIN_SEGMENT_REFERENCE_MIN + 1)
#define CONTROL_SIZE 6
#define CONTROL_ID   G_MAXUINT32

/* Each message, and each control block, says its number and size first. */
typedef struct
{
  guint32 id;
  guint32 size;
} Header;

typedef struct
{
  HeinQueue queue;
  HeinQueue ahead;
  GArray *models[2]; /* Header of what is queued, and of what is ahead */
  GByteArray *taken; /* what has left, and is not a whole block yet */
  guint n_control;   /* blocks that are queued */
} Subject;

static void
subject_init (Subject *self)
{
  memset (self, 0, sizeof *self);
  self->queue.ahead = &self->ahead;
  for (guint i = 0; i < 2; i++)
    self->models[i] = g_array_new (FALSE, FALSE, sizeof (Header));
  self->taken = g_byte_array_new ();
}

static void
subject_clear (Subject *self)
{
  hein_queue_clear (&self->queue);
  hein_queue_clear (&self->ahead);
  g_array_unref (self->models[0]);
  g_array_unref (self->models[1]);
  g_byte_array_unref (self->taken);
}

static void
encode (HeinEncoder *encoder, const Header *header)
{
  gsize size = header->size - sizeof *header;
  g_autofree guint8 *payload = g_malloc0 (size + 1);

  hein_encoder_put (encoder, header, sizeof *header);
  if (size > LARGE)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (payload, size - 3);

      /* a part by reference, and a small one behind it */
      hein_encoder_put_bytes (encoder, bytes);
      hein_encoder_put (encoder, payload, 3);
    }
  else
    hein_encoder_put (encoder, payload, size);
}

/* Some are never dropped to make room. */
static gboolean
is_kept (const Header *header)
{
  return header->id % 5 == 2;
}

/* The first byte tells. */
static gboolean
is_ahead (const Header *header)
{
  return header->id % 2 == 1;
}

static void
push (Subject *self, HeinEncoder *encoder, const Header *header)
{
  HeinQueue *queue = is_ahead (header) ? &self->ahead : &self->queue;
  guint n;
  const HeinRange *ranges = hein_encoder_end (encoder, &n);

  hein_queue_push (queue, ranges, n);
  if (is_kept (header))
    hein_queue_keep_last (queue);
  g_array_append_val (self->models[is_ahead (header)], *header);
}

static void
push_control (Subject *self)
{
  const Header header = { CONTROL_ID, sizeof header + CONTROL_SIZE };
  const guint8 body[CONTROL_SIZE] = { 0 };

  hein_queue_push_control (&self->queue, &header, sizeof header);
  hein_queue_push_control (&self->queue, body, sizeof body);
  self->n_control++;
}

/* What has left, block by block. @was_begun: the first one is the rest of what
 * an earlier write began. */
static void
check_taken (Subject *self, gboolean was_begun)
{
  Header header;

  for (; self->taken->len >= sizeof header; was_begun = FALSE)
    {
      GArray *model;

      memcpy (&header, self->taken->data, sizeof header);
      if (header.id != CONTROL_ID && !is_ahead (&header) && !was_begun)
        g_assert_cmpuint (self->models[TRUE]->len, ==, 0);
      if (self->taken->len < header.size)
        return;
      g_byte_array_remove_range (self->taken, 0, header.size);
      if (header.id == CONTROL_ID)
        {
          g_assert_cmpuint (self->n_control, >, 0);
          self->n_control--;
          continue;
        }
      model = self->models[is_ahead (&header)];
      g_assert_cmpuint (model->len, >, 0);
      g_assert_cmpuint (header.id, ==, g_array_index (model, Header, 0).id);
      g_array_remove_index (model, 0);
    }
}

static guint
count_model (Subject *self)
{
  return self->models[FALSE]->len + self->models[TRUE]->len;
}

static guint
write_some (Subject *self, GRand *rand)
{
  struct iovec vectors[8];
  gsize max = g_rand_int_range (rand, 1, 60000);
  guint n = hein_queue_gather (&self->queue, vectors,
                               g_rand_int_range (rand, 1, 9), max);
  gsize left = 0;
  const guint before = count_model (self);
  const gboolean was_begun = self->taken->len > 0;
  guint n_sent;

  for (guint i = 0; i < n; i++)
    left += vectors[i].iov_len;
  g_assert_cmpuint (left, <=, max);
  if (left == 0)
    {
      g_assert_true (hein_queue_is_empty (&self->queue));
      return 0;
    }
  left = g_rand_int_range (rand, 1, left + 1);
  max = left;
  for (guint i = 0; left > 0; i++)
    {
      gsize size = MIN (left, vectors[i].iov_len);

      g_byte_array_append (self->taken, vectors[i].iov_base, size);
      left -= size;
    }
  n_sent = hein_queue_sent (&self->queue, max);
  check_taken (self, was_begun);
  g_assert_cmpuint (n_sent, ==, before - count_model (self));
  return n_sent;
}

/* The bytes of the first message in the model that have left. */
static gsize
get_half_sent (Subject *self, gboolean ahead)
{
  Header header;

  if (self->taken->len == 0 || self->taken->data[0] % 2 != ahead)
    return 0;
  if (self->taken->len >= sizeof header.id)
    {
      memcpy (&header.id, self->taken->data, sizeof header.id);
      if (header.id == CONTROL_ID)
        return 0;
    }
  else if (self->queue.control_sent > 0)
    return 0;
  return self->taken->len;
}

static gsize
get_model_cost (Subject *self, gboolean ahead)
{
  GArray *model = self->models[ahead];
  gsize cost = 0;

  for (guint i = 0; i < model->len; i++)
    cost += g_array_index (model, Header, i).size + HEIN_MESSAGE_OVERHEAD;
  return cost - get_half_sent (self, ahead);
}

static void
drop (Subject *self, gboolean ahead, gsize limit)
{
  GArray *model = self->models[ahead];
  guint64 n_messages = 0;
  guint64 n_bytes = 0;
  guint at = get_half_sent (self, ahead) > 0 ? 1 : 0;
  guint64 n_model = 0;
  guint64 bytes_model = 0;

  while (get_model_cost (self, ahead) > limit && model->len > at + 1)
    {
      const Header *header = &g_array_index (model, Header, at);

      if (is_kept (header))
        {
          at++;
          continue;
        }
      n_model++;
      bytes_model += header->size;
      g_array_remove_index (model, at);
    }
  hein_queue_drop_oldest (ahead ? &self->ahead : &self->queue, limit,
                          &n_messages, &n_bytes);
  g_assert_cmpuint (n_messages, ==, n_model);
  g_assert_cmpuint (n_bytes, ==, bytes_model);
}

static void
check_accounts (Subject *self)
{
  g_assert_cmpuint (self->queue.n_messages, ==, self->models[FALSE]->len);
  g_assert_cmpuint (self->queue.cost, ==, get_model_cost (self, FALSE));
  g_assert_cmpuint (self->ahead.n_messages, ==, self->models[TRUE]->len);
  g_assert_cmpuint (self->ahead.cost, ==, get_model_cost (self, TRUE));
}

typedef struct
{
  HeinSegmentPool *pool;
  HeinEncoder encoder;
  Subject subjects[N_QUEUES];
  GRand *rand;
  guint32 next_id;
} Bench;

static Header
make_header (Bench *self, gboolean ahead)
{
  Header header = { 2 * self->next_id++ + ahead, sizeof header };
  int kind = g_rand_int_range (self->rand, 0, 20);

  header.size += kind == 0   ? g_rand_int_range (self->rand, LARGE, 90000)
                 : kind == 1 ? g_rand_int_range (self->rand, 1000, LARGE)
                             : g_rand_int_range (self->rand, 0, 200);
  return header;
}

static void
publish (Bench *self)
{
  Header header = make_header (self, FALSE);

  hein_encoder_begin (&self->encoder, HEIN_ENCODE_SHARED, NULL, header.size);
  encode (&self->encoder, &header);
  for (guint i = 0; i < N_QUEUES; i++)
    push (&self->subjects[i], &self->encoder, &header);
}

static void
give_one (Bench *self, Subject *subject)
{
  const gboolean ahead = g_rand_boolean (self->rand);
  Header header = make_header (self, ahead);
  HeinEncodePlace place =
    g_rand_boolean (self->rand) ? HEIN_ENCODE_OWN : HEIN_ENCODE_SINGLE;

  hein_encoder_begin (&self->encoder, place,
                      ahead ? &subject->ahead.own : &subject->queue.own,
                      header.size);
  encode (&self->encoder, &header);
  if (g_rand_int_range (self->rand, 0, 8) == 0)
    hein_encoder_cancel (&self->encoder);
  else
    push (subject, &self->encoder, &header);
}

static void
step (Bench *self)
{
  Subject *subject =
    &self->subjects[g_rand_int_range (self->rand, 0, N_QUEUES)];

  switch (g_rand_int_range (self->rand, 0, 10))
    {
    case 0:
    case 1:
    case 2:
      publish (self);
      break;
    case 3:
    case 4:
      give_one (self, subject);
      break;
    case 5:
      push_control (subject);
      break;
    case 6:
      drop (subject, g_rand_boolean (self->rand),
            g_rand_int_range (self->rand, 0, 300000));
      break;
    default:
      write_some (subject, self->rand);
    }
  for (guint i = 0; i < N_QUEUES; i++)
    check_accounts (&self->subjects[i]);
}

static void
test_model (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint run = 0; run < N_RUNS; run++)
    {
      Bench self = { .pool = hein_segment_pool_new (), .rand = rand };

      hein_encoder_init (&self.encoder, self.pool);
      for (guint i = 0; i < N_QUEUES; i++)
        subject_init (&self.subjects[i]);
      for (guint i = 0; i < N_STEPS; i++)
        step (&self);
      /* everything leaves in the end */
      for (guint i = 0; i < N_QUEUES; i++)
        {
          while (!hein_queue_is_empty (&self.subjects[i].queue))
            write_some (&self.subjects[i], rand);
          g_assert_cmpuint (count_model (&self.subjects[i]), ==, 0);
          g_assert_cmpuint (self.subjects[i].n_control, ==, 0);
          g_assert_cmpuint (self.subjects[i].taken->len, ==, 0);
          g_assert_cmpuint (self.subjects[i].queue.cost, ==, 0);
          g_assert_cmpuint (self.subjects[i].ahead.cost, ==, 0);
          subject_clear (&self.subjects[i]);
        }
      hein_encoder_clear (&self.encoder);
      hein_segment_pool_free (self.pool);
    }
}

static void
test_drop_all (void)
{
  HeinSegmentPool *pool = hein_segment_pool_new ();
  HeinEncoder encoder;
  Subject subject;
  struct iovec vector;
  guint64 n_messages = 0;
  guint64 n_bytes = 0;

  hein_encoder_init (&encoder, pool);
  subject_init (&subject);
  for (guint32 i = 0; i < 3; i++)
    {
      const Header header = { 2 * i, sizeof header + 10 };

      hein_encoder_begin (&encoder, HEIN_ENCODE_SHARED, NULL, header.size);
      encode (&encoder, &header);
      push (&subject, &encoder, &header);
    }
  g_assert_cmpuint (hein_queue_gather (&subject.queue, &vector, 1, 5), ==, 1);
  hein_queue_sent (&subject.queue, 5);
  hein_queue_drop_all (&subject.queue, &n_messages, &n_bytes);
  /* the one that is half sent stays */
  g_assert_cmpuint (n_messages, ==, 2);
  g_assert_cmpuint (n_bytes, ==, 2 * (sizeof (Header) + 10));
  g_assert_cmpuint (subject.queue.n_messages, ==, 1);
  subject_clear (&subject);
  hein_encoder_clear (&encoder);
  hein_segment_pool_free (pool);
}

/* Of the answers that nobody reads: what malloc gave, not how long they are. */
static void
test_control_memory (void)
{
  HeinQueue queue = { 0 };
  guint8 bytes[100] = { 0 };

  g_assert_cmpuint (hein_queue_get_control_memory (&queue), ==, 0);
  for (guint i = 0; i < 1000; i++)
    {
      hein_queue_push_control (&queue, bytes, 1 + i % sizeof bytes);
      g_assert_cmpuint (hein_queue_get_control_memory (&queue), >=,
                        malloc_usable_size (queue.control->data));
      g_assert_cmpuint (hein_queue_get_control_memory (&queue), <=,
                        2 * queue.control->len + 128);
    }
  /* what is written is not given back before all is */
  hein_queue_sent (&queue, hein_queue_count_control (&queue) - 1);
  g_assert_cmpuint (hein_queue_get_control_memory (&queue), >=,
                    malloc_usable_size (queue.control->data));
  hein_queue_sent (&queue, 1);
  g_assert_cmpuint (hein_queue_get_control_memory (&queue), ==, 0);
  hein_queue_clear (&queue);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queue/model", test_model);
  g_test_add_func ("/queue/drop-all", test_drop_all);
  g_test_add_func ("/queue/control-memory", test_control_memory);
  return g_test_run ();
}
