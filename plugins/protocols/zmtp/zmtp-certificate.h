/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "zmtp-curve-box.h"

G_BEGIN_DECLS

/*
 * A certificate of CurveZMQ, in the form (ZPL, public specification 4/ZPL) that
 * CZMQ and pyzmq write:
 *
 *   #   comments
 *   metadata
 *       name = "kirk"
 *   curve
 *       public-key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
 *       secret-key = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
 *
 * Keys are 32 bytes in 40 characters of Z85 (32/Z85).
 */
#define CURVE_Z85_SIZE        40
#define CURVE_CERTIFICATE_MAX 65536 /* bytes of a file */

typedef struct
{
  CurvePair keys;
  gboolean has_secret;
  char *name; /* owned, nullable: of its metadata */
  gatomicrefcount refs;
} CurveCertificate;

/* It lies in memory that is neither swapped nor dumped, where the system allows
 * it, and is erased when it goes. */
CurveCertificate *curve_certificate_ref (CurveCertificate *self);
void curve_certificate_unref (CurveCertificate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CurveCertificate, curve_certificate_unref)

/* What such a file says. @file is for errors. */
CurveCertificate *curve_certificate_parse (const char *file,
                                           const char *text,
                                           gsize size,
                                           GError **error);
/* A certificate with its secret key, of this user alone. Given the file of the
 * public half, which lies beside the one of the secret ("kirk.key" and
 * "kirk.key_secret", "kirk" and "kirk_secret"), takes that one.
 *
 * Errors: `HEIN_ERROR_INSECURE` (others may read it), `HEIN_ERROR_FAILED` (is no
 * certificate, or has no secret key), or of the #GIOErrorEnum domain. */
CurveCertificate *curve_certificate_new_secret (const char *path,
                                                GError **error);
/* Of the public half; a secret key in it is ignored. */
CurveCertificate *curve_certificate_new_public (const char *path,
                                                GError **error);

/* FALSE when it is not 40 characters of Z85. */
gboolean curve_key_parse (const char *text, guint8 key[CURVE_KEY_SIZE]);
/* @text has room for a 0, too. */
void curve_key_write (const guint8 key[CURVE_KEY_SIZE],
                      char text[CURVE_Z85_SIZE + 1]);
/* A new pair. */
void curve_make_keys (char public_key[CURVE_Z85_SIZE + 1],
                      char secret_key[CURVE_Z85_SIZE + 1]);

G_END_DECLS
