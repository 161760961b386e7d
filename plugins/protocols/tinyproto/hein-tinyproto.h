/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

typedef enum
{
  TINYPROTO_GREETING, /* waits for the first byte */
  TINYPROTO_OFFERED,  /* waits for the verdict of the bus */
  TINYPROTO_IDLE,
  TINYPROTO_ASKED, /* said a LEN, waits for the answer */
  TINYPROTO_OWING, /* accepted, both said a LEN: owes the dialler an answer */
  TINYPROTO_BODY,  /* said yes to a LEN, waits for what it announced */
  TINYPROTO_OVER
} TinyprotoState;

#define HEIN_TYPE_TINYPROTO (hein_tinyproto_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinTinyproto, hein_tinyproto, HEIN, TINYPROTO, HeinProtocol)

struct _HeinTinyproto
{
  HeinProtocol parent_instance;

  /* options */
  guint max_size;
  guint answer_timeout_ms;
  guint turn_ms;

  TinyprotoState state;
  gboolean is_dialled;
  gboolean is_hein;    /* it has outlived a collision: the original does not */
  gint64 active_us;    /* when anything happened last */
  gint64 delivered_us; /* when a message came last */

  /* our message, until its payload is written */
  HeinMessage *message; /* owned; its LEN is said, or has to be said again */
  HeinAudience audience;
  gint64 asked_us;
  gboolean has_collided; /* dialled: a LEN came where the answer is due */
  gint64 zero_us;        /* when a 00 came: an answer, or a LEN begins; or 0 */

  /* the peer's */
  gint64 begun_us; /* since when its LEN is there in part; 0: it is not */
  guint8 begun;    /* the first byte of that */
  guint32 size;
  gint64 size_us;     /* when the LEN was there */
  gint64 body_due_us; /* when some of the body has to be there; 0: no matter */

  /* whose turn it is */
  gboolean is_held;
  gboolean is_pending;
  gint64 released_us;    /* when is_held became FALSE */
  gint64 quiet_until_us; /* no LEN of ours before that */
  guint n_unanswered;    /* messages of ours since one came */
  gint64 gave_way_us;    /* when the peer could speak last */

  GQueue backlog; /* owned: encoded while the connection closes */
};

G_END_DECLS
