/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-inproc-row.h"

G_BEGIN_DECLS

/*
 * What the two sides of a connection share. They may live in two threads, so
 * nothing in here belongs to a bus: each side changes its half under the lock
 * and rings the other's bell.
 */
typedef struct _HeinInprocPipe HeinInprocPipe;

/*
 * Wakes a transport in its own GMainContext and remembers which pipes changed.
 * Thread: any, unless it says otherwise.
 */
typedef struct _HeinInprocBell HeinInprocBell;

typedef enum
{
  HEIN_INPROC_DIALLER,
  HEIN_INPROC_LISTENER
} HeinInprocSide;

/* Called in @context. */
typedef void (*HeinInprocFunc) (gpointer data);

HeinInprocBell *hein_inproc_bell_new (GMainContext *context,
                                      HeinInprocFunc func,
                                      gpointer data);
HeinInprocBell *hein_inproc_bell_ref (HeinInprocBell *self);
void hein_inproc_bell_unref (HeinInprocBell *self);
/* FALSE: nobody hears it any more. @pipe may be NULL. */
gboolean hein_inproc_bell_ring (HeinInprocBell *self, HeinInprocPipe *pipe);
/* Its own thread, while it is called: the same for the next iteration but one
 * of its context, so that what was delivered is handled before more of it
 * comes. */
void hein_inproc_bell_ring_again (HeinInprocBell *self, HeinInprocPipe *pipe);
/* Its own thread: the pipes it was rung for (transfer container, with their
 * references), in order. */
GPtrArray *hein_inproc_bell_take (HeinInprocBell *self);
/* Its own thread: rings by itself at @time_us at the latest, unless it rings
 * before. */
void hein_inproc_bell_set_time (HeinInprocBell *self, gint64 time_us);
/* Its own thread: ends it; returns what take () would. */
GPtrArray *hein_inproc_bell_close (HeinInprocBell *self);

/* @destroy is called with @data when both sides have let go of it. */
HeinInprocPipe *hein_inproc_pipe_new (HeinInprocBell *dialler,
                                      HeinInprocBell *listener,
                                      gpointer data,
                                      GDestroyNotify destroy);
HeinInprocPipe *hein_inproc_pipe_ref (HeinInprocPipe *self);
void hein_inproc_pipe_unref (HeinInprocPipe *self);
/* @side tells the other who it is, what it has subscribed to (transfer full),
 * and how large messages it takes; may be done once. */
void hein_inproc_pipe_introduce (HeinInprocPipe *self,
                                 HeinInprocSide side,
                                 HeinBus *bus,
                                 HeinSubscriber *subscriber);
/* Whether the other side said who it is; both strings then live as long as the
 * pipe. */
gboolean hein_inproc_pipe_get_other (HeinInprocPipe *self,
                                     HeinInprocSide side,
                                     const char **name,
                                     const char **instance);
/* How many deliveries the other side takes at a time, and which (transfer none,
 * as long as the pipe lives); it has introduced itself. */
guint hein_inproc_pipe_get_credit (HeinInprocPipe *self,
                                   HeinInprocSide side,
                                   HeinSubscriber **subscriber);
/* @side takes and sends nothing more; @reason (copied, nullable) is for the
 * other one. Adds to @loss the messages that were not taken, and @taken, which
 * it frees: those were not delivered. */
void hein_inproc_pipe_leave (HeinInprocPipe *self,
                             HeinInprocSide side,
                             const GError *reason,
                             GQueue *taken,
                             HeinInprocLoss *loss);
gboolean hein_inproc_pipe_has_left (HeinInprocPipe *self, HeinInprocSide side);
/* Whether the other side left and all that it sent was taken; @reason (transfer
 * full) may be set to NULL. */
gboolean hein_inproc_pipe_is_over (HeinInprocPipe *self,
                                   HeinInprocSide side,
                                   GError **reason);

/* The other side gets a message with the contents of @message; it must have
 * introduced itself. @loss: what came of the overflow policy. @has_room says
 * whether the next one will be taken without that; after FALSE there, or
 * WOULD_BLOCK, the bell rings when room is back. @waiting: what the other side
 * has to take, as counted in limits. */
gboolean hein_inproc_pipe_push (HeinInprocPipe *self,
                                HeinInprocSide side,
                                HeinMessage *message,
                                const HeinInprocTerms *terms,
                                HeinInprocLoss *loss,
                                gboolean *has_room,
                                gsize *waiting,
                                GError **error);
/* So much of what @side sends waits at most, and one message more. Returns
 * whether there is room. */
gboolean hein_inproc_pipe_set_limit (HeinInprocPipe *self,
                                     HeinInprocSide side,
                                     gsize limit);
/* The memory that counts for the bus of @side: messages it has sent, and those
 * from a side that is gone. */
gsize hein_inproc_pipe_get_memory (HeinInprocPipe *self, HeinInprocSide side);
gboolean hein_inproc_pipe_has_room (HeinInprocPipe *self, HeinInprocSide side);
/* Adds those that came for @side, and packs of them, to @messages; under
 * `latest` up to @n_max. What stays can make room for newer ones. From now on
 * the bell does not ring for messages: @side visits the pipe. */
void hein_inproc_pipe_take (HeinInprocPipe *self,
                            HeinInprocSide side,
                            GQueue *messages,
                            guint n_max);
/* Takes those of high priority, and puts them behind the first @n_high (inout)
 * of @messages. */
void hein_inproc_pipe_take_high (HeinInprocPipe *self,
                                 HeinInprocSide side,
                                 GQueue *messages,
                                 guint *n_high);
/* @messages, which were taken, wait again, each before all others of its
 * priority; the first @n_high are of high priority. */
void hein_inproc_pipe_put_back (HeinInprocPipe *self,
                                HeinInprocSide side,
                                GQueue *messages,
                                guint n_high);
/* The bell rings for messages again. Returns whether some wait. */
gboolean hein_inproc_pipe_end_visit (HeinInprocPipe *self, HeinInprocSide side);
/* How many messages the other side has delivered so far: those that it has only
 * taken do not count, since it may take all at once. */
guint64 hein_inproc_pipe_get_n_delivered (HeinInprocPipe *self,
                                          HeinInprocSide side);
/* @side has delivered @n messages; @cost and @high_cost: of those of normal and
 * of high priority together. @spent (transfer container): packs that are empty
 * now. */
void hein_inproc_pipe_settle (HeinInprocPipe *self,
                              HeinInprocSide side,
                              gsize cost,
                              gsize high_cost,
                              guint n,
                              GQueue *spent);
/* Frees memory that what comes for @side has not needed since the last call.
 * Returns whether there may be more. */
gboolean hein_inproc_pipe_trim (HeinInprocPipe *self, HeinInprocSide side);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinInprocBell, hein_inproc_bell_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinInprocPipe, hein_inproc_pipe_unref)

G_END_DECLS
