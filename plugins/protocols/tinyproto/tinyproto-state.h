/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include <hein/hein.h>

G_BEGIN_DECLS

#define TINYPROTO_GO   0xff /* also the handshake */
#define TINYPROTO_NO   0x00
#define TINYPROTO_FULL 0xfe

#define TINYPROTO_SIZE_SIZE 4

/* A 00 that nothing follows for this long is a refusal, not a LEN; and an FF
 * that nothing follows is an answer that nobody asked for. */
#define TINYPROTO_DOUBT_US (200 * 1000)

typedef enum
{
  TINYPROTO_GREETING, /* waits for the first byte */
  TINYPROTO_OFFERED,  /* waits for the verdict of the bus */
  TINYPROTO_IDLE,
  TINYPROTO_ASKED, /* said a LEN, waits for the answer */
  TINYPROTO_OWING, /* accepted, both said a LEN: owes the dialler an answer */
  TINYPROTO_BODY,  /* accepted a LEN, waits for the payload that it announced */
  TINYPROTO_OVER
} TinyprotoState;

typedef struct _HeinTinyproto HeinTinyproto;

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
  gint64 delivered_us; /* when a message came last */

  /* our message, until its payload is written */
  HeinMessage *message; /* owned; its LEN is said, or has to be said again */
  HeinAudience audience;
  gint64 asked_us;
  gboolean has_collided; /* dialled: a LEN came where the answer is due */
  gint64 zero_us;        /* when a 00 came: an answer, or a LEN begins; or 0 */
  gboolean has_rest;     /* more came behind it: a LEN has begun */

  /* the peer's */
  gint64 begun_us; /* since when its LEN is there in part; 0: it is not */
  guint8 begun;    /* the first byte of that */
  guint32 size;
  gint64 size_us;     /* when the LEN was there */
  gint64 body_due_us; /* when some of the body has to be there; 0: no matter */

  /* whose turn it is */
  gboolean is_held;
  gint64 quiet_until_us; /* no LEN of ours before that */
  guint n_unanswered;    /* messages of ours since one came */
  gint64 gave_way_us;    /* when the peer could speak last */
};

static inline void
tinyproto_put_byte (HeinWire *wire, guint8 byte)
{
  hein_wire_put (wire, &byte, 1);
}

static inline guint32
tinyproto_read_size (const guint8 *data)
{
  guint32 size;

  memcpy (&size, data, sizeof size);
  return GUINT32_FROM_BE (size);
}

static inline gint64
tinyproto_get_turn_us (const HeinTinyproto *self)
{
  return (gint64) self->turn_ms * 1000;
}

/* Ends the connection. */
static inline void
tinyproto_fail (HeinTinyproto *self, HeinWire *wire, int code, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (HEIN_ERROR, code, text);

  self->state = TINYPROTO_OVER;
  hein_wire_fail (wire, error);
}

G_END_DECLS
