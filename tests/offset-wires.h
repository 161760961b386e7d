/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

G_BEGIN_DECLS

/* What is promised on a wire, and what it carries. */
typedef struct
{
  const char *name;
  const char *scheme; /* of addresses, as in SCHEME://HOST:PORT */
  const char *options;
  const char *broker; /* the program that both sides dial; NULL: they meet */
  gboolean has_names; /* a listener knows who has dialled */
  gboolean has_requests;
  gboolean has_streams; /* of answers */
  gboolean has_deliveries;
  gboolean resumes;    /* deliveries that were cut */
  gboolean is_one_way; /* only who listens sends */
  /* what is lost is sent again, so messages go to one peer at a time */
  gboolean sends_again;
  gboolean retains; /* who comes again gets the values again */
  /* How many messages that somebody on the way has taken count as delivered
   * when he ends the connection in order: the wire has no word for what came. */
  guint n_in_good_faith;
} Wire;

extern const Wire wires[];
extern const guint n_wires;

/* What an address needs of files and other programs: made for the first test of
 * a wire. FALSE: it cannot be tested here, and was skipped. */
gboolean wire_prepare (const Wire *self);
guint16 wire_get_broker_port (const Wire *self);
/* (transfer full) */
char *wire_dup_listen_uri (const Wire *self);
char *wire_dup_dial_uri (const Wire *self, guint16 port);
/* Ends the programs, and removes the files. */
void wires_clean_up (void);

G_END_DECLS
