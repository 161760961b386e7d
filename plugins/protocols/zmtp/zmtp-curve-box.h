/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-curve-words.h"

G_BEGIN_DECLS

/*
 * The keys of one connection, and the boxes that are made with them. It knows
 * what commands hold, and not when they come.
 */

/* A public key and its secret one. */
typedef struct
{
  guint8 public_key[CURVE_KEY_SIZE];
  guint8 secret_key[CURVE_KEY_SIZE];
} CurvePair;

/* Erased by curve_box_clear, and most of it as soon as it has been used. */
typedef struct
{
  gboolean is_server;
  CurvePair own;                     /* C' of the client; S' of the server */
  guint8 cookie_key[CURVE_KEY_SIZE]; /* of the server */
  guint8 cookie[CURVE_COOKIE_SIZE];  /* of the client */
  guint8 hello_key[CURVE_KEY_SIZE];  /* of C' and S */
  guint8 peer_short[CURVE_KEY_SIZE]; /* C' or S' of the other side */
  guint8 key[CURVE_KEY_SIZE];        /* of C' and S' */
  guint8 out_key[CURVE_KEY_SIZE];    /* of `key` and the nonce of MESSAGE */
  guint8 in_key[CURVE_KEY_SIZE];     /* the same, of the other direction */
  guint64 out_nonce;                 /* of the next box */
  guint64 in_nonce;                  /* of the last one that came */
} CurveBox;

void curve_box_init (CurveBox *self, gboolean is_server);
void curve_box_clear (CurveBox *self);

/* The client. Each returns FALSE when the box was not made with the right keys.
 * @server is S, @client holds C. */
void curve_box_write_hello (CurveBox *self,
                            const guint8 *server,
                            guint8 hello[CURVE_HELLO_SIZE]);
gboolean curve_box_read_welcome (CurveBox *self, const CurveWord *welcome);
/* (transfer full): the whole command. */
GByteArray *curve_box_write_initiate (CurveBox *self,
                                      const CurvePair *client,
                                      const guint8 *server,
                                      const guint8 *pairs,
                                      gsize size);

/* The server. @server holds S; C is written to @client. */
gboolean curve_box_read_hello (CurveBox *self,
                               const CurvePair *server,
                               const CurveWord *hello);
void curve_box_write_welcome (CurveBox *self,
                              guint8 welcome[CURVE_WELCOME_SIZE]);
/* The pairs of the client, or NULL. (transfer full) */
GByteArray *curve_box_read_initiate (CurveBox *self,
                                     const CurvePair *server,
                                     const CurveWord *initiate,
                                     guint8 client[CURVE_KEY_SIZE]);

GByteArray *
curve_box_write_ready (CurveBox *self, const guint8 *pairs, gsize size);
/* The pairs of the server, or NULL. (transfer full) */
GByteArray *curve_box_read_ready (CurveBox *self, const CurveWord *ready);

/* Bytes of a MESSAGE that has @size bytes behind its flags. */
static inline gsize
curve_box_get_message_size (gsize size)
{
  return CURVE_MESSAGE_MIN + size;
}

/* Writes a MESSAGE of curve_box_get_message_size() bytes. */
void curve_box_write_message (CurveBox *self,
                              guint8 flags,
                              const guint8 *data,
                              gsize size,
                              guint8 *message);
/* Opens a MESSAGE into @plain, of box_size - CURVE_TAG_SIZE bytes: flags and
 * data. FALSE: it was made with another key, changed, repeated, or one before
 * it is missing. */
gboolean curve_box_read_message (CurveBox *self,
                                 const CurveWord *message,
                                 guint8 *plain);

G_END_DECLS
