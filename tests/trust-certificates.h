/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "certificates.h"
#include "trust-ends.h"

/* Certificates that two buses prove themselves with, of the authority that
 * trust_ends_make_authority has made, or of none. */

G_BEGIN_DECLS

#define TRUST_DAY_S 86400

/* In NAME.id: by the authority unless @like says another issuer, and for a day
 * unless it says until when. */
void trust_certificates_make (TrustEnds *self,
                              const char *name,
                              TestCertificate like);
/* The same, by nobody but itself. */
void trust_certificates_make_own (TrustEnds *self,
                                  const char *name,
                                  TestCertificate like);
/* Makes another authority; returns its path. (transfer full) */
char *trust_certificates_make_other_authority (TrustEnds *self);
/* That one takes the place of the first, which nobody believes any more. */
void trust_certificates_change_authority (TrustEnds *self);
/* Writes a file of peers that has the key of NAME.id. */
void trust_certificates_write_peers (TrustEnds *self,
                                     const char *file,
                                     const char *name);

G_END_DECLS
