/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/gnutls.h>

#include "tls-certified.h"
#include "tls-keeper.h"
#include "tls-sealed.h"

/* The data of an encrypted stream. */

G_BEGIN_DECLS

/*
 * TLS 1.3 on a socket. GnuTLS gets received bytes, and hands over bytes to be
 * sent, by the functions of tls-carry: one system call receives up to 64 KiB,
 * another one sends up to four records. Bytes that the socket does not take are
 * kept, so that GnuTLS never has to repeat a write.
 */
typedef struct
{
  HeinStream stream;   /* must be the first member */
  HeinStream *carrier; /* owned: of encrypted bytes */
  HeinTls *tls;        /* owned */
  GList in_tls;
  gint64 renewed_us;       /* when its keys were made */
  TlsKey *key;             /* owned: the key of the peer; NULL: not known yet */
  TlsCertified *certified; /* owned; NULL: with pre-shared keys */
  gnutls_session_t session;
  char *security;         /* owned: what proved the peer's identity */
  char *cause;            /* owned, nullable: why the peer got no key */
  pid_t pid;              /* the process that owns the session */
  TlsSealed in;           /* received, not yet decrypted */
  TlsSealed out;          /* to be sent */
  int code;               /* GnuTLS error that ended the session; 0: none */
  int number;             /* errno of receiving */
  int first;              /* the first byte that arrived; -1: none */
  guint n_heard;          /* bytes that arrived before it was open */
  gsize n_wanted;         /* within a call: how many to receive at once */
  gboolean dials_too;     /* the other side has begun as a dialler does */
  gboolean is_dry;        /* within a call: the socket has no more bytes */
  gboolean is_at_end;     /* of the bytes of the peer */
  gboolean has_heard_end; /* the peer has sent close_notify */
  gboolean has_told_end;
  gboolean shuts; /* shuts down the socket when everything is sent */
} TlsStream;

G_END_DECLS
