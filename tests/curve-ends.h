/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "curve-files.h"
#include "recording-wire.h"

/* Two ends of ZMTP with CURVE, whose bytes are carried by the test. */

typedef struct
{
  CurveFiles *files;
  gboolean has_others_files; /* which stay */
  Recorder *server;
  Recorder *client;
} CurveEnds;

Recorder *curve_make (gboolean dialled,
                      const char *key_file,
                      const char *option,
                      const char *value,
                      const char *bus_name);
Recorder *curve_make_server (CurveFiles *files);
Recorder *curve_make_client (CurveFiles *files);
CurveFiles *curve_make_files (const char *metadata);
void curve_ends_init (CurveEnds *self, const char *metadata);
void curve_ends_init_again (CurveEnds *self, CurveFiles *files);
void curve_ends_clear (CurveEnds *self);
void curve_feed (Recorder *self, GBytes *bytes);
gboolean curve_carry (Recorder *from, Recorder *to);
void curve_meet (CurveEnds *self);
void curve_assert_up (CurveEnds *self);
void curve_assert_refused (Recorder *self, int code, const char *words);
void
curve_say (Recorder *self, const char *topic, const char *text, gsize size);
void curve_exchange (Recorder *from, Recorder *to);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CurveEnds, curve_ends_clear)
