/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/uio.h>

#include "hein-sim.h"

/* One direction of a connection: what is written at one host, and arrives in
 * order at the other one. */

G_BEGIN_DECLS

typedef struct _HeinSimPipe HeinSimPipe;

typedef enum
{
  HEIN_SIM_PIPE_BYTES,
  HEIN_SIM_PIPE_END,   /* the writer has ended in order */
  HEIN_SIM_PIPE_RESET, /* the writer is gone, and takes nothing any more */
  HEIN_SIM_PIPE_CUT,   /* the connection is no more, for both ends */
} HeinSimPipeWord;

/* Embedded in its owner. */
struct _HeinSimPipe
{
  HeinSim *sim;
  HeinSimHost *from; /* borrowed */
  HeinSimHost *to;   /* borrowed */
  HeinTimer arrival; /* the first of what is on its way */
  GQueue on_way;     /* owned chunks */
  GQueue arrived;    /* owned chunks, of bytes alone */
  gsize n_on_way;    /* bytes */
  gsize n_arrived;   /* bytes */
  gsize n_lost;      /* bytes that will never arrive */
  gint64 free_us;    /* when the line has sent what was given to it */
  gboolean is_ended; /* nothing more can be written */
  /* Something has arrived: bytes can be read. */
  void (*arrive) (HeinSimPipe *self, HeinSimPipeWord word);
};

void hein_sim_pipe_init (HeinSimPipe *self,
                         HeinSim *sim,
                         HeinSimHost *from,
                         HeinSimHost *to);
void hein_sim_pipe_clear (HeinSimPipe *self);
/* How many bytes it takes before some of them are read. */
gsize hein_sim_pipe_get_room (const HeinSimPipe *self);
/* Both return how many bytes. */
gsize hein_sim_pipe_write (HeinSimPipe *self,
                           const struct iovec *vectors,
                           guint n_vectors);
gsize hein_sim_pipe_read (HeinSimPipe *self, guint8 *buffer, gsize size);
/* Sends the last word. */
void hein_sim_pipe_end (HeinSimPipe *self, HeinSimPipeWord word);
/* What is lost has not arrived as far as its sender can see. */
void hein_sim_pipe_drop_arrived (HeinSimPipe *self);
void hein_sim_pipe_lose_arrived (HeinSimPipe *self);
void hein_sim_pipe_lose_on_way (HeinSimPipe *self);
/* The way between the hosts has changed. */
void hein_sim_pipe_go_on (HeinSimPipe *self);

G_END_DECLS
