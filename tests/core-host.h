/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-carrier.h"
#include "core/hein-core-state.h"
#include "core/hein-news.h"

G_BEGIN_DECLS

/*
 * A core without a bus, an endpoint or a transport: what it calls is written down
 * as words, and its peers are of a carrier that the test looks into. Events leave
 * it by core_host_tell alone.
 */
typedef struct
{
  HeinCore core; /* the first member */
  HeinCarrier carrier;
  GObject
    *transport;   /* owned: whom the carrier is part of, as far as it knows */
  GString *calls; /* what was called since core_host_assert_calls: "… …" */
  GString *sent;  /* "name:text …", of what the carrier took */
  guint room;     /* that the carrier has, in messages */
  gboolean takes_forced; /* the carrier, without room */
} CoreHost;

/* With the links' host functions @funcs; NULL: without links. */
void core_host_init (CoreHost *self, const HeinLinkHostFuncs *funcs);
/* Frees its links, and checks that nothing is left of what counts in limits. */
void core_host_clear (CoreHost *self);
/* By the carrier, and not yet in the roster. (transfer full) */
HeinPeer *core_host_make_peer (CoreHost *self, const char *name);
/* The same, in the roster, which keeps it until it leaves. (transfer none) */
HeinPeer *core_host_add_peer (CoreHost *self, const char *name);
G_GNUC_PRINTF (2, 3)
void core_host_note (CoreHost *self, const char *format, ...);
void core_host_assert_calls (CoreHost *self, const char *expected);
void core_host_assert_sent (CoreHost *self, const char *expected);
/* Takes the events out, in order: "+name -name text lost:name:first:n call ready
 * ask answer". */
void core_host_assert_told (CoreHost *self, const char *expected);
/* Gives a message of @peer to the core. */
void core_host_deliver (CoreHost *self, HeinPeer *peer, const char *text);
/* What a turn does before it tells: polls, and runs what was put off. */
void core_host_turn (CoreHost *self);
/* Turns until nothing is put off: what was written to a socket has been read. */
void core_host_turn_on (CoreHost *self);
/* Turns until @condition holds: a descriptor is waited for, nothing sleeps. */
#define core_host_wait(self, condition)                                        \
  G_STMT_START                                                                 \
  {                                                                            \
    while (!(condition))                                                       \
      core_host_turn (self);                                                   \
  }                                                                            \
  G_STMT_END

G_END_DECLS
