/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "socket/mc-socket.h"

G_BEGIN_DECLS

/*
 * What a group speaks: messages to datagrams and back, and who is a peer. It
 * writes to the socket, which is flushed by its owner.
 */
typedef struct
{
  /* @peer NULL: to all */
  gboolean (*send) (gpointer self,
                    HeinPeer *peer,
                    HeinMessage *message,
                    GError **error);
  void (*receive) (gpointer self,
                   const McAddress *from,
                   const guint8 *data,
                   gsize size,
                   gint64 now_us);
  /* Before the socket is flushed, and when its time has come: returns when that
   * is next, G_MAXINT64: never. */
  gint64 (*tick) (gpointer self, gint64 now_us);
  /* Nothing is received from now on, or it is again: those that could not be
   * heard are not silent. */
  void (*pause) (gpointer self, gboolean paused, gint64 now_us);
  /* Whether everything sent has gone out, and was repaired as far as anybody
   * asked. Gives what it can to the socket, and delivers nothing. */
  gboolean (*is_done) (gpointer self, gint64 now_us);
  /* The memory of the messages that it holds, in bytes; NULL: it holds none for
   * long. */
  gsize (*get_memory) (gpointer self);
  /* For each thing that it holds them for there is @limit. @is_tight: all of it
   * together is too much, and some has to go. With get_memory. */
  void (*set_limit) (gpointer self, gsize limit, gboolean is_tight);
  /* Says goodbye, and removes the peers from the bus. It may be called from
   * inside of `receive` and `tick`, when the application closes what it hears:
   * so nothing is freed. */
  void (*finish) (gpointer self);
  void (*free) (gpointer self);
} McFormatFuncs;

typedef struct
{
  const McFormatFuncs *funcs;
  gpointer self; /* owned */
} McFormat;

G_END_DECLS
