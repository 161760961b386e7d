/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The commands of CurveZMQ (public specification 26/CURVEZMQ), as they lie
 * behind the header of a frame; what is in [] is a box of the keys named behind
 * it, 16 bytes longer than what it holds. C and S are the long-term keys of the
 * client and the server, C' and S' those of this connection.
 *
 *   HELLO     5 "HELLO" │ 01 00 │ 72 zeros │ C' │ nonce (8)
 *             │ [64 zeros] C'→S                                   200 bytes
 *   WELCOME   7 "WELCOME" │ nonce (16) │ [S' │ cookie (96)] S→C'  168 bytes
 *   INITIATE  8 "INITIATE" │ cookie (96) │ nonce (8)
 *             │ [C │ vouch (96) │ pairs] C'→S'
 *   READY     5 "READY" │ nonce (8) │ [pairs] S'→C'
 *   MESSAGE   7 "MESSAGE" │ nonce (8) │ [flags (1) │ body of a frame] C'↔S'
 *
 *   cookie    nonce (16) │ [C' │ s'] by a key that only the server has
 *   vouch     nonce (16) │ [C' │ S] C→S'
 *
 * A stranger that sends 200 bytes gets 168.
 */
#define CURVE_KEY_SIZE     32
#define CURVE_TAG_SIZE     16
#define CURVE_SHORT_SIZE   8  /* of a nonce that counts */
#define CURVE_LONG_SIZE    16 /* of a nonce that is random */
#define CURVE_HELLO_SIZE   200
#define CURVE_WELCOME_SIZE 168
#define CURVE_COOKIE_SIZE  96
#define CURVE_VOUCH_SIZE   96
#define CURVE_INITIATE_MIN (9 + 96 + 8 + 16 + 32 + 96)
#define CURVE_READY_MIN    (6 + 8 + 16)
#define CURVE_MESSAGE_HEAD (8 + 8)
#define CURVE_MESSAGE_MIN  (CURVE_MESSAGE_HEAD + 16 + 1)
#define CURVE_COMMAND_MAX  4096 /* as of READY without CURVE */

/* Flags in a MESSAGE. Between heins it need not be one frame: it may be the next
 * piece of the stream of frames, headers included. */
enum
{
  CURVE_MORE = 0x01,
  CURVE_COMMAND = 0x02,
  CURVE_STREAM = 0x80
};

typedef enum
{
  CURVE_WORD_NONE, /* unknown, or of a wrong size */
  CURVE_WORD_HELLO,
  CURVE_WORD_WELCOME,
  CURVE_WORD_INITIATE,
  CURVE_WORD_READY,
  CURVE_WORD_MESSAGE,
  CURVE_WORD_ERROR
} CurveWordKind;

/* Where the parts of a command lie in it; NULL when it has none of that kind. */
typedef struct
{
  CurveWordKind kind;
  const guint8 *key;    /* CURVE_KEY_SIZE bytes */
  const guint8 *cookie; /* CURVE_COOKIE_SIZE bytes */
  const guint8 *nonce;  /* CURVE_SHORT_SIZE bytes, CURVE_LONG_SIZE in WELCOME */
  const guint8 *box;
  gsize box_size; /* CURVE_TAG_SIZE at least */
} CurveWord;

/* Looks at the body of a frame. FALSE when it is no such command, or has a
 * wrong size, or is of another version of CURVE. */
gboolean curve_word_parse (const guint8 *body, gsize size, CurveWord *word);
/* "HELLO", … */
const char *curve_word_get_name (CurveWordKind kind);

guint64 curve_get_u64 (const guint8 *from);
void curve_put_u64 (guint8 *to, guint64 value);

G_END_DECLS
