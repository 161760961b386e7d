/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "aiomsg-recorder.h"

/*
 * The protocol alone, byte for byte, with the bytes that the Python libraries
 * were seen to send. A… are the requirements that a test stands for.
 */

#define X_ID "x-a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"

#define HELLO_KIRK "\0\0\0\x12\1\1kirk\0\0\0\0\0\0\0\0\0\0\0\0"
#define M_ACK(id)  "\0\0\0\x15" id "\0REP\0"

static guint
count_logged (Recorder *self, const char *line)
{
  g_auto (GStrv) lines = g_strsplit (self->log->str, "\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL; i++)
    n += g_str_equal (lines[i], line);
  return n;
}

static void
assert_refuses (Recorder *self, HeinMessage *message, const char *reason)
{
  g_autoptr (HeinMessage) owned = message;
  g_autoptr (GError) error = NULL;

  g_assert_false (recorder_encode (self, owned, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, reason));
  WRITTEN (self, "");
}

/* ---- the handshake ---- */

/* A1: the end that dials speaks at once. */
static void
test_dials (void)
{
  g_autoptr (Recorder) self =
    aiomsg_recorder_new_as (X_ID, (AiomsgSetup){ .is_dialled = TRUE });

  WRITTEN (self, HELLO);
  g_assert_false (self->is_ready);
  FEED (self, HELLO_KIRK);
  g_assert_true (self->is_ready);
  WRITTEN (self, "");
  recorder_assert_logged (self, "offer kirk 1");
  recorder_assert_logged (self, "encoding aiomsg/1");
}

/* A1: the end that listens waits for a byte, and then for nothing else. */
static void
test_listens (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_new_as (X_ID, (AiomsgSetup){ 0 });

  WRITTEN (self, "");
  FEED (self, "\0");
  WRITTEN (self, HELLO);
  g_assert_false (self->is_ready);
  recorder_feed (self, (const guint8 *) HELLO + 1, sizeof HELLO - 2);
  g_assert_true (self->is_ready);
  WRITTEN (self, "");
}

/* A9: both at once, whoever dialled. */
static void
test_m_shakes_hands (void)
{
  for (guint dialled = 0; dialled < 2; dialled++)
    {
      g_autoptr (Recorder) self =
        aiomsg_recorder_new_as (X_ID,
                                (AiomsgSetup){ AIOMSG_DIALECT_M, 0, dialled });

      WRITTEN (self, M_HELLO);
      FEED (self, M_HELLO);
      g_assert_true (self->is_ready);
      recorder_assert_logged (self, "encoding aiomsg/m");
    }
}

static void
test_s_shakes_hands (void)
{
  for (guint dialled = 0; dialled < 2; dialled++)
    {
      g_autoptr (Recorder) self =
        aiomsg_recorder_new_as ("server",
                                (AiomsgSetup){ AIOMSG_DIALECT_S, 0, dialled });

      WRITTEN (self, "\0\0\0\6server");
      FEED (self, "\0\0\0\6server");
      g_assert_true (self->is_ready);
      recorder_assert_logged (self, "offer server 1");
      recorder_assert_logged (self, "encoding aiomsg/s");
    }
}

/* A9: aiomsg 0.0.1 names itself by a text of any length. */
static void
test_m_text_identity (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_new (AIOMSG_DIALECT_M, FALSE);

  FEED (self, "\0\0\0\x24"
              "0d12a3f4-6c1b-4b5e-9a39-27a6e5f1c2d3");
  recorder_assert_logged (self, "offer 0d12a3f4-6c1b-4b5e-9a39-27a6e5f1c2d3 1");
  g_assert_true (self->is_ready);
}

static void
assert_identity_in (AiomsgDialect dialect, const char *name, const char *bytes)
{
  guint8 identity[AIOMSG_ID_SIZE];

  aiomsg_identity_from_name (dialect, name, identity);
  g_assert_cmpmem (identity, sizeof identity, bytes, AIOMSG_ID_SIZE);
}

static void
assert_identity (const char *name, const char *bytes)
{
  assert_identity_in (AIOMSG_DIALECT_1, name, bytes);
}

/* A6: a name always has the same identity. */
static void
test_identity_from_name (void)
{
  assert_identity ("kirk", "kirk\0\0\0\0\0\0\0\0\0\0\0\0");
  assert_identity ("exactly-sixteen!", "exactly-sixteen!");
  assert_identity (X_ID, ID);
  assert_identity ("x-A0A1A2A3A4A5A6A7A8A9AAABACADAEAF", ID);
  /* SHA-256 */
  assert_identity ("seventeen letters", "\x4c\x4f\x08\xff\x2e\xca\xf9\x40"
                                        "\xd0\x57\xdb\xb4\xcb\xe1\xaf\x45");
  assert_identity ("x-a0a1a2a3a4a5a6a7a8a9aaabacadaeag",
                   "\x0e\x5d\x8c\x8a\x13\xad\x2d\x37"
                   "\x42\x8a\xa4\x60\xd7\xbd\x4a\xc5");
}

/* A6: aiomsg 0.0.1 decodes it as UTF-8. */
static void
test_identity_is_text_in_m (void)
{
  assert_identity_in (AIOMSG_DIALECT_M, "kirk", "kirk\0\0\0\0\0\0\0\0\0\0\0\0");
  assert_identity_in (AIOMSG_DIALECT_M, "seventeen letters",
                      "4c4f08ff2ecaf940");
  assert_identity_in (AIOMSG_DIALECT_M, X_ID, ID);
  assert_identity_in (AIOMSG_DIALECT_M, "x-6b69726b206f6620746865207368697021",
                      "5c5a954e64855787");
  assert_identity_in (AIOMSG_DIALECT_M, "x-6b69726b206f66207468652073686970",
                      "kirk of the ship");
}

static void
assert_name (const char *identity, gsize size, const char *name)
{
  g_autofree char *made =
    aiomsg_identity_to_name ((const guint8 *) identity, size);

  g_assert_cmpstr (made, ==, name);
}

static void
test_identity_to_name (void)
{
  assert_name ("kirk\0\0\0\0\0\0\0\0\0\0\0\0", 16, "kirk");
  assert_name ("exactly-sixteen!", 16, "exactly-sixteen!");
  assert_name ("\303\244\303\266\0\0\0\0\0\0\0\0\0\0\0\0", 16,
               "\303\244\303\266");
  assert_name (ID, 16, NULL);
  assert_name ("ki\0rk\0\0\0\0\0\0\0\0\0\0\0", 16, NULL);
  assert_name ("kirk\n\0\0\0\0\0\0\0\0\0\0\0", 16, NULL);
  assert_name ("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, NULL);
}

/* A6: the newcomer is closed, and nothing is said. */
static void
test_refused (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_new (AIOMSG_DIALECT_1, FALSE);
  g_autoptr (GError) refusal =
    g_error_new_literal (HEIN_ERROR, HEIN_ERROR_REFUSED, "name taken: kirk");

  self->is_slow = TRUE;
  FEED (self, HELLO_KIRK);
  aiomsg_recorder_forget (self);
  FEED (self, HELLO_WORLD); /* it stays until the verdict */
  recorder_admit (self, refusal);
  WRITTEN (self, "");
  g_assert_false (self->is_ready);
  g_assert_cmpuint (self->delivered->len, ==, 0);
}

/* A10: what comes in the same breath as HELLO is not lost. */
static void
test_slow_verdict (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_new (AIOMSG_DIALECT_1, FALSE);

  self->is_slow = TRUE;
  FEED (self, HELLO_KIRK HELLO_WORLD);
  g_assert_cmpuint (self->delivered->len, ==, 0);
  recorder_admit (self, NULL);
  MESSAGE (self, 0, "", NULL, "hello!");
}

/* ---- worked bytes ---- */

/* A2, A8 */
static void
test_bytes_1 (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  ENCODES (self, MAKE ("", NULL, "hello!"), HELLO_WORLD);
  ENCODES (self, MAKE ("chat", "text/plain", "hello!"), HELLO_WORLD);
  ENCODES (self, MAKE ("", NULL, ""), "\0\0\0\1\3");
  FEED (self, HELLO_WORLD "\0\0\0\1\3");
  MESSAGE (self, 0, "", NULL, "hello!");
  MESSAGE (self, 1, "", NULL, "");
  recorder_ping (self);
  WRITTEN (self, HEARTBEAT);
  g_assert_cmpuint (self->delivered->len, ==, 2);
}

/* A7, A8 */
static void
test_bytes_1_acknowledged (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  recorder_assert_logged (self, "encoding (null)");
  ENCODES (self, MAKE ("", NULL, "hello!"),
           "\0\0\0\x17\4" SENT_ID ("\4") "hello!");
  FEED (self, ACK (SENT_ID ("\4")));
  recorder_assert_logged (self, "pending 0");
  FEED (self, "\0\0\0\x17\4" ID "hello!");
  MESSAGE (self, 0, "", NULL, "hello!");
  WRITTEN (self, ACK (ID));
}

/* A9 */
static void
test_bytes_m (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_M);

  ENCODES (self, MAKE ("", NULL, "hello!"), "\0\0\0\6hello!");
  FEED (self, "\0\0\0\6hello!");
  MESSAGE (self, 0, "", NULL, "hello!");
  FEED (self, "\0\0\0\0");
  MESSAGE (self, 1, "", NULL, "");
  recorder_ping (self);
  WRITTEN (self, M_HEARTBEAT);
  FEED (self, M_HEARTBEAT);
  g_assert_cmpuint (self->delivered->len, ==, 2);
  FEED (self, S_HEARTBEAT);
  MESSAGE (self, 2, "", NULL, "aiosmartsock-heartbeat");
}

/* A7, A9 */
static void
test_bytes_m_acknowledged (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_M);

  ENCODES (self, MAKE ("", NULL, "hello!"),
           "\0\0\0\x1b" SENT_ID ("\4") "\0REQ\0hello!");
  FEED (self, M_ACK (SENT_ID ("\4")));
  recorder_assert_logged (self, "pending 0");
  FEED (self, "\0\0\0\x1b" ID "\0REQ\0hello!");
  MESSAGE (self, 0, "", NULL, "hello!");
  WRITTEN (self, M_ACK (ID));
  g_assert_cmpuint (self->delivered->len, ==, 1);
}

/* A9 */
static void
test_bytes_s (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_S);

  ENCODES (self, MAKE ("", NULL, "hello!"), "\0\0\0\6hello!");
  FEED (self, "\0\0\0\6hello!");
  MESSAGE (self, 0, "", NULL, "hello!");
  recorder_ping (self);
  WRITTEN (self, S_HEARTBEAT);
  FEED (self, S_HEARTBEAT);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  /* there it is a message as any other */
  FEED (self, "\0\0\0\x1b" ID "\0REQ\0hello!");
  MESSAGE (self, 1, "", NULL, ID "\0REQ\0hello!");
  WRITTEN (self, "");
}

/* A16 */
static void
test_lookalikes (void)
{
  g_autoptr (Recorder) one = aiomsg_recorder_open (AIOMSG_DIALECT_1);
  g_autoptr (Recorder) m = aiomsg_recorder_open (AIOMSG_DIALECT_M);
  g_autoptr (Recorder) s = aiomsg_recorder_open (AIOMSG_DIALECT_S);

  ENCODES (one, MAKE ("", NULL, "aiomsg-heartbeat"),
           "\0\0\0\x11\3"
           "aiomsg-heartbeat");
  FEED (one, "\0\0\0\x11\3"
             "aiomsg-heartbeat");
  MESSAGE (one, 0, "", NULL, "aiomsg-heartbeat");
  assert_refuses (m, MAKE ("", NULL, "aiomsg-heartbeat"), "a heartbeat");
  assert_refuses (m, MAKE ("", NULL, ID "\0REQ\0hello!"), "a request");
  assert_refuses (m, MAKE ("", NULL, ID "\0REP\0"), "a reply");
  assert_refuses (m, MAKE ("", NULL, ""), "empty");
  ENCODES (m, MAKE ("", NULL, "aiosmartsock-heartbeat"), S_HEARTBEAT);
  ENCODES (m, MAKE ("", NULL, ID "\0REQ"), "\0\0\0\x14" ID "\0REQ");
  assert_refuses (s, MAKE ("", NULL, "aiosmartsock-heartbeat"), "a heartbeat");
  assert_refuses (s, MAKE ("", NULL, ""), "empty");
  ENCODES (s, MAKE ("", NULL, "aiomsg-heartbeat"), M_HEARTBEAT);
}

/* A16: behind a head nothing looks like something else. */
static void
test_lookalike_acknowledged (void)
{
  g_autoptr (Recorder) m = aiomsg_recorder_open_sure (AIOMSG_DIALECT_M);

  ENCODES (m, MAKE ("", NULL, "aiomsg-heartbeat"),
           "\0\0\0\x25" SENT_ID ("\4") "\0REQ\0aiomsg-heartbeat");
  FEED (m, "\0\0\0\x25" ID "\0REQ\0aiomsg-heartbeat");
  MESSAGE (m, 0, "", NULL, "aiomsg-heartbeat");
  WRITTEN (m, M_ACK (ID));
  assert_refuses (m, MAKE ("", NULL, ""), "empty");
}

static void
test_unsendable (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);
  g_autoptr (Recorder) s = aiomsg_recorder_open_sure (AIOMSG_DIALECT_S);
  g_autoptr (GBytes) part = g_bytes_new_static ("x", 1);
  GBytes *parts[] = { part, part };

  assert_refuses (self, hein_message_new_parts ("", parts, 2), "one part");
  assert_refuses (s, MAKE ("", NULL, "x"), "at-least-once");
}

/* A8: split at every place. */
static void
assert_split (AiomsgDialect dialect, const char *stream, gsize size)
{
  for (gsize i = 1; i < size; i++)
    {
      g_autoptr (Recorder) self = aiomsg_recorder_new (dialect, FALSE);

      recorder_feed (self, (const guint8 *) stream, i);
      recorder_feed (self, (const guint8 *) stream + i, size - i);
      g_assert_null (self->failure);
      g_assert_cmpuint (self->delivered->len, ==, 3);
      MESSAGE (self, 0, "", NULL, "hello!");
      MESSAGE (self, 1, "", NULL, "sure");
      MESSAGE (self, 2, "", NULL, "\0end");
    }
}

static void
test_split (void)
{
  static const char one[] = HELLO HELLO_WORLD HEARTBEAT "\0\0\0\x15\4" ID "sure"
                                                        "\0\0\0\3\x7f"
                                                        "xy"
                                                        "\0\0\0\5\3\0end";
  static const char m[] =
    M_HELLO "\0\0\0\6hello!" M_HEARTBEAT "\0\0\0\x19" ID "\0REQ\0sure"
            "\0\0\0\4\0end";

  assert_split (AIOMSG_DIALECT_1, one, sizeof one - 1);
  assert_split (AIOMSG_DIALECT_M, m, sizeof m - 1);
}

/* ---- life ---- */

/* A5: heartbeats are the core's, and nobody answers one; A6: so the holder of a
 * name is not asked for a sign of life. */
static void
test_heartbeat (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_new (AIOMSG_DIALECT_1, FALSE);

  FEED (self, HELLO);
  recorder_assert_logged (self, "heartbeat 1\nanswers pings 0\nready");
  g_bytes_unref (recorder_take_written (self));
  recorder_ping (self);
  WRITTEN (self, "\0\0\0\1\2");
}

/* A7: sent again with the same id, five times; then it counts as lost. */
static void
assert_resends (AiomsgDialect dialect, const char *frame, gsize size)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (dialect);

  recorder_assert_encodes (self, MAKE ("", NULL, "hello!"), frame, size);
  recorder_assert_logged (self, "pending 1");
  recorder_pass_time (self, 4900);
  WRITTEN (self, "");
  for (guint i = 0; i < 5; i++)
    {
      recorder_pass_time (self, 5000);
      recorder_assert_written (self, frame, size);
    }
  g_assert_cmpuint (count_logged (self, "pending 0"), ==, 0);
  recorder_pass_time (self, 5000);
  WRITTEN (self, "");
  recorder_assert_logged (self, "pending 0");
  recorder_assert_logged (self, "a message was not acknowledged, and was sent "
                                "6 times");
  g_assert_null (self->failure);
}

static void
test_resends (void)
{
  static const char one[] = "\0\0\0\x17\4" SENT_ID ("\4") "hello!";
  static const char m[] = "\0\0\0\x1b" SENT_ID ("\4") "\0REQ\0hello!";

  assert_resends (AIOMSG_DIALECT_1, one, sizeof one - 1);
  assert_resends (AIOMSG_DIALECT_M, m, sizeof m - 1);
}

/* A7: what was acknowledged is not sent again, also late and out of order. */
static void
test_acknowledged (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  ENCODES (self, MAKE ("", NULL, "1"), "\0\0\0\x12\4" SENT_ID ("\4") "1");
  ENCODES (self, MAKE ("", NULL, "2"), "\0\0\0\x12\4" SENT_ID ("\5") "2");
  ENCODES (self, MAKE ("", NULL, "3"), "\0\0\0\x12\4" SENT_ID ("\6") "3");
  FEED (self, ACK (SENT_ID ("\5")) ACK (ID));
  recorder_pass_time (self, 5000);
  WRITTEN (self,
           "\0\0\0\x12\4" SENT_ID ("\4") "1"
                                         "\0\0\0\x12\4" SENT_ID ("\6") "3");
  FEED (self, ACK (SENT_ID ("\6")) ACK (SENT_ID ("\6")));
  g_assert_cmpuint (count_logged (self, "pending 0"), ==, 0);
  FEED (self, ACK (SENT_ID ("\4")));
  g_assert_cmpuint (count_logged (self, "pending 0"), ==, 1);
  recorder_pass_time (self, 60000);
  WRITTEN (self, "");
}

/* A7: with the options given. */
static void
test_resend_options (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  g_object_set (self->protocol, "resend-ms", 100, "resends", 0, NULL);
  ENCODES (self, MAKE ("", NULL, "1"), "\0\0\0\x12\4" SENT_ID ("\4") "1");
  recorder_pass_time (self, 90);
  g_assert_cmpuint (count_logged (self, "pending 0"), ==, 0);
  recorder_pass_time (self, 10);
  WRITTEN (self, "");
  g_assert_cmpuint (count_logged (self, "pending 0"), ==, 1);
}

/* A7: not with publish. */
static void
test_not_to_all (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  self->audience = HEIN_AUDIENCE_ALL;
  assert_refuses (self, MAKE ("", NULL, "x"), "every peer");
  g_assert_cmpuint (count_logged (self, "pending 1"), ==, 0);
}

/* A3, A7: what is not confirmed goes back, in order, with whom it was for. */
static void
test_lost (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  for (guint i = 0; i < 3; i++)
    {
      const char *topics[] = { "a", "b", "c" };
      g_autoptr (HeinMessage) message = MAKE (topics[i], NULL, "x");

      self->audience = i == 2 ? HEIN_AUDIENCE_NAMED : HEIN_AUDIENCE_CHOSEN;
      g_assert_true (recorder_encode (self, message, NULL));
    }
  FEED (self, ACK (SENT_ID ("\5")));
  HEIN_PROTOCOL_GET_CLASS (self->protocol)->lost (self->protocol, self->wire);
  recorder_assert_logged (self, "give back a 0\ngive back c 1\n");
  aiomsg_recorder_forget (self);
  recorder_pass_time (self, 60000);
  WRITTEN (self, "");
}

static void
send_many (Recorder *self, guint n, gsize size)
{
  g_autofree char *text = g_strnfill (size, 'x');

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text ("", text);

      g_assert_true (recorder_encode (self, message, NULL));
    }
}

static void
confirm_many (Recorder *self, guint first, guint n)
{
  for (guint i = first; i < first + n; i++)
    {
      guint8 ack[] = ACK (SENT_ID ("\4"));

      ack[19] = (4 + i) >> 8;
      ack[20] = (4 + i) & 0xff;
      recorder_feed (self, ack, sizeof ack - 1);
    }
}

/* A7: what is not confirmed is bounded, in number and in size. */
static void
test_hold (void)
{
  g_autoptr (Recorder) many = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);
  g_autoptr (Recorder) large = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  send_many (many, 1023, 10);
  g_assert_cmpuint (count_logged (many, "hold 1"), ==, 0);
  send_many (many, 1, 10);
  g_assert_cmpuint (count_logged (many, "hold 1"), ==, 1);
  confirm_many (many, 0, 511);
  g_assert_cmpuint (count_logged (many, "hold 0"), ==, 0);
  confirm_many (many, 511, 1);
  g_assert_cmpuint (count_logged (many, "hold 0"), ==, 1);
  send_many (large, 10, 100000);
  g_assert_cmpuint (count_logged (large, "hold 1"), ==, 0);
  send_many (large, 1, 100000);
  g_assert_cmpuint (count_logged (large, "hold 1"), ==, 1);
  confirm_many (large, 0, 6);
  g_assert_cmpuint (count_logged (large, "hold 0"), ==, 1);
}

/* A7: nor is it more than the bus lets a protocol keep; what is larger goes
 * alone. */
static void
test_hold_limit (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open_sure (AIOMSG_DIALECT_1);

  self->wire->send_limit = 65536;
  send_many (self, 1, 60000);
  g_assert_cmpuint (count_logged (self, "hold 1"), ==, 0);
  send_many (self, 1, 60000);
  g_assert_cmpuint (count_logged (self, "hold 1"), ==, 1);
  confirm_many (self, 0, 1);
  g_assert_cmpuint (count_logged (self, "hold 0"), ==, 0);
  confirm_many (self, 1, 1);
  g_assert_cmpuint (count_logged (self, "hold 0"), ==, 1);
  send_many (self, 1, 100000);
  g_assert_cmpuint (count_logged (self, "hold 1"), ==, 2);
  g_assert_null (self->failure);
  confirm_many (self, 2, 1);
  g_assert_cmpuint (count_logged (self, "hold 0"), ==, 2);
}

/* A10 */
static void
test_unknown_type (void)
{
  g_autoptr (Recorder) self = aiomsg_recorder_open (AIOMSG_DIALECT_1);

  FEED (self, "\0\0\0\1\0"
              "\0\0\0\4\6abc"
              "\0\0\0\1\xff" HELLO HELLO_WORLD);
  g_assert_null (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 1);
  MESSAGE (self, 0, "", NULL, "hello!");
  WRITTEN (self, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/aiomsg/handshake/dials", test_dials);
  g_test_add_func ("/aiomsg/handshake/listens", test_listens);
  g_test_add_func ("/aiomsg/handshake/m", test_m_shakes_hands);
  g_test_add_func ("/aiomsg/handshake/m-text", test_m_text_identity);
  g_test_add_func ("/aiomsg/handshake/s", test_s_shakes_hands);
  g_test_add_func ("/aiomsg/handshake/identity", test_identity_from_name);
  g_test_add_func ("/aiomsg/handshake/identity-is-text-in-m",
                   test_identity_is_text_in_m);
  g_test_add_func ("/aiomsg/handshake/name", test_identity_to_name);
  g_test_add_func ("/aiomsg/handshake/refused", test_refused);
  g_test_add_func ("/aiomsg/handshake/slow-verdict", test_slow_verdict);
  g_test_add_func ("/aiomsg/bytes/1", test_bytes_1);
  g_test_add_func ("/aiomsg/bytes/1-acknowledged", test_bytes_1_acknowledged);
  g_test_add_func ("/aiomsg/bytes/m", test_bytes_m);
  g_test_add_func ("/aiomsg/bytes/m-acknowledged", test_bytes_m_acknowledged);
  g_test_add_func ("/aiomsg/bytes/s", test_bytes_s);
  g_test_add_func ("/aiomsg/bytes/lookalikes", test_lookalikes);
  g_test_add_func ("/aiomsg/bytes/lookalike-acknowledged",
                   test_lookalike_acknowledged);
  g_test_add_func ("/aiomsg/bytes/unsendable", test_unsendable);
  g_test_add_func ("/aiomsg/bytes/split", test_split);
  g_test_add_func ("/aiomsg/life/heartbeat", test_heartbeat);
  g_test_add_func ("/aiomsg/life/resends", test_resends);
  g_test_add_func ("/aiomsg/life/acknowledged", test_acknowledged);
  g_test_add_func ("/aiomsg/life/resend-options", test_resend_options);
  g_test_add_func ("/aiomsg/life/not-to-all", test_not_to_all);
  g_test_add_func ("/aiomsg/life/lost", test_lost);
  g_test_add_func ("/aiomsg/life/hold", test_hold);
  g_test_add_func ("/aiomsg/life/hold-limit", test_hold_limit);
  g_test_add_func ("/aiomsg/life/unknown-type", test_unknown_type);
  return g_test_run ();
}
