/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-world.h"

/* What a simulated world does for the loops that are made in it. */

G_BEGIN_DECLS

typedef struct _HeinLoop HeinLoop;
typedef struct _HeinWorldPlace HeinWorldPlace;
typedef struct _HeinWorldPort HeinWorldPort;
typedef struct _HeinWorldDial HeinWorldDial;

/* Where in its world a loop is; embedded in whatever the world knows of it. */
struct _HeinWorldPlace
{
  HeinWorld *world; /* borrowed */
  HeinLoop *loop;   /* borrowed */
};

/* An address as a URI has it, of which a world may have another one. */
typedef struct
{
  const char *host; /* empty: that of the place */
  int port;         /* -1: there is none, and @path counts */
  const char *path;
} HeinWorldAddress;

/* An address on which a loop listens; embedded in its owner. */
struct _HeinWorldPort
{
  HeinLoop *loop;
  gpointer side;           /* of the world; NULL: it does not listen */
  GSocketAddress *address; /* owned: what the world made of the address */
  /* In a job of the loop. @fd: connected, non-blocking; the callee owns it. */
  void (*accepted) (HeinWorldPort *self, int fd, GSocketAddress *from);
};

/* One attempt to connect; embedded in its owner. */
struct _HeinWorldDial
{
  HeinLoop *loop;
  gpointer side; /* of the world; NULL: it is not under way */
  /* Called once, in a job of the loop. @fd: -1 with @error. */
  void (*done) (HeinWorldDial *self,
                int fd,
                GSocketAddress *address,
                const GError *error);
};

struct _HeinWorldFuncs
{
  /* Turns @loop from now on: @turn is to be called with @bus when its
   * descriptor is readable or a timer is due. */
  HeinWorldPlace *(*enter) (HeinWorld *self,
                            HeinLoop *loop,
                            void (*turn) (gpointer bus),
                            gpointer bus);
  void (*leave) (HeinWorldPlace *place);
  /* Lets others go on until @place has something to do, or until @end_us. */
  void (*wait) (HeinWorldPlace *place, gint64 end_us);
  gboolean (*listen) (HeinWorldPlace *place,
                      const HeinWorldAddress *address,
                      HeinWorldPort *port,
                      GError **error);
  void (*stop) (HeinWorldPort *port);
  /* Returns the address that @done will be given, for checks before. */
  GSocketAddress *(*look_up) (HeinWorldPlace *place,
                              const HeinWorldAddress *address,
                              GError **error);
  void (*dial) (HeinWorldPlace *place,
                const HeinWorldAddress *address,
                HeinWorldDial *dial);
  void (*cancel) (HeinWorldDial *dial);
};

G_END_DECLS
