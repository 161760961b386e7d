/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-kind.h"

/* The table of what each protocol, on which transport, promises. */

static const char *const all_faults[] = {
  "cut", "partition", "pause", "slow", "crash", NULL,
};
/* Its connections are none of the simulated ones. */
static const char *const pauses[] = { "pause", NULL };

const ExplorerKind explorer_kinds[] = {
  {
    .name = "zmtp",
    .address = "tcp://%s:5555?plaintext=yes",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .has_topics = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
  {
    .name = "channel",
    .address = "channel://%s:5555?plaintext=yes&retain=no",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .has_topics = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
  {
    .name = "retained",
    .address = "tcp://%s:5555?plaintext=yes&retain=yes",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .has_topics = TRUE,
    .has_values = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
  {
    .name = "retained-unix",
    .address = "unix:///nowhere/%s?retain=yes",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .is_local = TRUE,
    .has_topics = TRUE,
    .has_values = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
  {
    .name = "unix",
    .address = "unix:///nowhere/%s?retain=no",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .is_local = TRUE,
    .has_topics = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
  {
    .name = "inproc",
    .address = "inproc://explorer-%s?retain=no",
    .faults = pauses,
    .names = KNOWS_BOTH,
    .is_local = TRUE,
    .has_topics = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
  {
    .name = "soc",
    .address = "tcp+soc://%s:5555?plaintext=yes",
    .faults = all_faults,
    .names = KNOWS_DIALLER,
    .is_one_way = TRUE,
    .has_topics = TRUE,
  },
  {
    .name = "socketengine",
    .address = "tcp+socketengine://%s:5555?plaintext=yes",
    .faults = all_faults,
    .names = KNOWS_NOBODY, /* not of who is too slow to say it */
    .has_topics = TRUE,
  },
  {
    .name = "tinyproto",
    .address = "tcp+tinyproto://%s:5555?plaintext=yes",
    .faults = all_faults,
    .names = KNOWS_NOBODY,
    .gives_back = TRUE,
  },
  {
    .name = "aiomsg",
    .address = "tcp+aiomsg://%s:5555?plaintext=yes",
    .faults = all_faults,
    .names = KNOWS_BOTH,
  },
  {
    .name = "aiomsg-at-least-once",
    .address = "tcp+aiomsg://%s:5555?plaintext=yes&guarantee=at-least-once",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .has_receipts = TRUE,
    .repeats = TRUE,
  },
  {
    .name = "encrypted",
    .address = "tcp://%s:5555?key-file=",
    .faults = all_faults,
    .names = KNOWS_BOTH,
    .is_encrypted = TRUE,
    .has_topics = TRUE,
    .has_requests = TRUE,
    .has_receipts = TRUE,
  },
};

const guint explorer_n_kinds = G_N_ELEMENTS (explorer_kinds);
