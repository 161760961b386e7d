/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "zmtp-step.h"

G_BEGIN_DECLS

/*
 * PLAIN on one connection (public specification 24/ZMTP-PLAIN): a name and a
 * password, in the clear, and so where nobody else can listen.
 *
 *   client            server
 *   HELLO ───────────▶         name, password
 *         ◀─────────── WELCOME
 *   INITIATE ────────▶
 *         ◀─────────── READY   once the name is admitted
 */
typedef struct _ZmtpPlain ZmtpPlain;

/* Of the client: the password is the first line of a file. Errors: those of files
 * of secrets, `HEIN_ERROR_FAILED` (none in it, or over 255 bytes). */
ZmtpPlain *zmtp_plain_new_client (const char *username,
                                  const char *password_file,
                                  GError **error);
/* Of the server: lines of a name, a blank and a password; blank lines, and those
 * that begin with `#`, are skipped. */
ZmtpPlain *zmtp_plain_new_server (const char *users_file, GError **error);
void zmtp_plain_free (ZmtpPlain *self);
gboolean zmtp_plain_is_server (const ZmtpPlain *self);

/* As those of CURVE. */
void zmtp_plain_start (ZmtpPlain *self, HeinWire *wire);
ZmtpStep zmtp_plain_take (ZmtpPlain *self,
                          HeinWire *wire,
                          const guint8 *body,
                          gsize size,
                          GByteArray **pairs,
                          GError **error);
void zmtp_plain_put_pairs (ZmtpPlain *self,
                           HeinWire *wire,
                           const guint8 *pairs,
                           gsize size);
/* (transfer full) (nullable): "plain:" and the user; NULL for the client, to
 * which nothing was proved. */
char *zmtp_plain_dup_security (const ZmtpPlain *self);

G_END_DECLS
