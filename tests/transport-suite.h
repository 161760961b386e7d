/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-law.h"
#include "hein-test.h"

G_BEGIN_DECLS

/* What a process is called with to be a peer of the URI that follows. */
#define HEIN_TEST_PEER_OPTION "--be-a-peer-of"

/*
 * The law for every transport whose peers are buses of hein, whatever carries
 * them.
 */
typedef struct
{
  const char *name;
  /* A new address to listen on. (transfer full) */
  char *(*make_uri) (void);
  /* Other processes of this machine reach it. */
  gboolean is_remote;
  /* In place of these: both ends of a line dial this address, in which {tty} is
   * the device of one of them. */
  const char *line_uri;
} HeinTransportSuite;

/* Adds /transports/<name>/…; @suite must live as long as the program. */
void hein_transport_suite_add (const HeinTransportSuite *suite);
/* Calls @func with each law. */
void hein_transport_suite_foreach_law (HeinLawFunc func, gpointer data);
/* What main () does first: in a child process of the suite it is a peer, and
 * never returns. */
void hein_transport_suite_init (int argc, char **argv);

G_END_DECLS
