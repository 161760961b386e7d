/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "offset-scene.h"

G_BEGIN_DECLS

/* What is said over a connection while something is done to it. */
typedef struct
{
  const char *name;
  gboolean (*fits) (const Wire *wire); /* NULL: all of them */
  /* Begins what can begin. TRUE: all of it has begun and ended, whatever came
   * of it. Called until then. */
  gboolean (*step) (Scene *self);
  /* Once more, over a connection that nothing is done to; NULL: nothing */
  void (*again) (Scene *self);
  /* When all is over. */
  void (*check) (Scene *self);
} Session;

extern const Session session_handshake;
extern const Session session_messages;
extern const Session session_requests;
extern const Session session_deliveries;

G_END_DECLS
