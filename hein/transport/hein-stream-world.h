/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "base/hein-address.h"
#include "io/hein-loop.h"
#include "io/hein-stream.h"
#include "io/hein-world-net.h"

/* Listening and dialling in a simulated world, in place of sockets. */

G_BEGIN_DECLS

typedef void (*HeinStreamAcceptFunc) (HeinStream *stream,
                                      GSocketAddress *from,
                                      gpointer data);
/* @stream: NULL with @error. */
typedef void (*HeinStreamDialFunc) (HeinStream *stream,
                                    GSocketAddress *address,
                                    const GError *error,
                                    gpointer data);

typedef struct
{
  HeinWorldPort port;
  HeinWorldDial dial;
  HeinStreamAcceptFunc accepted;
  HeinStreamDialFunc dialled;
  gpointer data;
} HeinStreamWorld;

/* Returns the address that the world gave, or NULL with @error. */
GSocketAddress *hein_stream_world_listen (HeinStreamWorld *self,
                                          HeinLoop *loop,
                                          const HeinAddress *address,
                                          GError **error);
GSocketAddress *hein_stream_world_look_up (HeinLoop *loop,
                                           const HeinWorldAddress *address,
                                           GError **error);
void hein_stream_world_dial (HeinStreamWorld *self,
                             HeinLoop *loop,
                             const HeinWorldAddress *address);
gboolean hein_stream_world_is_dialling (HeinStreamWorld *self);
/* Ends both. */
void hein_stream_world_stop (HeinStreamWorld *self);

G_END_DECLS
