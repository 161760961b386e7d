/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

G_BEGIN_DECLS

/*
 * A hub with a good peer, and a socket that has connected to it and says nothing
 * yet: whatever that does, the good one is served, within the limits of memory.
 */

#define HUB_SCENE_HANDSHAKE_MS  200
#define HUB_SCENE_MEMORY_MAX    (9 * 1024 * 1024)
#define HUB_SCENE_GREETING_SIZE 64

typedef struct
{
  HeinTestBus *hub;
  HeinTestBus *good;
  char *uri;
  int fd;
} HubScene;

HubScene *hub_scene_new (void);
void hub_scene_free (HubScene *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HubScene, hub_scene_free)

/* One more socket, connected to the address. */
int hub_scene_connect (const char *uri);
/* Sends the good peer its thousand messages, and waits until they are there. */
void hub_scene_serve (HubScene *self);

/* ---- what is said in ZMTP ---- */

/* The greeting. (transfer full) */
GByteArray *hub_scene_begin (void);
/* The same, and READY of a DEALER called evil. (transfer full) */
GByteArray *hub_scene_introduce (void);
void hub_scene_append (GByteArray *bytes, const char *text, gsize size);
/* The head of a frame. */
void
hub_scene_append_long_frame (GByteArray *bytes, guint8 flags, guint64 size);

G_END_DECLS
