/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a certificate of a test is to be; all of it may be 0. */
typedef struct
{
  const char *issuer; /* a file with its key and certificate; NULL: itself */
  gboolean is_authority;
  gint64 from_s; /* from now */
  gint64 until_s;
  const char *dns;     /* nullable: a subject alternative name */
  const char *other;   /* nullable: one more */
  const char *address; /* nullable: four bytes, a name that names nobody */
  const char *purpose; /* nullable: an object identifier */
  guint n_padding;     /* bytes that make it large */
} TestCertificate;

/* Key and certificate, in @path with mode 0600; the certificate alone with ".pem"
 * behind that. By GnuTLS, and without hein. */
void certificates_make (const char *path, const TestCertificate *like);
/* Adds to @list what @issuer has revoked: the certificate of @path. */
void
certificates_revoke (const char *list, const char *issuer, const char *path);

G_END_DECLS
