/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <zmq.h>

#include "hein-test.h"

/* A bus and a socket of libzmq that meet. */
typedef struct
{
  void *context;
  void *socket;
  HeinTestBus *bus;
  char *uri;
  GThread *zap; /* nullable: ends with the context */
} LibzmqPair;

/* Of addresses: "tcp", as at first, or "ws". FALSE: libzmq was built without. */
gboolean libzmq_pair_use (const char *name);
/* @listens: hein does, and libzmq dials; else the other way round. */
LibzmqPair *libzmq_pair_new (int type, gboolean listens);
void libzmq_pair_free (LibzmqPair *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LibzmqPair, libzmq_pair_free)
/* Makes another context and socket, which neither listen nor dial yet. */
void *libzmq_pair_open (LibzmqPair *self, int type, gboolean listens);

/* Turns the bus until libzmq has a frame. */
GBytes *libzmq_pair_wait_for_frame (LibzmqPair *self, gboolean *more);
void libzmq_pair_expect (LibzmqPair *self, const char *text, gboolean is_last);
void libzmq_pair_give (LibzmqPair *self, const char *text, gboolean is_last);

/* Of a message that hein has received. */
const char *libzmq_pair_get_topic (LibzmqPair *self, guint index);
void libzmq_pair_assert_payload (LibzmqPair *self,
                                 guint index,
                                 const char *expected);

/* libzmq's own threads make progress without us, so the bus is turned in
 * short waits until what we wait for is there. */
#define libzmq_pair_wait(self, condition)                                      \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;               \
    int events;                                                                \
    gsize events_size = sizeof events;                                         \
                                                                               \
    while (!(condition))                                                       \
      {                                                                        \
        zmq_getsockopt ((self)->socket, ZMQ_EVENTS, &events, &events_size);    \
        hein_bus_turn ((self)->bus->bus, 1);                                   \
        g_assert_cmpint (g_get_monotonic_time (), <, end_us);                  \
      }                                                                        \
  }                                                                            \
  G_STMT_END
