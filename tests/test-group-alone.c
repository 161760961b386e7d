/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/transports/udp-multicast/datagram/mc-header.h"
#include "../plugins/transports/udp-multicast/group/mc-group.h"
#include "../plugins/transports/udp-multicast/sealed/mc-admission.h"
#include "../plugins/transports/udp-multicast/sealed/mc-window.h"
#include "fuzz/fuzz-medium.h"

/*
 * A group of the format `hein` alone, without a key: no bus, no socket, and a
 * time of its own. What stands below it is that of the fuzzer.
 */

#define MS        1000
#define INSTANCE  "0123456789abcdef0123456789abcdef"
#define N_SENDERS 1200

/* Another one that speaks to the group. */
typedef struct
{
  guint8 id[MC_SENDER_ID_SIZE];
  guint64 seq;   /* of its last datagram */
  McHello hello; /* what it was asked last */
  guint n_asked;
} Sender;

typedef struct
{
  McFormat format;
  gint64 now_us;
  guint8 own_id[MC_SENDER_ID_SIZE];
  Sender senders[N_SENDERS];
  guint n_hellos;
  guint n_data;
  guint n_admits_to_all;
  guint n_admits_to_one;
  const char *instance; /* of those that are admitted: 32 bytes */
} Bed;

static void
note_hello (Bed *self, const guint8 *payload, gsize size)
{
  McHello hello;
  guint number;

  g_assert_true (mc_hello_get (payload, size, &hello));
  self->n_hellos++;
  memcpy (&number, hello.sender_id, sizeof number);
  g_assert_cmpuint (number, <, N_SENDERS);
  self->senders[number].hello = hello;
  self->senders[number].n_asked++;
}

static void
on_sent (gconstpointer data, gsize size, gpointer user_data)
{
  Bed *self = user_data;
  const guint8 *said = data;
  McHeader header;
  McInner inner;
  gsize head;

  g_assert_cmpint (mc_header_get (data, size, &header), ==, MC_OPENED);
  head = mc_header_get_size (header.is_for_one);
  memcpy (self->own_id, header.sender_id, sizeof self->own_id);
  g_assert_true (mc_inner_get (said + head, size - head, &inner));
  head += MC_INNER_SIZE;
  if (inner.type == MC_HELLO)
    note_hello (self, said + head, size - head);
  else if (inner.type == MC_ADMIT && fuzz_medium.was_to_all)
    self->n_admits_to_all++;
  else if (inner.type == MC_ADMIT)
    self->n_admits_to_one++;
  else if (inner.type == MC_DATA)
    self->n_data++;
}

static void
pass (Bed *self, gint64 ms)
{
  self->now_us += ms * MS;
  self->format.funcs->tick (self->format.self, self->now_us);
}

static Bed *
bed_new (void)
{
  const McGroupOptions options = { .mtu = 1400,
                                   .max_message_size = 65536,
                                   .name = "alone",
                                   .instance = INSTANCE };
  Bed *self = g_new0 (Bed, 1);

  self->instance = INSTANCE;
  for (guint i = 0; i < N_SENDERS; i++)
    memcpy (self->senders[i].id, &i, sizeof i);
  /* that of the packer is the system's */
  self->now_us = g_get_monotonic_time ();
  fuzz_medium_begin ();
  fuzz_medium.on_sent = on_sent;
  fuzz_medium.user_data = self;
  self->format =
    mc_group_new (fuzz_medium_get_transport (), fuzz_medium_get_socket (),
                  &options, self->now_us, NULL);
  g_assert_nonnull (self->format.self);
  pass (self, 0);
  return self;
}

static void
bed_free (Bed *self)
{
  self->format.funcs->finish (self->format.self);
  self->format.funcs->free (self->format.self);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bed, bed_free)

/* From the address, of MC_ADDRESS_BYTES, with the next number or @seq (0: the
 * next). */
static void
say_from (Bed *self,
          guint n,
          const guint8 *address,
          guint64 seq,
          const McInner *inner,
          gconstpointer payload,
          gsize size)
{
  Sender *sender = &self->senders[n];
  McHeader header = { .seq = seq > 0 ? seq : ++sender->seq };
  guint8 datagram[2048];
  McAddress from;

  memcpy (header.sender_id, sender->id, MC_SENDER_ID_SIZE);
  mc_header_put (&header, datagram);
  mc_inner_put (inner, datagram + MC_HEADER_SIZE);
  if (size > 0)
    memcpy (datagram + MC_HEADER_SIZE + MC_INNER_SIZE, payload, size);
  mc_address_set_bytes (&from, address);
  self->format.funcs->receive (self->format.self, &from, datagram,
                               MC_HEADER_SIZE + MC_INNER_SIZE + size,
                               self->now_us);
}

/* From that port of lo. */
static void
say_as (Bed *self,
        guint n,
        guint16 port,
        guint64 seq,
        const McInner *inner,
        gconstpointer payload,
        gsize size)
{
  const guint8 address[MC_ADDRESS_BYTES] = {
    [10] = 0xff, [11] = 0xff,      [12] = 127,
    [15] = 1,    [16] = port >> 8, [17] = port & 0xff
  };

  say_from (self, n, address, seq, inner, payload, size);
}

static void
say (Bed *self, guint n, McType type, guint64 dseq)
{
  const McInner inner = { .type = type, .dseq = dseq };

  say_as (self, n, 1000 + n, 0, &inner, NULL, 0);
}

/* A message of one byte. */
static void
say_message (Bed *self, guint n, guint64 dseq)
{
  static const guint8 message[] = { 0, 0, 0, 1, 'x' };
  const McInner inner = { .type = MC_DATA,
                          .flags = MC_FIRST | MC_LAST,
                          .dseq = dseq,
                          .ordinal = dseq - 1,
                          .message_size = sizeof message };

  say_as (self, n, 1000 + n, 0, &inner, message, sizeof message);
}

/* The answer to what it was asked last, from the @address; @dseq: that of what
 * it says next. */
static void
say_admit_from (
  Bed *self, guint n, const guint8 *address, guint64 dseq, const guint8 *where)
{
  const McInner inner = { .type = MC_ADMIT, .dseq = dseq, .ordinal = dseq - 1 };
  const Sender *sender = &self->senders[n];
  McAdmit admit = { .seq = sender->seq };
  guint8 payload[MC_ADMIT_SIZE + sizeof "name" + sizeof INSTANCE];

  memcpy (admit.nonce, sender->hello.nonce, MC_NONCE_SIZE);
  memcpy (admit.where, where, MC_WHERE_SIZE);
  mc_admit_put (&admit, payload);
  memcpy (payload + MC_ADMIT_SIZE, "name", sizeof "name");
  memcpy (payload + MC_ADMIT_SIZE + sizeof "name", self->instance,
          sizeof INSTANCE);
  say_from (self, n, address, 0, &inner, payload, sizeof payload - 1);
}

static void
say_admit (Bed *self, guint n, guint64 dseq)
{
  const guint8 *where = self->senders[n].hello.where;

  say_admit_from (self, n, where, dseq, where);
}

static void
meet (Bed *self, guint n)
{
  say_message (self, n, 1);
  pass (self, 10);
  g_assert_cmpuint (self->senders[n].n_asked, >, 0);
  say_admit (self, n, 2);
}

/* Each HELLO is as large as its answer and goes to all: strangers bring about
 * 500 in a second at most, 256 at once, however many they are. */
static void
test_questions (void)
{
  g_autoptr (Bed) bed = bed_new ();

  for (guint i = 0; i < 1000; i++)
    {
      for (guint j = 0; j < 20; j++)
        {
          Sender *sender = &bed->senders[(i * 20 + j) % N_SENDERS];

          /* the same number again, and yet another sender */
          memcpy (sender->id + 4, &i, sizeof i);
          say_message (bed, (i * 20 + j) % N_SENDERS, 1);
        }
      pass (bed, 10);
    }
  /* without the bound there would be more than 6,000 */
  g_assert_cmpuint (bed->n_hellos, <=, 256 + 500 * 10);
  g_assert_cmpuint (bed->n_hellos, >, 4000);
}

/* That holds for members that seem to have moved as well. */
static void
test_all_move (void)
{
  const McInner inner = { .type = MC_HEARTBEAT };
  g_autoptr (Bed) bed = bed_new ();

  for (guint i = 0; i < 1000; i++)
    meet (bed, i);
  pass (bed, 2000);
  bed->n_hellos = 0;
  for (guint i = 0; i < 1000; i++)
    say_as (bed, i, 10000 + i, 0, &inner, NULL, 0);
  g_assert_cmpuint (bed->n_hellos, ==, 256);
}

/* There are 1,024 members at most: who is silent for longest makes room. */
static void
test_members (void)
{
  g_autoptr (Bed) bed = bed_new ();

  for (guint i = 0; i < 1100; i++)
    meet (bed, i);
  g_assert_cmpuint (fuzz_medium.n_added, ==, 1100);
  g_assert_cmpuint (fuzz_medium.n_removed, ==, 1100 - 1024);
}

/* An ADMIT says where its sender is; one that does not admits nobody. */
static void
test_admit_without_place (void)
{
  g_autoptr (Bed) bed = bed_new ();

  say_message (bed, 1, 1);
  pass (bed, 10);
  say_admit (bed, 1, 0);
  g_assert_cmpuint (fuzz_medium.n_added, ==, 0);
  say_admit (bed, 1, 2);
  g_assert_cmpuint (fuzz_medium.n_added, ==, 1);
}

/* An instance is 32 hexadecimal digits. */
static void
test_odd_instance (void)
{
  g_autoptr (Bed) bed = bed_new ();

  bed->instance = "no hexadecimal digits, but 32 of";
  meet (bed, 1);
  g_assert_cmpuint (fuzz_medium.n_added, ==, 0);
}

/* What was said while it was asked is heard in order: behind the goodbye that
 * is among it there is no member any more. */
static void
test_held_goodbye (void)
{
  g_autoptr (Bed) bed = bed_new ();

  say_message (bed, 1, 1);
  say (bed, 1, MC_BYE, 0);
  say_message (bed, 1, 2);
  pass (bed, 10);
  say_admit (bed, 1, 3);
  g_assert_cmpuint (fuzz_medium.n_added, ==, 1);
  g_assert_cmpuint (fuzz_medium.n_removed, ==, 1);
}

/* Of a sender of which nothing was held, all counts that it says from its ADMIT
 * on: what of that does not come is lost, and nothing else. */
static void
test_lead_of_admit (void)
{
  g_autoptr (Bed) bed = bed_new ();

  say (bed, 1, MC_HELLO, 0);
  pass (bed, 10);
  say_admit (bed, 1, 4);
  say_message (bed, 1, 6);
  g_assert_cmpuint (fuzz_medium.n_dropped, ==, 0);
  for (guint i = 0; i < 40; i++)
    pass (bed, 100);
  g_assert_cmpuint (fuzz_medium.n_dropped, ==, 2);
}

/* A datagram that comes from elsewhere asks whether its sender has moved, but
 * not when it was overtaken: then it is the old place that it comes from. */
static void
test_overtaken (void)
{
  const McInner inner = { .type = MC_HEARTBEAT };
  g_autoptr (Bed) bed = bed_new ();

  meet (bed, 1);
  bed->senders[1].n_asked = 0;
  pass (bed, 2000);
  say_as (bed, 1, 1001, bed->senders[1].seq + 5, &inner, NULL, 0);
  say_as (bed, 1, 2001, bed->senders[1].seq + 4, &inner, NULL, 0);
  pass (bed, 10);
  g_assert_cmpuint (bed->senders[1].n_asked, ==, 0);
  say_as (bed, 1, 2001, bed->senders[1].seq + 6, &inner, NULL, 0);
  pass (bed, 10);
  g_assert_cmpuint (bed->senders[1].n_asked, ==, 1);
}

/* What comes later than the numbers that are remembered may have come before: it
 * is neither taken nor anybody's fault. */
static void
test_too_late (void)
{
  const McInner inner = { .type = MC_HEARTBEAT };
  g_autoptr (Bed) bed = bed_new ();
  guint64 seq;

  meet (bed, 1);
  seq = bed->senders[1].seq;
  say_as (bed, 1, 1001, seq + 2 * MC_WINDOW_SIZE, &inner, NULL, 0);
  pass (bed, 10);
  fuzz_medium.n_dropped = 0;
  say_as (bed, 1, 1001, seq + 1, &inner, NULL, 0);
  pass (bed, 10);
  g_assert_cmpuint (fuzz_medium.n_dropped, ==, 0);
}

/* Whether what is for the only member goes to all. */
static gboolean
is_heard_by_all (Bed *self)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "?");

  self->n_data = 0;
  g_assert_true (self->format.funcs->send (self->format.self,
                                           fuzz_medium_get_peer (), message,
                                           NULL));
  g_assert_cmpuint (self->n_data, ==, 1);
  return fuzz_medium.was_to_all;
}

/* What is for one alone goes to the address that it says is its own. To all,
 * where it alone can read it, if it says that this is none, or one that cannot
 * be sent to from here. */
static void
test_own_address (void)
{
  static const guint8 ipv4[] = { 0, 0,    0,    0,   0, 0, 0, 0, 0,
                                 0, 0xff, 0xff, 127, 0, 0, 1, 4, 1 };
  static const guint8 ipv6[] = { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0,
                                 0,    0, 0,   0,    0, 0, 1, 4, 1 };
  static const guint8 none[MC_WHERE_SIZE];
  const struct
  {
    const guint8 *asked;
    const guint8 *from;
    const guint8 *said;
    gboolean is_to_all;
  } cases[] = {
    { ipv4, ipv4, ipv4, FALSE }, { ipv6, ipv6, ipv6, FALSE },
    { ipv4, ipv4, none, TRUE },  { ipv6, ipv6, none, TRUE },
    { ipv6, ipv4, ipv6, TRUE },  { ipv4, ipv6, ipv4, TRUE },
  };
  const McInner inner = { .type = MC_HEARTBEAT };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Bed) bed = bed_new ();

      say_from (bed, 1, cases[i].asked, 0, &inner, NULL, 0);
      pass (bed, 10);
      say_admit_from (bed, 1, cases[i].from, 1, cases[i].said);
      g_assert_cmpuint (fuzz_medium.n_added, ==, 1);
      g_assert_cmpint (is_heard_by_all (bed), ==, cases[i].is_to_all);
    }
}

/* An answer goes to whoever asked, and to all when that was lost. */
static void
test_answer_to_all (void)
{
  const McInner inner = { .type = MC_HELLO };
  g_autoptr (Bed) bed = bed_new ();
  McHello hello = { .wants_all = FALSE };
  guint8 payload[MC_HELLO_SIZE];

  pass (bed, 30); /* its heartbeat says who it is */
  memcpy (hello.sender_id, bed->own_id, MC_SENDER_ID_SIZE);
  mc_hello_put (&hello, payload);
  say_as (bed, 1, 1001, 0, &inner, payload, sizeof payload);
  g_assert_cmpuint (bed->n_admits_to_one, ==, 1);
  g_assert_cmpuint (bed->n_admits_to_all, ==, 0);
  hello.wants_all = TRUE;
  mc_hello_put (&hello, payload);
  say_as (bed, 1, 1001, 0, &inner, payload, sizeof payload);
  g_assert_cmpuint (bed->n_admits_to_one, ==, 1);
  g_assert_cmpuint (bed->n_admits_to_all, ==, 1);
}

/* A newcomer speaks 50 ms after it has met the first member, or after 500. */
static void
test_first_word (gconstpointer data)
{
  const gboolean meets = data != NULL;
  g_autoptr (HeinMessage) message = hein_message_new_text ("", "?");
  g_autoptr (Bed) bed = bed_new ();
  const gint64 begin_us = bed->now_us;

  g_assert_true (
    bed->format.funcs->send (bed->format.self, NULL, message, NULL));
  if (meets)
    meet (bed, 1);
  while (bed->n_data == 0)
    pass (bed, 5);
  g_assert_cmpint (bed->now_us - begin_us, >=, (meets ? 60 : 500) * MS);
  g_assert_cmpint (bed->now_us - begin_us, <=, (meets ? 70 : 505) * MS);
}

/* Whose own address is unknown is told by the one that it came from. */
static void
test_other_mode (void)
{
  static const guint8 from[] = { 0, 0,    0,    0,   0, 0, 0, 0, 0,
                                 0, 0xff, 0xff, 127, 0, 0, 1, 4, 1 };
  static const guint8 none[MC_WHERE_SIZE];
  const McInner inner = { .type = MC_HEARTBEAT };
  const McInner reliable = { .type = MC_HEARTBEAT, .flags = MC_RELIABLE };
  g_autoptr (Bed) bed = bed_new ();

  say_from (bed, 1, from, 0, &inner, NULL, 0);
  pass (bed, 10);
  say_admit_from (bed, 1, from, 1, none);
  g_assert_cmpuint (fuzz_medium.n_added, ==, 1);
  say_from (bed, 1, from, 0, &reliable, NULL, 0);
  pass (bed, 10);
  g_assert_cmpstr (fuzz_medium.warning, ==,
                   "1 datagram does not fit this end, it came from "
                   "127.0.0.1:1025: 1 of another mode (compare reliable= on "
                   "both ends)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/group-alone/questions", test_questions);
  g_test_add_func ("/group-alone/all-move", test_all_move);
  g_test_add_func ("/group-alone/members", test_members);
  g_test_add_func ("/group-alone/admit-without-place",
                   test_admit_without_place);
  g_test_add_func ("/group-alone/odd-instance", test_odd_instance);
  g_test_add_func ("/group-alone/held-goodbye", test_held_goodbye);
  g_test_add_func ("/group-alone/lead-of-admit", test_lead_of_admit);
  g_test_add_func ("/group-alone/overtaken", test_overtaken);
  g_test_add_func ("/group-alone/too-late", test_too_late);
  g_test_add_func ("/group-alone/own-address", test_own_address);
  g_test_add_func ("/group-alone/answer-to-all", test_answer_to_all);
  g_test_add_data_func ("/group-alone/first-word/met", "met", test_first_word);
  g_test_add_data_func ("/group-alone/first-word/alone", NULL, test_first_word);
  g_test_add_func ("/group-alone/other-mode", test_other_mode);
  return g_test_run ();
}
