/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Which numbers of a sender came already: the ring of RFC 6479, whose blocks
 * are cleared as the highest number moves on, and nothing is ever shifted.
 * Since the newest block is only partly used, the window is a block narrower
 * than the ring.
 */
#define MC_WINDOW_BLOCKS 128
#define MC_WINDOW_SIZE   (64 * (MC_WINDOW_BLOCKS - 1)) /* 8128 numbers */

typedef enum
{
  MC_WINDOW_NEW,
  MC_WINDOW_SEEN,
  MC_WINDOW_OLD
} McWindowVerdict;

typedef struct
{
  guint64 max;   /* the highest number so far */
  guint64 floor; /* up to here all are old, whatever came */
  guint64 bits[MC_WINDOW_BLOCKS];
} McWindow;

void mc_window_init (McWindow *self, guint64 floor);
McWindowVerdict mc_window_check (const McWindow *self, guint64 seq);
/* For a number that was found NEW. */
void mc_window_mark (McWindow *self, guint64 seq);
void mc_window_raise_floor (McWindow *self, guint64 floor);

G_END_DECLS
