/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-resumption.h"

/* The peers that were cut off, and may come again. */

G_BEGIN_DECLS

typedef struct _HeinCuts HeinCuts;

/* A peer with which deliveries go on when it comes again; part of what is kept
 * for it. */
typedef struct
{
  HeinResumption who;

  /* while it is cut off */
  HeinCuts *cuts; /* borrowed */
  HeinTimer window;
  GList in_row;
} HeinCut;

struct _HeinCuts
{
  HeinCore *core;
  /* Called when a peer does not come again in time, or another one has come in
   * its place: it is in here no more. */
  void (*over) (HeinCut *cut);
  GHashTable *by_key; /* borrowed key -> borrowed HeinCut; NULL: none yet */
  GQueue row;         /* the same by in_row, the one cut off first ahead */
};

void
hein_cuts_init (HeinCuts *self, HeinCore *core, void (*over) (HeinCut *cut));
/* Ends all of them. */
void hein_cuts_clear (HeinCuts *self);
/* Waits resume-ms for @cut, which has been told who it is. */
void hein_cuts_add (HeinCuts *self, HeinCut *cut);
/* It has come again, or need not be waited for any more. */
void hein_cuts_remove (HeinCut *cut);
/* Ends the one that was cut off first. */
void hein_cuts_end_first (HeinCuts *self);
/* Returns the one that has the key of @peer; it may be another one. (nullable)
 */
HeinCut *hein_cuts_find (HeinCuts *self, HeinPeer *peer);

G_END_DECLS
