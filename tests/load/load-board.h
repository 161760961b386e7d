/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* What a process of the soak counts: in a file that it shares with the
 * conductor, so that it is there to the last message when the process is killed.
 * board.py reads it. */

G_BEGIN_DECLS

#define BOARD_N_ROWS        1024
#define BOARD_N_CONNECTIONS 16384
#define BOARD_N_REASONS     (HEIN_DROP_REASON_EXPIRED + 1)
#define BOARD_N_ERRORS      32
#define BOARD_N_BUCKETS     480

/* One line of accounts: at a publisher an address that it listens on, at a
 * listener a publisher, as long as that lived. */
typedef struct
{
  char name[40];
  guint64 n_accepted; /* copies: one for each peer that was chosen */
  guint64 n_heard;
  guint64 first; /* the numbers of what was heard */
  guint64 last;
  guint64 n_out_of_order;             /* or for the second time */
  guint64 n_dropped[BOARD_N_REASONS]; /* as the signal told */
} BoardRow;

/* One connection: at a publisher what was for its peer, at a listener what came
 * over it from one life of a publisher. */
typedef struct
{
  char name[40]; /* of the row */
  guint64 first; /* numbers */
  guint64 last;
  guint64 n_messages;
  guint64 n_noted; /* of these, when the following was looked at */
  guint64 n_sent;
  guint64 n_doubtful; /* dropped, and may have been heard */
  guint64 n_closed;   /* dropped as it ended: the last ones */
  guint64 n_known;    /* dropped for other reasons */
  guint64 has_ended;
} BoardConnection;

typedef struct
{
  char name[40];
  guint64 n_rows;
  guint64 n_connections;
  guint64 n_added; /* peers */
  guint64 n_removed;
  guint64 n_damaged; /* messages that are not what was sent */
  guint64 n_stale;   /* values that are older than what was there before */
  guint64 n_rounds;  /* of a late joiner */
  guint64 n_asked;
  guint64 n_answered;
  guint64 n_served;
  guint64 n_open;     /* requests and deliveries */
  guint64 heap_bytes; /* allocated and not freed; 0: not known */
  guint64 n_dropped[BOARD_N_REASONS]; /* as the bus counts */
  guint64 n_errors[BOARD_N_ERRORS];   /* of requests, by their code */
  /* of what was heard: 16 for each power of two of microseconds */
  guint64 latencies[BOARD_N_BUCKETS];
  BoardRow rows[BOARD_N_ROWS];
  BoardConnection connections[BOARD_N_CONNECTIONS];
} Board;

/* Makes the file, for a process of the @name. */
Board *board_new (const char *path, const char *name);
/* NULL: there is no such file. To be given to board_close. */
Board *board_open (const char *path);
void board_close (Board *self);
/* It is made where there is none. */
BoardRow *board_get_row (Board *self, const char *name);
BoardConnection *board_add_connection (Board *self, const char *name);
void board_note_latency (Board *self, gint64 latency_us);
/* Copies what the bus has counted. */
void board_note_dropped (Board *self, HeinBus *bus);
void board_note_heap (Board *self);

G_END_DECLS
