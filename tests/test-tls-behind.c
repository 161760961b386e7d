/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "fuzz/tls-talk.h"

/* What somebody who has the key says behind the handshake, and may not: the session
 * ends with an error, and nothing more is read. */

#define KEY_UPDATE "\x18\0\0\x01\0"

typedef struct
{
  const char *name;
  guint8 type;
  guint8 flags;
  const char *bytes;
  gsize size;
  const char *words; /* of the error, the same at both ends */
} Said;

#define SAYS(bytes) bytes, sizeof bytes - 1

static const Said all[] = {
  { "greeting", TLS_TALK_HANDSHAKE, 0,
    SAYS ("\x01\0\0\x2b\x03\x03"
          "0123456789abcdef0123456789abcdef"
          "\0\0\x02\x13\x01\x01\0\0\0"),
    "unexpected TLS packet" },
  { "hello-request", TLS_TALK_HANDSHAKE, 0, SAYS ("\0\0\0\0"),
    "unexpected TLS packet" },
  { "certificate-request", TLS_TALK_HANDSHAKE, 0,
    SAYS ("\x0d\0\0\x0b\0\0\x08\0\x0d\0\x04\0\x02\x08\x07"),
    "unexpected TLS packet" },
  { "finished", TLS_TALK_HANDSHAKE, 0,
    SAYS ("\x14\0\0\x20"
          "0123456789abcdef0123456789abcdef"),
    "unexpected TLS packet" },
  { "fatal-alert", TLS_TALK_ALERT, 0, SAYS ("\x02\x28"),
    "the other side ended it" },
  { "unknown-type", 77, 0, SAYS ("no"), "unexpected TLS packet" },
  { "no-type", TLS_TALK_DATA, TLS_TALK_NAMELESS, SAYS ("no"),
    "was changed on its way" },
  { "changed", TLS_TALK_DATA, TLS_TALK_WRONG, SAYS ("no"),
    "was changed on its way" },
  { "old-key", TLS_TALK_HANDSHAKE, 0, SAYS (KEY_UPDATE),
    "was changed on its way" },
};

static void
say (TlsTalk *talk, guint8 type, guint8 flags, const char *bytes, gsize size)
{
  guint8 record[256] = { type, flags, size };

  memcpy (record + 3, bytes, size);
  tls_talk_say (talk, record, 3 + size);
}

/* Data before it is read, data behind it is not. */
static void
test_said (gconstpointer data, gboolean to_dialler)
{
  const Said *it = data;
  TlsTalk talk;

  tls_talk_init (&talk, to_dialler);
  say (&talk, TLS_TALK_DATA, 0, "before", 6);
  g_assert_cmpuint (talk.n_read, ==, 6);
  say (&talk, it->type, it->flags, it->bytes, it->size);
  say (&talk, TLS_TALK_DATA, 0, "behind", 6);
  g_assert_cmpuint (talk.n_read, ==, 6);
  g_assert_nonnull (talk.hearer.error);
  if (strstr (talk.hearer.error->message, it->words) == NULL)
    g_error ("\"%s\" is not in: %s", it->words, talk.hearer.error->message);
  tls_talk_clear (&talk);
}

static void
test_listener (gconstpointer data)
{
  test_said (data, FALSE);
}

static void
test_dialler (gconstpointer data)
{
  test_said (data, TRUE);
}

/* New keys, in order: nothing is lost. */
static void
test_new_keys (void)
{
  static const guint8 new_key[] = { TLS_TALK_NEW_KEY, 0, 0 };
  TlsTalk talk;

  tls_talk_init (&talk, FALSE);
  for (guint i = 0; i < 5; i++)
    {
      say (&talk, TLS_TALK_DATA, 0, "data", 4);
      tls_talk_say (&talk, new_key, sizeof new_key);
    }
  say (&talk, TLS_TALK_DATA, 0, "data", 4);
  g_assert_no_error (talk.hearer.error);
  g_assert_cmpuint (talk.n_read, ==, 6 * 4);
  tls_talk_clear (&talk);
}

/* GnuTLS has nothing to say for a new key, though data behind it has arrived: nobody
 * would wake up for that. */
static void
test_together (void)
{
  TlsTalk talk;

  tls_talk_init (&talk, FALSE);
  tls_talk_change_key (&talk, TRUE);
  say (&talk, TLS_TALK_DATA, TLS_TALK_HELD, "data", 4);
  tls_talk_change_key (&talk, TRUE);
  say (&talk, TLS_TALK_DATA, 0, "data", 4);
  g_assert_no_error (talk.hearer.error);
  g_assert_cmpuint (talk.n_read, ==, 2 * 4);
  tls_talk_clear (&talk);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autofree char *to =
        g_strconcat ("/tls-behind/to-listener/", all[i].name, NULL);
      g_autofree char *of =
        g_strconcat ("/tls-behind/to-dialler/", all[i].name, NULL);

      g_test_add_data_func (to, &all[i], test_listener);
      g_test_add_data_func (of, &all[i], test_dialler);
    }
  g_test_add_func ("/tls-behind/new-keys", test_new_keys);
  g_test_add_func ("/tls-behind/new-keys/together", test_together);
  return g_test_run ();
}
