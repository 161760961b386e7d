/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-world.h"

/* What a simulated world does for the loops that are made in it. */

G_BEGIN_DECLS

/* What a watch or a stream has in place of a descriptor when it is one that the
 * world knows, and the kernel does not: numbers from here down. */
#define HEIN_WORLD_FD_FIRST (-2)

struct epoll_event;
struct sockaddr;
struct sockaddr_storage;

typedef struct _HeinLoop HeinLoop;
typedef struct _HeinWatch HeinWatch;
typedef struct _HeinStream HeinStream;
typedef struct _HeinWorldPlace HeinWorldPlace;
typedef struct _HeinWorldPort HeinWorldPort;
typedef struct _HeinWorldDial HeinWorldDial;
typedef struct _HeinWorldSocket HeinWorldSocket;
typedef struct _HeinWorldSocketFuncs HeinWorldSocketFuncs;

/* Where in its world a loop is; embedded in whatever the world knows of it. */
struct _HeinWorldPlace
{
  HeinWorld *world; /* borrowed */
  HeinLoop *loop;   /* borrowed */
  /* The loop has descriptors of the real world that may be ready. */
  gboolean has_ready;
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
  /* In a job of the loop. The callee owns @stream. */
  void (*accepted) (HeinWorldPort *self,
                    HeinStream *stream,
                    GSocketAddress *from);
};

/* One attempt to connect; embedded in its owner. */
struct _HeinWorldDial
{
  HeinLoop *loop;
  gpointer side; /* of the world; NULL: it is not under way */
  /* Called once, in a job of the loop. The callee owns @stream, which is NULL
   * with @error. */
  void (*done) (HeinWorldDial *self,
                HeinStream *stream,
                GSocketAddress *address,
                const GError *error);
};

/* What UDP can carry over IPv4. */
#define HEIN_WORLD_DATAGRAM_MAX 65507

/* One that is to be sent. */
typedef struct
{
  const struct sockaddr *to;
  const guint8 *data;
  gsize size;
  gboolean stays;      /* one to a group does not leave the host */
  gboolean comes_back; /* one to a group is heard on the host, too */
} HeinWorldDatagram;

/* A socket of datagrams; made by the world, and the beginning of its own
 * struct. */
struct _HeinWorldSocket
{
  const HeinWorldSocketFuncs *funcs;
};

/* What the functions of hein-datagrams.h do. */
struct _HeinWorldSocketFuncs
{
  void (*close) (HeinWorldSocket *self);
  void (*get_address) (HeinWorldSocket *self, struct sockaddr_storage *address);
  void (*send) (HeinWorldSocket *self, const HeinWorldDatagram *datagram);
  gboolean (*receive) (HeinWorldSocket *self,
                       struct sockaddr_storage *from,
                       guint8 *data,
                       gsize *size);
  guint64 (*get_n_overrun) (HeinWorldSocket *self);
};

typedef gboolean (*HeinWorldTurnFunc) (gpointer bus);

/* Whether the loop waits, within a turn, while others go on. */
gboolean hein_loop_is_waiting (HeinLoop *self);

struct _HeinWorldFuncs
{
  /* Turns @loop from now on: @turn is to be called with @bus when it has
   * something to do. It returns FALSE when the bus cannot be turned now. */
  HeinWorldPlace *(*enter) (HeinWorld *self,
                            HeinLoop *loop,
                            HeinWorldTurnFunc turn,
                            gpointer bus);
  void (*leave) (HeinWorldPlace *place);
  /* Lets others go on until @place has something to do, or until @end_us. */
  void (*wait) (HeinWorldPlace *place, gint64 end_us);
  /* Has the loop turned: now, or when @due_us comes. */
  void (*wake) (HeinWorldPlace *place);
  void (*arm) (HeinWorldPlace *place, gint64 due_us);
  gboolean (*is_ready) (HeinWorldPlace *place);
  /* What g_source_set_ready_time() does, in the time of the world. */
  void (*set_ready_time) (HeinWorld *self, GSource *source, gint64 ready_us);

  /* What an epoll set does, for streams of the world. `watch` is also called
   * when what @watch wants has changed; `fetch` returns how many are ready. */
  void (*watch) (HeinWorldPlace *place, HeinWatch *watch);
  void (*unwatch) (HeinWorldPlace *place, HeinWatch *watch);
  int (*fetch) (HeinWorldPlace *place, struct epoll_event *ready, int n_max);
  /* What a kernel knows of a socket: how many bytes have not arrived yet, and
   * whether the other side has reset the connection. */
  gsize (*count_unsent) (HeinWorld *self, int fd);
  gboolean (*was_reset) (HeinWorld *self, int fd);

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
  HeinWorldSocket *(*open) (HeinWorldPlace *place,
                            const struct sockaddr *address,
                            void (*ready) (gpointer data),
                            gpointer data);
};

G_END_DECLS
