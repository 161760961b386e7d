/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "bus-ends.h"
#include "deliver-ends.h"
#include "raw-peer.h"

/* A peer that writes its own bytes, and says what cannot be about deliveries
 * before a cut. */

#define SPOCK    "ffeeddccbbaa99887766554433221100"
#define STRANGER "0f0e0d0c0b0a09080706050403020100"

typedef struct
{
  HeinTestBus *kirk;
  char *uri;
  RawPeer *raw; /* as a bus that is called spock */
  Delivered delivered[2];
} Ends;

/* What kirk says about deliveries. */
typedef struct
{
  HeinAsk kind;
  guint64 id;
  guint32 number;
} Word;

/* ---- bytes ---- */

static void
put_pair (GString *to, const char *name, const char *value)
{
  const guint32 size = GUINT32_TO_BE (strlen (value));

  g_string_append_c (to, (char) strlen (name));
  g_string_append (to, name);
  g_string_append_len (to, (const char *) &size, sizeof size);
  g_string_append (to, value);
}

static void
say_command (RawPeer *raw, const char *name, const GString *body)
{
  g_autoptr (GString) frame = g_string_new (NULL);

  g_string_append_c (frame, 4);
  g_string_append_c (frame, (char) (1 + strlen (name) + body->len));
  g_string_append_c (frame, (char) strlen (name));
  g_string_append (frame, name);
  g_string_append_len (frame, body->str, body->len);
  raw_peer_send (raw, frame->str, frame->len);
}

/* Dials as a hein of this instance. */
static void
come (Ends *self, const char *instance)
{
  static const char greeting[64] = "\xff\0\0\0\0\0\0\0\0\x7f\3\1NULL";
  g_autoptr (GString) ready = g_string_new (NULL);
  g_autoptr (GString) all = g_string_new (NULL);

  put_pair (ready, "Socket-Type", "DEALER");
  put_pair (ready, "Identity", "spock");
  put_pair (ready, "X-Hein", "1");
  put_pair (ready, "X-Hein-Instance", instance);
  put_pair (ready, "X-Hein-Ask", "1");
  put_pair (ready, "X-Hein-Credit", "9");
  put_pair (ready, "X-Hein-Resume", "1");
  self->raw = raw_peer_new (self->kirk, self->uri);
  raw_peer_send (self->raw, greeting, sizeof greeting);
  say_command (self->raw, "READY", ready);
  say_command (self->raw, "SUBSCRIBE", all);
  raw_peer_wait (self->raw, hein_test_bus_count_peers (self->kirk) == 1);
  raw_peer_wait (self->raw, self->raw->got->len >= sizeof greeting);
  g_string_erase (self->raw->got, 0, sizeof greeting);
}

static void
go (Ends *self)
{
  const guint n = self->kirk->removed->len;

  raw_peer_reset (self->raw);
  hein_test_wait (self->kirk->removed->len > n);
  g_clear_pointer (&self->raw, raw_peer_free);
}

static void
say (RawPeer *raw, HeinAsk kind, guint64 id, guint32 number)
{
  char frame[] = "\1\2\xfft\1\25\3Ask\0\0\0\15k\0\0\0\0\0\0\0\0\0\0\0\0\0\2hi";
  char *ask = frame + 14;

  id = GUINT64_TO_BE (id);
  number = GUINT32_TO_BE (number);
  ask[0] = (char) kind;
  memcpy (ask + 1, &id, sizeof id);
  memcpy (ask + 9, &number, sizeof number);
  raw_peer_send (raw, frame, sizeof frame - 1);
}

/* Takes the next frame, with its header; NULL: it is not there yet. */
static GString *
take_frame (RawPeer *raw)
{
  GString *got = raw->got;
  GString *frame;
  gsize size;

  if (got->len < 2)
    return NULL;
  size = 2 + (guint8) got->str[1];
  if (got->len < size)
    return NULL;
  frame = g_string_new_len (got->str, size);
  g_string_erase (got, 0, size);
  return frame;
}

/* The next word about deliveries that comes. */
static Word
hear (RawPeer *raw)
{
  for (;;)
    {
      g_autoptr (GString) frame = NULL;
      const char *ask;
      Word word;

      raw_peer_wait (raw, (frame = take_frame (raw)) != NULL);
      /* the attributes of a message begin with this one */
      if (frame->len < 23 || memcmp (frame->str + 2, "\3Ask", 4) != 0)
        continue;
      ask = frame->str + 10;
      word.kind = ask[0];
      memcpy (&word.id, ask + 1, sizeof word.id);
      memcpy (&word.number, ask + 9, sizeof word.number);
      return (Word){ word.kind, GUINT64_FROM_BE (word.id),
                     GUINT32_FROM_BE (word.number) };
    }
}

static void
assert_hears (RawPeer *raw, HeinAsk kind, guint64 id, gint64 number)
{
  const Word word = hear (raw);

  g_assert_cmpint (word.kind, ==, kind);
  g_assert_cmpuint (word.id, ==, id);
  if (number >= 0)
    g_assert_cmpuint (word.number, ==, number);
}

/* It is cut off, and the reason says @why. */
static void
assert_rejected (Ends *self, const char *why)
{
  const guint n = self->kirk->removed->len;

  raw_peer_wait (self->raw, self->kirk->removed->len > n);
  g_assert_error (self->kirk->reason, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (self->kirk->reason->message, why));
  g_clear_pointer (&self->raw, raw_peer_free);
}

static void
ends_init (Ends *self)
{
  *self = (Ends){ .kirk = hein_test_bus_new ("kirk") };
  hein_test_bus_set_takes (self->kirk, FALSE);
  g_object_set (self->kirk->bus, "resume-ms", 3600000, "acknowledge",
                HEIN_ACKNOWLEDGE_MANUAL, NULL);
  self->uri = bus_ends_listen_at (self->kirk);
}

static void
ends_clear (Ends *self)
{
  g_clear_pointer (&self->raw, raw_peer_free);
  hein_test_bus_free (self->kirk);
  delivered_clear (&self->delivered[0]);
  delivered_clear (&self->delivered[1]);
  g_free (self->uri);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ends, ends_clear)

static HeinMessage *
receive (Ends *self)
{
  HeinMessage *message = NULL;

  raw_peer_wait (self->raw,
                 (message = hein_bus_take_one (self->kirk->bus)) != NULL);
  return message;
}

/* ---- who receives ---- */

/* spock has got two messages, and comes again after a cut. */
static void
cut_off_receiver (Ends *self, const char *instance)
{
  ends_init (self);
  come (self, SPOCK);
  deliver (self->kirk, "t", "1", &self->delivered[0]);
  deliver (self->kirk, "t", "2", &self->delivered[1]);
  assert_hears (self->raw, HEIN_ASK_DELIVERY, 1, 0);
  assert_hears (self->raw, HEIN_ASK_DELIVERY, 2, 0);
  go (self);
  come (self, instance);
}

static void
assert_unknown (Ends *self)
{
  hein_test_wait (self->delivered[0].n_done == 1 &&
                  self->delivered[1].n_done == 1);
  for (guint i = 0; i < 2; i++)
    assert_outcome (&self->delivered[i], HEIN_OUTCOME_UNKNOWN,
                    HEIN_ERROR_CLOSED);
}

static void
test_receiver (void)
{
  g_auto (Ends) self = { 0 };

  cut_off_receiver (&self, SPOCK);
  assert_hears (self.raw, HEIN_ASK_RESUME, 1, 2);
  say (self.raw, HEIN_ASK_RECEIPT, 1, 1);
  say (self.raw, HEIN_ASK_RESUMED, 1, 1);
  raw_peer_wait (self.raw, self.delivered[0].n_done == 1);
  assert_acknowledged (&self.delivered[0]);
  /* by a number that was not used yet */
  assert_hears (self.raw, HEIN_ASK_DELIVERY, 3, 0);
  say (self.raw, HEIN_ASK_RECEIPT, 3, 1);
  raw_peer_wait (self.raw, self.delivered[1].n_done == 1);
  assert_acknowledged (&self.delivered[1]);
  g_assert_cmpuint (self.kirk->removed->len, ==, 1);
}

static void
test_forgetful (void)
{
  g_auto (Ends) self = { 0 };

  cut_off_receiver (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUMED, 0, 0);
  raw_peer_wait (self.raw, self.delivered[0].n_done == 1);
  assert_unknown (&self);
  g_assert_cmpuint (self.kirk->removed->len, ==, 1);
}

static void
test_claims_too_much (void)
{
  const guint64 claims[] = { 3, G_MAXUINT32, G_MAXUINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (claims); i++)
    {
      g_auto (Ends) self = { 0 };

      cut_off_receiver (&self, SPOCK);
      assert_hears (self.raw, HEIN_ASK_RESUME, 1, 2);
      say (self.raw, HEIN_ASK_RESUMED, claims[i], 1);
      assert_rejected (&self, "and 2 were sent");
      assert_unknown (&self);
    }
}

/* Unasked, or twice. */
static void
test_answers_unasked (void)
{
  g_auto (Ends) self = { 0 };
  g_auto (Ends) other = { 0 };

  ends_init (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUMED, 0, 1);
  assert_rejected (&self, "was not asked");
  cut_off_receiver (&other, SPOCK);
  assert_hears (other.raw, HEIN_ASK_RESUME, 1, 2);
  say (other.raw, HEIN_ASK_RESUMED, 2, 1);
  say (other.raw, HEIN_ASK_RESUMED, 2, 1);
  assert_rejected (&other, "was not asked");
  assert_unknown (&other);
}

/* A number is never used again, so that what was handled before the last cut
 * but one is not taken for what was lost by the last one. */
static void
test_new_numbers (void)
{
  g_auto (Ends) self = { 0 };

  ends_init (&self);
  come (&self, SPOCK);
  deliver (self.kirk, "t", "1", &self.delivered[0]);
  assert_hears (self.raw, HEIN_ASK_DELIVERY, 1, 0);
  say (self.raw, HEIN_ASK_RECEIPT, 1, 1);
  raw_peer_wait (self.raw, self.delivered[0].n_done == 1);
  go (&self);
  come (&self, SPOCK);
  deliver (self.kirk, "t", "2", &self.delivered[1]);
  assert_hears (self.raw, HEIN_ASK_DELIVERY, 2, 0);
  go (&self);
  come (&self, SPOCK);
  assert_hears (self.raw, HEIN_ASK_RESUME, 2, 1);
  say (self.raw, HEIN_ASK_RESUMED, 1, 1);
  assert_hears (self.raw, HEIN_ASK_DELIVERY, 3, 0);
  say (self.raw, HEIN_ASK_RECEIPT, 3, 1);
  raw_peer_wait (self.raw, self.delivered[1].n_done == 1);
  assert_acknowledged (&self.delivered[1]);
}

/* Another one of the same name is not asked, and gets nothing. */
static void
test_other_instance (void)
{
  g_auto (Ends) self = { 0 };

  cut_off_receiver (&self, STRANGER);
  assert_unknown (&self);
  say (self.raw, HEIN_ASK_RESUMED, 2, 1);
  assert_rejected (&self, "was not asked");
}

/* ---- who delivers ---- */

static void
test_sender (void)
{
  g_auto (Ends) self = { 0 };
  g_autoptr (HeinMessage) first = NULL;
  g_autoptr (HeinMessage) second = NULL;
  g_autoptr (HeinMessage) third = NULL;

  ends_init (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_DELIVERY, 1, 0);
  say (self.raw, HEIN_ASK_DELIVERY, 2, 0);
  first = receive (&self);
  second = receive (&self);
  go (&self);
  hein_message_acknowledge (second);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, 1, 4);
  assert_hears (self.raw, HEIN_ASK_RECEIPT, 2, 1);
  assert_hears (self.raw, HEIN_ASK_RESUMED, 2, 1);
  hein_message_acknowledge (first);
  assert_hears (self.raw, HEIN_ASK_RECEIPT, 1, 1);
  say (self.raw, HEIN_ASK_DELIVERY, 3, 0);
  third = receive (&self);
  hein_message_refuse (third, "no");
  assert_hears (self.raw, HEIN_ASK_FAILURE, 3, HEIN_ERROR_REFUSED);
}

/* What it was told not to have come, and so has sent again by another number,
 * comes late, by an old connection that asks nothing. */
static void
test_stale (void)
{
  g_auto (Ends) self = { 0 };
  g_autoptr (HeinMessage) first = NULL;

  ends_init (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_DELIVERY, 1, 0);
  first = receive (&self);
  go (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, 1, 2);
  assert_hears (self.raw, HEIN_ASK_RESUMED, 1, 1);
  go (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_DELIVERY, 2, 0);
  assert_rejected (&self, "has come before, or is older than others");
}

/* A number that has come before, in one connection or in the next. */
static void
test_replays (void)
{
  static const guint64 numbers[] = { 1, 2, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_auto (Ends) self = { 0 };
      g_autoptr (HeinMessage) first = NULL;

      ends_init (&self);
      come (&self, SPOCK);
      say (self.raw, HEIN_ASK_DELIVERY, 2, 0);
      first = receive (&self);
      if (i > 0)
        {
          go (&self);
          come (&self, SPOCK);
          say (self.raw, HEIN_ASK_RESUME, 1, 2);
          assert_hears (self.raw, HEIN_ASK_RECEIPT, 1, 1);
          assert_hears (self.raw, HEIN_ASK_RESUMED, 2, 1);
        }
      say (self.raw, HEIN_ASK_DELIVERY, numbers[i], 0);
      assert_rejected (&self, "has come before");
      g_assert_null (hein_bus_take_one (self.kirk->bus));
    }
}

/* Where nothing was cut, of nothing, of more than there are numbers, and
 * twice. */
static void
test_resumes_oddly (void)
{
  g_auto (Ends) self = { 0 };
  g_autoptr (HeinMessage) message = NULL;

  ends_init (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, 1, 0);
  assert_rejected (&self, "nothing to resume");
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, G_MAXUINT64 - 1, 3);
  assert_rejected (&self, "nothing to resume");
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, 1, G_MAXUINT32);
  /* nothing has ever come */
  assert_hears (self.raw, HEIN_ASK_RESUMED, 0, 1);
  say (self.raw, HEIN_ASK_RESUME, 1, 1);
  assert_rejected (&self, "nothing to resume");
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, 1, 1);
  /* what was known of a peer that is not believed is not known any more */
  assert_hears (self.raw, HEIN_ASK_RESUMED, 0, 0);
  go (&self);
  come (&self, SPOCK);
  /* nor when the answer was lost */
  say (self.raw, HEIN_ASK_RESUME, 1, 1);
  assert_hears (self.raw, HEIN_ASK_RESUMED, 0, 0);
  go (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_DELIVERY, G_MAXUINT64, 0);
  message = receive (&self);
  go (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_RESUME, 1, G_MAXUINT32);
  assert_hears (self.raw, HEIN_ASK_RECEIPT, 1, G_MAXUINT32);
  assert_hears (self.raw, HEIN_ASK_RESUMED, G_MAXUINT64, 1);
}

/* What another one has delivered is not told. */
static void
test_other_sender (void)
{
  g_auto (Ends) self = { 0 };
  g_autoptr (HeinMessage) message = NULL;

  ends_init (&self);
  come (&self, SPOCK);
  say (self.raw, HEIN_ASK_DELIVERY, 1, 0);
  message = receive (&self);
  hein_message_acknowledge (message);
  go (&self);
  come (&self, STRANGER);
  say (self.raw, HEIN_ASK_RESUME, 1, 1);
  /* of this one nothing has come */
  assert_hears (self.raw, HEIN_ASK_RESUMED, 0, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deliver-hostile/receiver", test_receiver);
  g_test_add_func ("/deliver-hostile/forgetful", test_forgetful);
  g_test_add_func ("/deliver-hostile/claims-too-much", test_claims_too_much);
  g_test_add_func ("/deliver-hostile/answers-unasked", test_answers_unasked);
  g_test_add_func ("/deliver-hostile/new-numbers", test_new_numbers);
  g_test_add_func ("/deliver-hostile/other-instance", test_other_instance);
  g_test_add_func ("/deliver-hostile/sender", test_sender);
  g_test_add_func ("/deliver-hostile/stale", test_stale);
  g_test_add_func ("/deliver-hostile/replays", test_replays);
  g_test_add_func ("/deliver-hostile/resumes-oddly", test_resumes_oddly);
  g_test_add_func ("/deliver-hostile/other-sender", test_other_sender);
  return g_test_run ();
}
