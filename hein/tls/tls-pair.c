/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-pair.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <hein/hein.h>

#include "tls-pair-card.h"
#include "tls-pair-files.h"
#include "tls-pair-talk.h"

/* Pairs two sides: waits for who has the code, and exchanges keys. */

/* How many may be there that have not said yet that they have the code, and for
 * how long. When there are more, the oldest goes. */
#define STRANGERS_MAX   8
#define STRANGER_END_US (5 * G_USEC_PER_SEC)
/* How long the rest may take. */
#define EXCHANGE_END_US (10 * G_USEC_PER_SEC)

/* ---- cards ---- */

static gboolean
fail_code (int code, GError **error)
{
  if (code >= 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "pairing: %s",
               gnutls_strerror (code));
  return FALSE;
}

static gnutls_sign_algorithm_t
choose_algorithm (int kind)
{
  return gnutls_pk_to_sign (kind, kind == GNUTLS_PK_EDDSA_ED25519
                                    ? GNUTLS_DIG_SHA512
                                    : GNUTLS_DIG_SHA256);
}

static gboolean
send_card (TlsPairTalk *talk, const TlsPairOwn *own, GError **error)
{
  guint8 proof[TLS_PAIR_PROOF_SIZE];
  const gnutls_datum_t signed_data = { proof, sizeof proof };
  gnutls_datum_t signature = { NULL };
  gnutls_datum_t key = { NULL };
  gnutls_pubkey_t public;
  TlsPairCard card;
  g_autoptr (GByteArray) body = NULL;
  gboolean ok;

  if (!tls_pair_talk_get_proof (talk, talk->is_listening, proof, error) ||
      !fail_code (gnutls_pubkey_init (&public), error))
    return FALSE;
  ok =
    fail_code (gnutls_pubkey_import_privkey (public, own->key, 0, 0), error) &&
    fail_code (gnutls_pubkey_export2 (public, GNUTLS_X509_FMT_DER, &key),
               error) &&
    fail_code (gnutls_privkey_sign_data2 (
                 own->key,
                 choose_algorithm (
                   gnutls_privkey_get_pk_algorithm (own->key, NULL)),
                 0, &signed_data, &signature),
               error);
  if (ok)
    {
      g_strlcpy (card.name, own->file.name, sizeof card.name);
      card.key = key.data;
      card.key_size = key.size;
      card.signature = signature.data;
      card.signature_size = signature.size;
      body = tls_pair_card_write (&card);
      ok = tls_pair_talk_say (talk, 'C', body->data, body->len, error);
    }
  gnutls_free (signature.data);
  gnutls_free (key.data);
  gnutls_pubkey_deinit (public);
  return ok;
}

static int
verify (gnutls_pubkey_t key, const TlsPairCard *card, guint8 *proof)
{
  const gnutls_datum_t data = { proof, TLS_PAIR_PROOF_SIZE };
  const gnutls_datum_t signature = { (guint8 *) card->signature,
                                     card->signature_size };
  const gnutls_datum_t der = { (guint8 *) card->key, card->key_size };
  const int code = gnutls_pubkey_import (key, &der, GNUTLS_X509_FMT_DER);

  if (code != 0)
    return code;
  return gnutls_pubkey_verify_data2 (key,
                                     choose_algorithm (
                                       gnutls_pubkey_get_pk_algorithm (key,
                                                                       NULL)),
                                     0, &data, &signature);
}

/* Who says the card has the key; sets its fingerprint. */
static gboolean
check_proof (TlsPairTalk *talk,
             const TlsPairCard *card,
             guint8 *pin,
             GError **error)
{
  guint8 proof[TLS_PAIR_PROOF_SIZE];
  size_t size = TLS_PIN_SIZE;
  gnutls_pubkey_t key;
  int code;

  if (!tls_pair_talk_get_proof (talk, !talk->is_listening, proof, error) ||
      !fail_code (gnutls_pubkey_init (&key), error))
    return FALSE;
  code = verify (key, card, proof);
  if (code >= 0)
    code = gnutls_pubkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, pin, &size);
  gnutls_pubkey_deinit (key);
  if (code >= 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the other side does not prove that it has its key: %s",
               gnutls_strerror (code));
  return FALSE;
}

static gboolean
check_other (const TlsPairOwn *own,
             const TlsPairCard *card,
             const guint8 *pin,
             GError **error)
{
  if (memcmp (pin, own->file.pin, TLS_PIN_SIZE) == 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_DUPLICATE,
                 "both sides have the same key, that of \"%s\": each needs an "
                 "identity of its own",
                 own->file.name);
  else if (g_str_equal (card->name, own->file.name))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                 "both sides are called \"%s\": one of them needs another name",
                 card->name);
  else
    return TRUE;
  return FALSE;
}

/* ---- the exchange ---- */

/* What the other side is told, which does not name files of this one. */
static const char *
find_reason (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return "it was cancelled";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS))
    return "it has this name itself, or knows it with another key, or this key "
           "by another name";
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL) ||
      g_error_matches (error, HEIN_ERROR, HEIN_ERROR_DUPLICATE))
    return error->message;
  return "it cannot read or write its files";
}

static gboolean
refuse (TlsPairTalk *talk, const GError *error)
{
  const char *reason = find_reason (error);

  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_REFUSED) ||
      g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    return FALSE;
  talk->cancellable = NULL;
  if (tls_pair_talk_say (talk, 'R', (const guint8 *) reason, strlen (reason),
                         NULL))
    tls_pair_talk_end_early (talk);
  return FALSE;
}

static gboolean
hear (TlsPairTalk *talk, char letter, GError **error)
{
  g_autoptr (GBytes) body = tls_pair_talk_hear (talk, letter, error);

  return body != NULL;
}

/* Both have the other's card, and neither has written anything. */
static gboolean
agree (TlsPairTalk *talk,
       const TlsPairOwn *own,
       const char *peers,
       TlsPairCard *card,
       guint8 *pin,
       GError **error)
{
  g_autoptr (GBytes) body = NULL;

  if (!send_card (talk, own, error) ||
      (body = tls_pair_talk_hear (talk, 'C', error)) == NULL)
    return FALSE;
  return tls_pair_card_parse (card, g_bytes_get_data (body, NULL),
                              g_bytes_get_size (body), error) &&
         check_proof (talk, card, pin, error) &&
         check_other (own, card, pin, error) &&
         tls_pair_files_check (peers, card->name, pin, error) &&
         tls_pair_talk_say (talk, 'A', NULL, 0, error) &&
         hear (talk, 'A', error);
}

static gboolean
write_line (TlsPairTalk *talk,
            const char *peers,
            const TlsPairCard *card,
            const guint8 *pin,
            GError **error)
{
  return tls_pair_files_add (peers, card->name, pin, error) &&
         tls_pair_talk_say (talk, 'D', NULL, 0, error);
}

/* The line is there, and the other side has not said that its is. */
static gboolean
fail_half (const char *peers, const char *name, GError **error)
{
  g_prefix_error (
    error,
    "%s: the line of \"%s\" is written, but not that of this side "
    "there: pair again, or remove it: ",
    peers, name);
  return FALSE;
}

static gboolean
settle (TlsPairTalk *talk,
        const char *peers,
        const TlsPairCard *card,
        const guint8 *pin,
        GError **error)
{
  if (!talk->is_listening)
    return hear (talk, 'D', error) &&
           write_line (talk, peers, card, pin, error);
  if (!write_line (talk, peers, card, pin, error))
    return FALSE;
  return hear (talk, 'D', error) || fail_half (peers, card->name, error);
}

static char *
exchange (TlsPairTalk *talk, const HeinTlsPairing *pairing, GError **error)
{
  TlsPairOwn own = { .key = NULL };
  TlsPairCard card;
  guint8 pin[TLS_PIN_SIZE];
  g_autoptr (GError) failure = NULL;
  const gboolean ok =
    tls_pair_talk_shake (talk, error) &&
    ((tls_pair_own_read (&own, pairing->identity, &failure) &&
      agree (talk, &own, pairing->peers, &card, pin, &failure) &&
      settle (talk, pairing->peers, &card, pin, &failure)) ||
     refuse (talk, failure));

  tls_pair_own_clear (&own);
  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  if (!ok)
    return NULL;
  tls_pair_talk_end (talk);
  return g_strdup (card.name);
}

/* ---- who listens ---- */

typedef struct
{
  const HeinTlsPairing *pairing;
  TlsPairTalk *talks[STRANGERS_MAX]; /* owned, the oldest first */
  guint n;
} Door;

static void
drop (Door *self, guint index)
{
  tls_pair_talk_free (self->talks[index]);
  self->n--;
  memmove (&self->talks[index], &self->talks[index + 1],
           (self->n - index) * sizeof self->talks[0]);
}

static void
door_clear (Door *self)
{
  while (self->n > 0)
    drop (self, self->n - 1);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Door, door_clear)

static gboolean
let_in (Door *self, int fd, GError **error)
{
  TlsPairTalk *talk = tls_pair_talk_new (fd, TRUE, self->pairing->code, error);

  if (talk == NULL)
    return FALSE;
  talk->end_us = g_get_monotonic_time () + STRANGER_END_US;
  talk->cancellable = self->pairing->cancellable;
  if (self->n == STRANGERS_MAX)
    drop (self, 0);
  self->talks[self->n++] = talk;
  return TRUE;
}

/* One at a time, so that those who are there have their turn. */
static gboolean
accept_one (Door *self, GError **error)
{
  const int fd =
    accept4 (self->pairing->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  const int number = errno;

  if (fd >= 0)
    return let_in (self, fd, error);
  if (number != EMFILE && number != ENFILE && number != ENOBUFS &&
      number != ENOMEM)
    return TRUE; /* it has gone again */
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (number),
               "nobody can come in: %s", g_strerror (number));
  return FALSE;
}

/* The first that says that it has the code; the others are of no interest any
 * more. Whoever says anything else, or nothing, has not used it up. */
static TlsPairTalk *
look_for_claim (Door *self)
{
  const gint64 now_us = g_get_monotonic_time ();
  guint i = 0;

  while (i < self->n)
    {
      TlsPairTalk *talk = self->talks[i];
      const int code = tls_pair_talk_step (talk);

      if (talk->is_claimed)
        {
          self->talks[i] = self->talks[--self->n];
          /* what its handshake has come to is explained later */
          return talk;
        }
      if (code != GNUTLS_E_AGAIN || now_us >= talk->end_us)
        drop (self, i);
      else
        i++;
    }
  return NULL;
}

static gint64
find_next_end (const Door *self)
{
  return self->n > 0 ? MIN (self->talks[0]->end_us, self->pairing->end_us)
                     : self->pairing->end_us;
}

static gboolean
wait_at (Door *self, GError **error)
{
  GPollFD fds[STRANGERS_MAX + 2];
  GCancellable *cancellable = self->pairing->cancellable;
  const gint64 now_us = g_get_monotonic_time ();
  guint n = 0;
  gboolean has_fd;

  if (now_us >= self->pairing->end_us)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT,
                           "the code is over, and nobody has used it: show a "
                           "new one");
      return FALSE;
    }
  fds[n++] = (GPollFD){ self->pairing->fd, G_IO_IN, 0 };
  for (guint i = 0; i < self->n; i++)
    fds[n++] = (GPollFD){ self->talks[i]->fd,
                          tls_pair_talk_get_events (self->talks[i]), 0 };
  has_fd =
    cancellable != NULL && g_cancellable_make_pollfd (cancellable, &fds[n]);
  n += has_fd;
  g_poll (fds, n, (int) ((MAX (find_next_end (self) - now_us, 0)) / 1000 + 1));
  if (has_fd)
    g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error) &&
         (fds[0].revents == 0 || accept_one (self, error));
}

static TlsPairTalk *
wait_for_claim (const HeinTlsPairing *pairing, GError **error)
{
  g_auto (Door) door = { .pairing = pairing };
  TlsPairTalk *talk;

  while ((talk = look_for_claim (&door)) == NULL)
    if (!wait_at (&door, error))
      return NULL;
  return talk;
}

/* ---- both ---- */

static TlsPairTalk *
begin (const HeinTlsPairing *pairing, GError **error)
{
  int fd;

  if (pairing->is_listening)
    return wait_for_claim (pairing, error);
  fd = fcntl (pairing->fd, F_DUPFD_CLOEXEC, 0);
  if (fd >= 0)
    return tls_pair_talk_new (fd, FALSE, pairing->code, error);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "pairing: %s",
               g_strerror (errno));
  return NULL;
}

char *
tls_pair (const HeinTlsPairing *pairing, GError **error)
{
  g_autoptr (TlsPairTalk) talk = begin (pairing, error);

  if (talk == NULL)
    return NULL;
  talk->cancellable = pairing->cancellable;
  talk->end_us = g_get_monotonic_time () + EXCHANGE_END_US;
  return exchange (talk, pairing, error);
}
