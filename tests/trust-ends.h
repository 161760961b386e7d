/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

/*
 * Two buses, hub and kirk, and a folder of what they prove themselves with.
 */
typedef struct
{
  char *folder;
  HeinTestBus *hub;
  HeinTestBus *kirk;
  HeinEndpoint *endpoint; /* borrowed: the hub's */
  HeinEndpoint *dialled;  /* borrowed: kirk's */
  const char *scheme;     /* NULL: tcp */
  guint16 port;           /* of who stands between them; 0: nobody does */
} TrustEnds;

void trust_ends_set_up (TrustEnds *self, gconstpointer data);
void trust_ends_tear_down (TrustEnds *self, gconstpointer data);

/* (transfer full): of a file in the folder. */
char *trust_ends_dup_path (TrustEnds *self, const char *name);
void trust_ends_write (TrustEnds *self,
                       const char *name,
                       const char *text,
                       int mode);
/* Makes NAME.id for the bus that is called so; returns its fingerprint. */
char *trust_ends_make_identity (TrustEnds *self, const char *name);

/* Makes lamps.key, hub.id, kirk.id and a file of peers for each of them. */
void trust_ends_make_files (TrustEnds *self);
/* Makes the authority fleet, with fleet.pem, and hub.id and kirk.id by it. */
void trust_ends_make_authority (TrustEnds *self);
/* Of the hub's endpoint. */
guint16 trust_ends_get_port (TrustEnds *self);
/* @query: of options, in which %s stands for the folder. */
void trust_ends_listen (TrustEnds *self, const char *query);
void trust_ends_dial (TrustEnds *self, const char *query);
void trust_ends_wait_for_both (TrustEnds *self);
void trust_ends_exchange (TrustEnds *self);
/* Of the only peer. */
void trust_ends_assert_security (HeinTestBus *bus, const char *expected);
/* Kirk is told so, and nobody has got a peer. */
void trust_ends_assert_nobody (TrustEnds *self, const char *words);
/* The hub has lost its only peer, and was told so. */
void trust_ends_wait_for_end (TrustEnds *self, const char *words);
/* No endpoint comes of it. */
void trust_ends_refuse (TrustEnds *self,
                        HeinRole role,
                        const char *query,
                        HeinError code,
                        const char *words);
