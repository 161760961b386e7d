/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gnutls/gnutls.h>

#include "io/hein-tls-module.h"
#include "secret/hein-secret-stamp.h"
#include "tls-keys.h"

G_BEGIN_DECLS

/*
 * Who keeps the keys of an endpoint, and makes sessions of GnuTLS with them.
 * Each of its streams holds it.
 */
struct _HeinTls
{
  guint refs; /* owner context */
  char *path;
  gboolean is_ring;
  gboolean is_dialling;
  char *bus_name;
  char *instance;
  TlsKeys *keys; /* owned */
  TlsKey *own;   /* borrowed from them: to dial with */
  gnutls_priority_t priority;
  gnutls_psk_server_credentials_t server; /* NULL: it dials */
  gnutls_psk_client_credentials_t client; /* NULL: it listens */
  HeinSecretStamp read; /* what the file was when it was read */
  HeinSecretStamp seen; /* and when it was looked at */
  GQueue streams;       /* borrowed: those that hold it */
  GPtrArray *former;    /* clients: sessions may still have them */
};

HeinTls *tls_keeper_new (const HeinTlsOptions *options,
                         gnutls_psk_server_credentials_function2 *find,
                         GError **error);
HeinTls *tls_keeper_ref (HeinTls *self);
void tls_keeper_unref (HeinTls *self);
/* Reads the file again when it has changed, and then stayed for a look. TRUE:
 * the keys are others; FALSE: they are the same, or, with @error, stay as they
 * were. */
gboolean tls_keeper_look (HeinTls *self, GError **error);
/* 0, or a code of GnuTLS. */
int tls_keeper_make_session (HeinTls *self, gnutls_session_t *session);

G_END_DECLS
