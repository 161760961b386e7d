/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "trust-certificates.h"

/* Certificates and files of peers, in the folder of two buses. */

static char *
dup_path (TrustEnds *self, const char *name, const char *end)
{
  g_autofree char *file = g_strconcat (name, end, NULL);

  return trust_ends_dup_path (self, file);
}

void
trust_certificates_make_own (TrustEnds *self,
                             const char *name,
                             TestCertificate like)
{
  g_autofree char *path = dup_path (self, name, ".id");

  if (like.until_s == 0)
    like.until_s = TRUST_DAY_S;
  certificates_make (path, &like);
}

void
trust_certificates_make (TrustEnds *self,
                         const char *name,
                         TestCertificate like)
{
  g_autofree char *authority = trust_ends_dup_path (self, "fleet");

  if (like.issuer == NULL)
    like.issuer = authority;
  trust_certificates_make_own (self, name, like);
}

char *
trust_certificates_make_other_authority (TrustEnds *self)
{
  char *path = trust_ends_dup_path (self, "other");

  certificates_make (path, &(TestCertificate){ .is_authority = TRUE,
                                               .until_s = TRUST_DAY_S });
  return path;
}

void
trust_certificates_change_authority (TrustEnds *self)
{
  g_autofree char *other = trust_certificates_make_other_authority (self);
  g_autofree char *path = dup_path (self, "other", ".pem");
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  trust_ends_write (self, "fleet.pem", text, 0644);
}

void
trust_certificates_write_peers (TrustEnds *self,
                                const char *file,
                                const char *name)
{
  g_autofree char *path = dup_path (self, name, ".id");
  g_autofree char *pin = hein_identity_read (path, NULL, NULL);
  g_autofree char *line = g_strdup_printf ("%s %s\n", name, pin);

  trust_ends_write (self, file, line, 0600);
}
