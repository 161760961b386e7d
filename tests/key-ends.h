/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

/* Two keys, as they stand in a file. */
#define KEY_ENDS_LAMPS                                                         \
  "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
#define KEY_ENDS_OTHER                                                         \
  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* Two buses, hub and kirk, and files with keys. */
typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *kirk;
  char *lamps;
  char *other;
  char *named; /* a ring that has a key for kirk, and others */
  char *hub_only;
} KeyEnds;

void key_ends_add (const char *path,
                   gconstpointer data,
                   void (*test) (KeyEnds *, gconstpointer));
/* Runs all that was added, in a folder that is gone afterwards. */
int key_ends_run (void);

/* (transfer full): the path of a file in that folder. */
char *key_ends_dup_path (const char *name);
/* (transfer full): the path of a new file of keys there. */
char *key_ends_make_file (const char *name, const char *text, int mode);
/* Adds option=path to an address; NULL: no option. */
char *
key_ends_dup_uri (const char *address, const char *option, const char *path);
guint16 key_ends_get_port (HeinEndpoint *endpoint);
HeinEndpoint *key_ends_listen (HeinTestBus *bus,
                               const char *address,
                               const char *option,
                               const char *path);
HeinEndpoint *key_ends_dial (HeinTestBus *bus,
                             HeinEndpoint *to,
                             const char *option,
                             const char *path);
void key_ends_wait_for_both (KeyEnds *self);
/* A message each way arrives. */
void key_ends_exchange (KeyEnds *self);
/* Of the only peer. */
void key_ends_assert_security (HeinTestBus *bus, const char *expected);
/* Kirk is refused, and told so; the hub has got no peer. */
void key_ends_assert_nobody (KeyEnds *self,
                             HeinEndpoint *dialled,
                             const char *words);
