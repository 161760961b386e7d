/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "soc-frames.h"

G_BEGIN_DECLS

typedef enum
{
  SOC_FIRST_ACK,  /* dialled: waits to be told that it may say its name */
  SOC_NAME,       /* accepted: waits for the name */
  SOC_SECOND_ACK, /* dialled: waits for the verdict of the other side */
  SOC_OFFERED,    /* waits for the verdict of the bus */
  SOC_UP,
  SOC_OVER
} SocState;

#define SOC_NAME_MAX 15

#define HEIN_TYPE_SOC (hein_soc_get_type ())
G_DECLARE_FINAL_TYPE (HeinSoc, hein_soc, HEIN, SOC, HeinProtocol)

/* Since everything was acknowledged. */
typedef struct
{
  guint64 n_before; /* messages sent until then */
  guint64 n_frames; /* put since then, of messages and pings */
  guint64 n_pings;  /* of these */
  guint64 n_acks;
} SocUnacked;

struct _HeinSoc
{
  HeinProtocol parent_instance;

  /* options */
  SocDialect dialect;
  guint ack_timeout_ms;

  SocState state;
  gboolean is_dialled; /* a receiver; who accepts is the transmitter */

  /* the name that comes without an end */
  char name[SOC_NAME_MAX + 1];
  gsize name_size;
  gint64 named_us; /* when its last bytes came */

  /* transmitter */
  gint64 unacked_us; /* since when an acknowledgement is due; 0: none is */
  gsize unacked;     /* bytes since the last one */
  SocUnacked out;
  gint64 pinged_us; /* 0: no ping is out */

  /* receiver */
  gsize scanned; /* bytes of the next frame that hold no end */
};

G_END_DECLS
