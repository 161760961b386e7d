/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-pair-talk.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <hein/hein.h>

#include "tls-pair-card.h"

/* Speaks TLS with the other side of a pairing, and waits for it. */

#define PRIORITY                                                               \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:-GROUP-ALL:+GROUP-X25519:" \
  "-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305"
/* In bytes; a handshake with a pre-shared key needs some hundred. */
#define HANDSHAKE_MAX 4096
/* All of a pairing is a few KiB; for one message of a handshake GnuTLS would
 * collect up to 16 MiB, whatever its maximum is. */
#define HEARD_MAX (64 * 1024)

/* How long a refusal may take to be read. */
#define GOODBYE_END_US (2 * G_USEC_PER_SEC)

#define IDENTITY "hein-pair1"
#define SALT     "hein pair 1"
#define INFO     "psk"
/* Labels of exporters (RFC 8446, 7.5). */
#define PROOF_LISTENER "EXPORTER-hein-pair1-listener"
#define PROOF_DIALLER  "EXPORTER-hein-pair1-dialler"

/* ---- the key ---- */

static int
derive (const char *code, guint8 *psk, gsize size)
{
  const gnutls_datum_t secret = { (guint8 *) code, strlen (code) };
  const gnutls_datum_t salt = { (guint8 *) SALT, strlen (SALT) };
  const gnutls_datum_t info = { (guint8 *) INFO, strlen (INFO) };
  guint8 extract[32];
  const gnutls_datum_t key = { extract, sizeof extract };
  int result = gnutls_hkdf_extract (GNUTLS_MAC_SHA256, &secret, &salt, extract);

  if (result == 0)
    result = gnutls_hkdf_expand (GNUTLS_MAC_SHA256, &key, &info, psk, size);
  explicit_bzero (extract, sizeof extract);
  return result;
}

static int
find_key (gnutls_session_t session,
          const gnutls_datum_t *identity,
          gnutls_datum_t *key)
{
  TlsPairTalk *self = gnutls_session_get_ptr (session);

  if (identity->size != strlen (IDENTITY) ||
      memcmp (identity->data, IDENTITY, identity->size) != 0)
    return GNUTLS_E_INSUFFICIENT_CREDENTIALS;
  key->data = gnutls_malloc (sizeof self->psk);
  if (key->data == NULL)
    return GNUTLS_E_MEMORY_ERROR;
  memcpy (key->data, self->psk, sizeof self->psk);
  key->size = sizeof self->psk;
  self->is_claimed = TRUE;
  return 0;
}

static int
equip_listener (TlsPairTalk *self)
{
  const int code = gnutls_psk_allocate_server_credentials (&self->server);

  if (code != 0)
    return code;
  gnutls_psk_set_server_credentials_function2 (self->server, find_key);
  return gnutls_credentials_set (self->session, GNUTLS_CRD_PSK, self->server);
}

static int
equip_dialler (TlsPairTalk *self)
{
  const gnutls_datum_t identity = { (guint8 *) IDENTITY, strlen (IDENTITY) };
  const gnutls_datum_t key = { self->psk, sizeof self->psk };
  int code = gnutls_psk_allocate_client_credentials (&self->client);

  if (code == 0)
    code = gnutls_psk_set_client_credentials2 (self->client, &identity, &key,
                                               GNUTLS_PSK_KEY_RAW);
  if (code == 0)
    code = gnutls_credentials_set (self->session, GNUTLS_CRD_PSK, self->client);
  return code;
}

static gssize
pull (gnutls_transport_ptr_t data, void *to, size_t size)
{
  TlsPairTalk *self = data;
  gssize n = -1;

  errno = EMSGSIZE;
  if (self->n_heard <= HEARD_MAX)
    n = recv (self->fd, to, size, MSG_DONTWAIT);
  if (n < 0)
    gnutls_transport_set_errno (self->session, errno);
  self->is_at_end = n == 0;
  self->n_heard += MAX (n, 0);
  return n;
}

static int
begin (TlsPairTalk *self, const char *text)
{
  const guint side = self->is_listening ? GNUTLS_SERVER : GNUTLS_CLIENT;
  int code = derive (text, self->psk, sizeof self->psk);

  if (code == 0)
    code = gnutls_init (&self->session, side | GNUTLS_NONBLOCK |
                                          GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL);
  if (code != 0)
    return code;
  gnutls_session_set_ptr (self->session, self);
  gnutls_handshake_set_max_packet_length (self->session, HANDSHAKE_MAX);
  /* disables the key log that GnuTLS writes to $SSLKEYLOGFILE */
  gnutls_session_set_keylog_function (self->session, NULL);
  gnutls_handshake_set_timeout (self->session, GNUTLS_INDEFINITE_TIMEOUT);
  gnutls_transport_set_int (self->session, self->fd);
  gnutls_transport_set_ptr2 (self->session, self, GINT_TO_POINTER (self->fd));
  gnutls_transport_set_pull_function (self->session, pull);
  code = gnutls_priority_set_direct (self->session, PRIORITY, NULL);
  if (code == 0)
    code = self->is_listening ? equip_listener (self) : equip_dialler (self);
  return code;
}

TlsPairTalk *
tls_pair_talk_new (int fd,
                   gboolean is_listening,
                   const char *code,
                   GError **error)
{
  g_autoptr (TlsPairTalk) self = g_new0 (TlsPairTalk, 1);
  int result;

  self->fd = fd;
  self->is_listening = is_listening;
  self->end_us = G_MAXINT64;
  result = begin (self, code);
  if (result == 0)
    return g_steal_pointer (&self);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "pairing: %s",
               gnutls_strerror (result));
  return NULL;
}

void
tls_pair_talk_free (TlsPairTalk *self)
{
  if (self->session != NULL)
    gnutls_deinit (self->session);
  if (self->client != NULL)
    gnutls_psk_free_client_credentials (self->client);
  if (self->server != NULL)
    gnutls_psk_free_server_credentials (self->server);
  close (self->fd);
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

/* ---- waiting ---- */

int
tls_pair_talk_step (TlsPairTalk *self)
{
  int code = self->code;

  if (code != 0)
    return code;
  do
    code = gnutls_handshake (self->session);
  while (code < 0 && code != GNUTLS_E_AGAIN && !gnutls_error_is_fatal (code));
  if (code == 0 || code == GNUTLS_E_AGAIN)
    return code;
  self->code = code;
  gnutls_alert_send_appropriate (self->session, code);
  return code;
}

short
tls_pair_talk_get_events (const TlsPairTalk *self)
{
  return gnutls_record_get_direction (self->session) == 1 ? POLLOUT : POLLIN;
}

static gboolean
fail (GError **error, HeinError code, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, code, text);
  return FALSE;
}

/* FALSE with @error when the time is over, or it was cancelled. */
static gboolean
wait (TlsPairTalk *self, GError **error)
{
  const gint64 left_us = self->end_us - g_get_monotonic_time ();
  GPollFD fds[2] = { { self->fd, tls_pair_talk_get_events (self), 0 } };
  guint n = 1;

  if (left_us <= 0)
    return fail (error, HEIN_ERROR_TIMED_OUT,
                 "the other side did not go on with the pairing in time");
  if (self->cancellable != NULL &&
      g_cancellable_make_pollfd (self->cancellable, &fds[1]))
    n++;
  g_poll (fds, n, (int) MIN (left_us / 1000 + 1, G_MAXINT));
  if (n > 1)
    g_cancellable_release_fd (self->cancellable);
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}

/* ---- errors ---- */

static gboolean
fail_alert (TlsPairTalk *self, GError **error)
{
  const gnutls_alert_description_t alert = gnutls_alert_get (self->session);

  if (alert == GNUTLS_A_ILLEGAL_PARAMETER || alert == GNUTLS_A_DECRYPT_ERROR ||
      alert == GNUTLS_A_UNKNOWN_PSK_IDENTITY)
    return fail (error, HEIN_ERROR_INSECURE,
                 "the code is wrong, and has one try: let the other side show "
                 "a new one");
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "who is there does not pair: %s", gnutls_alert_get_name (alert));
  return FALSE;
}

static gboolean
explain (TlsPairTalk *self, int code, GError **error)
{
  /* within a record */
  if (code == GNUTLS_E_UNEXPECTED_PACKET_LENGTH && self->is_at_end)
    code = GNUTLS_E_PREMATURE_TERMINATION;
  switch (code)
    {
    case GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:
    case GNUTLS_E_DECRYPTION_FAILED:
      return fail (error, HEIN_ERROR_INSECURE,
                   "the other side has another code: a code has one try, so "
                   "show a new one");
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
      return fail_alert (self, error);
    case GNUTLS_E_PREMATURE_TERMINATION:
    case GNUTLS_E_PULL_ERROR:
    case GNUTLS_E_PUSH_ERROR:
      return fail (error, HEIN_ERROR_CLOSED,
                   "the other side has broken off the pairing: its code may be "
                   "over, or somebody else has used it");
    default:
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "who is there does not pair: %s", gnutls_strerror (code));
      return FALSE;
    }
}

/* ---- talking ---- */

gboolean
tls_pair_talk_shake (TlsPairTalk *self, GError **error)
{
  int code;

  while ((code = tls_pair_talk_step (self)) == GNUTLS_E_AGAIN)
    if (!wait (self, error))
      return FALSE;
  if (code != 0)
    return explain (self, code, error);
  if (gnutls_auth_get_type (self->session) == GNUTLS_CRD_PSK)
    return TRUE;
  return fail (error, HEIN_ERROR_PROTOCOL,
               "who is there does not pair: it has not used the code");
}

static gboolean
is_again (gssize n)
{
  return n < 0 && !gnutls_error_is_fatal (n);
}

static gboolean
send_all (TlsPairTalk *self, const guint8 *data, gsize size, GError **error)
{
  while (size > 0)
    {
      const gssize n = gnutls_record_send (self->session, data, size);

      if (is_again (n) && !wait (self, error))
        return FALSE;
      if (n < 0 && !is_again (n))
        return explain (self, n, error);
      data += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

static gboolean
receive_all (TlsPairTalk *self, guint8 *to, gsize size, GError **error)
{
  while (size > 0)
    {
      const gssize n = gnutls_record_recv (self->session, to, size);

      if (is_again (n) && !wait (self, error))
        return FALSE;
      if (n == 0 || (n < 0 && !is_again (n)))
        return explain (self, n == 0 ? GNUTLS_E_PREMATURE_TERMINATION : n,
                        error);
      to += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

gboolean
tls_pair_talk_say (TlsPairTalk *self,
                   char letter,
                   const guint8 *body,
                   gsize size,
                   GError **error)
{
  guint8 head[TLS_PAIR_HEAD_SIZE];

  tls_pair_head_write (head, letter, size);
  return send_all (self, head, sizeof head, error) &&
         send_all (self, body, size, error);
}

GBytes *
tls_pair_talk_hear (TlsPairTalk *self, char letter, GError **error)
{
  guint8 head[TLS_PAIR_HEAD_SIZE];
  guint8 body[TLS_PAIR_BODY_MAX];
  gsize size;

  if (!receive_all (self, head, sizeof head, error))
    return NULL;
  if (!tls_pair_head_parse (head, &size) ||
      ((char) head[0] != letter && head[0] != 'R'))
    {
      fail (error, HEIN_ERROR_PROTOCOL,
            "the other side says something that has no place in a pairing");
      return NULL;
    }
  if (!receive_all (self, body, size, error))
    return NULL;
  if ((char) head[0] == letter)
    return g_bytes_new (body, size);
  {
    g_autofree char *text =
      hein_error_dup_printable ((const char *) body, size);

    g_set_error (error, HEIN_ERROR, HEIN_ERROR_REFUSED,
                 "the other side refuses: %s", text);
  }
  return NULL;
}

void
tls_pair_talk_end (TlsPairTalk *self)
{
  gnutls_bye (self->session, GNUTLS_SHUT_WR);
}

/* Closing a socket with something unread in it would discard what the other
 * side has not read yet. */
void
tls_pair_talk_end_early (TlsPairTalk *self)
{
  guint8 room[TLS_PAIR_BODY_MAX];
  gssize n;

  tls_pair_talk_end (self);
  shutdown (self->fd, SHUT_WR);
  self->end_us = g_get_monotonic_time () + GOODBYE_END_US;
  while ((n = recv (self->fd, room, sizeof room, MSG_DONTWAIT)) != 0)
    if (n < 0 && (errno != EAGAIN || !wait (self, NULL)))
      return;
}

gboolean
tls_pair_talk_get_proof (TlsPairTalk *self,
                         gboolean of_listener,
                         guint8 *proof,
                         GError **error)
{
  const char *label = of_listener ? PROOF_LISTENER : PROOF_DIALLER;
  const int code =
    gnutls_prf_rfc5705 (self->session, strlen (label), label, 0, NULL,
                        TLS_PAIR_PROOF_SIZE, (char *) proof);

  return code == 0 || explain (self, code, error);
}
