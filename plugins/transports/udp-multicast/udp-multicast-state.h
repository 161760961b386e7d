/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "datagram/mc-header.h"
#include "format/mc-format.h"
#include "keys/mc-key-watch.h"

G_BEGIN_DECLS

/*
 * What the files of the transport share: the options of its address and its
 * data.
 */

typedef enum
{
  MC_FORMAT_AUTO, /* hein with a key, else plain */
  MC_FORMAT_PLAIN,
  MC_FORMAT_MULTISOCK,
  MC_FORMAT_HEIN
} McFormatKind;

typedef enum
{
  MC_DIALECT_K,
  MC_DIALECT_D
} McDialect;

#define HEIN_TYPE_UDP_MULTICAST (hein_udp_multicast_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinUdpMulticast, hein_udp_multicast, HEIN, UDP_MULTICAST, HeinTransport)

/* What an address says; texts are owned and nullable. */
typedef struct
{
  char *interface;
  char *key_file;
  char *key_ring_file;
  char *passphrase_file;
  char *key; /* of multisock, and its iv */
  char *iv;
  McFormatKind format;
  McSuite suite;
  McDialect dialect;
  int ttl;
  guint mtu;
  guint64 rate;
  gboolean loopback;
  gboolean reliable;
  gboolean objects;
} McOptions;

struct _HeinUdpMulticast
{
  HeinTransport parent_instance;

  McOptions options;

  GInetSocketAddress *group;
  McKeyWatch *watch; /* nullable: there is no file that may change */
  McSocket *socket;
  McFormat format;
  GSource *source; /* its descriptors and its time */
  gpointer group_tag;
  gpointer own_tag;
  GNetworkMonitor *monitor;
  pid_t pid;       /* that opened it; 0: nobody yet */
  gint wants_join; /* atomic */
  gint64 join_us;
  gint64 now_us;         /* while it reads */
  guint n_received;      /* since the clock was read */
  gboolean has_more;     /* to be read, of a simulated network */
  gboolean is_scheduled; /* it is called before the turn ends */
  gboolean is_blocked;   /* the kernel takes no more for now */
  gboolean is_inside;    /* of dispatch: its object is not freed */
  gboolean is_closed;
  gboolean is_finishing; /* closes when everything has gone out */
  gboolean is_full;      /* a message was refused for that */
  gboolean has_failed;   /* to join: it was told, and not well since */
  gboolean has_trouble;  /* on the wire: the same */
  gint64 trouble_us;     /* when there was some */
  gsize memory_max;      /* of the bus: memory-limit */
  gboolean is_tight;     /* it is reached, and much of it is ours */
  guint n_paused;        /* peers that are not to be read */
  McSocketStats told;    /* what of the socket's figures the bus knows */
};

G_END_DECLS
