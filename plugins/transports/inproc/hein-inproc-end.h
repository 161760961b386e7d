/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-inproc-pipe.h"

G_BEGIN_DECLS

/* The transport and its ends of pipes, and what they deliver. */

/* this side of a pipe */
typedef struct
{
  HeinInprocPipe *pipe; /* owned */
  HeinPeer *peer;       /* owned; NULL until the bus has taken it in */
  GQueue messages;      /* owned: taken from the pipe, not yet delivered, and
                           packs of them */
  guint n_high;         /* of those, the first ones: of high priority */
  gboolean is_paused;
  gboolean has_room;
  gboolean is_over;
  gsize counted; /* in memory of the transport */

  /* under `disconnect`, while it has no room */
  gint64 progress_us;  /* when it took something; 0: that is not watched */
  guint64 n_delivered; /* by then */

  GList in_row;
} HeinInprocEnd;

/* Buses of one process, in the same thread or in others. */
struct _HeinInproc
{
  HeinTransport parent_instance;

  char *name;
  HeinInprocSide side;
  HeinInprocBell *bell; /* NULL once it is closed */
  GHashTable *ends;     /* borrowed HeinInprocPipe -> HeinInprocEnd (rc box) */
  GQueue row;           /* HeinInprocEnd by in_row, as they came */
  GHashTable *by_peer;  /* borrowed HeinPeer -> borrowed HeinInprocEnd */
  /* borrowed, nullable */
  HeinInprocEnd *newcomer; /* while the bus is asked to take it in */
  HeinInprocEnd *recent;   /* whom the last message was for */

  guint n_watched;  /* ends whose progress is */
  gint64 due_us;    /* the first of them may have to be cut; monotonic */
  gint64 look_us;   /* not before; monotonic */
  gint64 spares_us; /* when memory is given back; 0: there is none */
  gsize memory;     /* what the bus was told */
  gsize send_limit; /* of the bus */

  /* listener */
  char *refused; /* instance of the last bus that was not taken in */

  /* dialler */
  gint64 retry_us; /* not before; monotonic */
  guint pause_ms;  /* the last one; 0 after a success */
};

#define HEIN_TYPE_INPROC (hein_inproc_get_type ())
G_DECLARE_FINAL_TYPE (HeinInproc, hein_inproc, HEIN, INPROC, HeinTransport)

/* Gives the bus what has come, and looks again before the bell rings. */
void hein_inproc_end_deliver (HeinInproc *self, HeinInprocEnd *end);
/* Gives back memory for messages that was not used for a while. */
void hein_inproc_give_spares_back (HeinInproc *self);

G_END_DECLS
