/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <gnutls/gnutls.h>

/* A connection of two sides that pair: TLS, and frames in it. */

G_BEGIN_DECLS

/*
 * TLS 1.3 with a pre-shared key that both derive from the code (HKDF with
 * SHA-256, RFC 5869; salt "hein pair 1", info "psk") and with a key exchange by
 * X25519, so that what was exchanged stays secret. The identity of the key
 * (RFC 8446, 4.2.11) is "hein-pair1", which no key of a file can have.
 */
typedef struct
{
  int fd; /* owned */
  gnutls_session_t session;
  gnutls_psk_client_credentials_t client;
  gnutls_psk_server_credentials_t server;
  guint8 psk[32];
  gboolean is_listening;
  gboolean is_claimed; /* who dials says that it has the code */
  int code;            /* of GnuTLS: what has ended the handshake */
  gsize n_heard;       /* bytes that were received */
  gboolean is_at_end;  /* of the bytes of the other side */
  gint64 end_us;
  GCancellable *cancellable; /* borrowed, nullable */
} TlsPairTalk;

/* Takes ownership of @fd, which must be non-blocking. NULL with @error. */
TlsPairTalk *tls_pair_talk_new (int fd,
                                gboolean is_listening,
                                const char *code,
                                GError **error);
void tls_pair_talk_free (TlsPairTalk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlsPairTalk, tls_pair_talk_free)

/* One step of the handshake: 0, GNUTLS_E_AGAIN, or a code of GnuTLS that ends
 * it. */
int tls_pair_talk_step (TlsPairTalk *self);
/* What poll() should wait for. */
short tls_pair_talk_get_events (const TlsPairTalk *self);

/* These wait, until end_us at most. Errors: `HEIN_ERROR_TIMED_OUT`,
 * `HEIN_ERROR_INSECURE` (another code), `HEIN_ERROR_CLOSED`,
 * `HEIN_ERROR_PROTOCOL`, `G_IO_ERROR_CANCELLED`. */
gboolean tls_pair_talk_shake (TlsPairTalk *self, GError **error);
gboolean tls_pair_talk_say (TlsPairTalk *self,
                            char letter,
                            const guint8 *body,
                            gsize size,
                            GError **error);
/* A frame with this letter, and its body (transfer full); the other side's
 * refusal is `HEIN_ERROR_REFUSED`. */
GBytes *tls_pair_talk_hear (TlsPairTalk *self, char letter, GError **error);
/* Says goodbye. */
void tls_pair_talk_end (TlsPairTalk *self);
/* The same after a refusal: waits until the other side has read it. */
void tls_pair_talk_end_early (TlsPairTalk *self);

/* What a side signs, which is of this session and its role alone. */
#define TLS_PAIR_PROOF_SIZE 32
gboolean tls_pair_talk_get_proof (TlsPairTalk *self,
                                  gboolean of_listener,
                                  guint8 *proof,
                                  GError **error);

G_END_DECLS
