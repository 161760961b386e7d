/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "load-board.h"

/* A process of the soak, and the parts that it can play. */

G_BEGIN_DECLS

typedef struct _LoadPeer LoadPeer;
typedef BoardRow *(*LoadGetRow) (LoadPeer *self, HeinPeer *peer);

struct _LoadPeer
{
  HeinBus *bus; /* owned */
  Board *board;
  const char *name;
  LoadGetRow get_row;        /* of what is dropped */
  double rate;               /* messages per second */
  const char *const *places; /* LABEL=ADDRESS */
  gboolean is_stopping;      /* nothing new is begun */
  guint64 n_begun;
  gint64 begin_us; /* 0: not yet */
};

/* ---- load-peer.c ---- */

/* The first part of what the conductor reads is what kind of line it is. */
G_GNUC_PRINTF (1, 2)
void load_tell (const char *format, ...);
/* What is due now, at the rate. */
guint load_count_due (LoadPeer *self);
/* The addresses, each of which has a row of its label. */
void load_listen (LoadPeer *self);
void load_dial (LoadPeer *self);
/* The row of the address by which it has come. */
BoardRow *load_get_endpoint_row (LoadPeer *self, HeinPeer *peer);
/* Counts what is dropped, in the row that is told for the peer, or for NULL. */
void load_count_dropped (LoadPeer *self, LoadGetRow get_row);

/* ---- load-connection.c ---- */

/* A message for the peer, or from it: of the row of this @name. */
void load_note_message (LoadPeer *self,
                        HeinPeer *peer,
                        const char *name,
                        guint64 number);
/* What the bus has counted of it meanwhile. */
void load_note_peer (HeinPeer *peer, gboolean has_ended);

/* ---- load-text.c: what messages say ---- */

typedef struct
{
  char life[40]; /* the name of who sent it */
  guint64 number;
  gint64 time_us;
} LoadText;

/* So many are large, and sent at once: more than fits into the queue of a peer. */
#define LOAD_BURST 20
gboolean load_text_is_large (guint64 number);
HeinMessage *load_text_new (LoadPeer *self, const char *topic, guint64 number);
/* FALSE: it is not as it was sent. */
gboolean load_text_read (HeinMessage *message, LoadText *text);

/* ---- load-publish.c ---- */

/* Sends what is due to all; what a source that does that returns. */
gboolean load_send_due (LoadPeer *self, const char *topic);

/* ---- the parts ---- */

void load_publish (LoadPeer *self);   /* to all, counting the copies */
void load_tick (LoadPeer *self);      /* to all, evenly */
void load_hear (LoadPeer *self);      /* what is published */
void load_join (LoadPeer *self);      /* a group: both */
void load_hand_out (LoadPeer *self);  /* deliveries and requests */
void load_work (LoadPeer *self);      /* on these */
void load_retain (LoadPeer *self);    /* values for newcomers */
void load_come_late (LoadPeer *self); /* again and again */

G_END_DECLS
