/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <gnutls/x509.h>

/* The names of buses in certificates. */

G_BEGIN_DECLS

/*
 * How a certificate names a bus: by exactly one subject alternative name (RFC
 * 5280, 4.2.1.6) of these kinds,
 *
 *   DNS:kirk.peer.hein.internal   what hein makes, where the name permits it
 *   DNS:kirk                      what others make
 *   URI:urn:hein:peer:Mr.%20Spock what hein makes of any other name
 *
 * Addresses, such as IP:10.0.0.1, name nobody. A wildcard is a name like
 * another, and none that a bus has by chance.
 */
#define TLS_NAMES_SUFFIX ".peer.hein.internal"
#define TLS_NAMES_URN    "urn:hein:peer:"

/* (transfer full) (nullable): the name. @n_names: of how many names there were,
 * or 1 with NULL: one that no bus can have. */
char *tls_names_read (gnutls_x509_crt_t certificate, guint *n_names);
/* 0, or a code of GnuTLS. */
int tls_names_write (gnutls_x509_crt_t certificate, const char *name);

G_END_DECLS
