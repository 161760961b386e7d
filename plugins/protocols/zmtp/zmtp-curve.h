/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "zmtp-step.h"

G_BEGIN_DECLS

/*
 * The interface between the zmtp plugin and CURVE, which is in a module of its
 * own, hein-curve.so: it is loaded when an address asks for CURVE, so that no
 * other program loads libsodium. Both come from the same build, and this header
 * may change with every version.
 *
 * CURVE on one connection (25/ZMTP-CURVE, 26/CURVEZMQ):
 *
 *   client          server
 *   HELLO ─────────▶         opened with S, whoever it is from
 *         ◀───────── WELCOME
 *   INITIATE ──────▶         here C is proved, and looked up
 *         ◀───────── READY   once the name is admitted
 *   MESSAGE ◀──────▶ MESSAGE each a frame, or between heins a piece of the stream
 */
#define ZMTP_CURVE_MODULE     "hein-curve"
#define ZMTP_CURVE_MODULE_ABI 2

/* How often `review` is to be called. */
#define ZMTP_CURVE_REVIEW_US (400 * 1000)

typedef struct _ZmtpCurve ZmtpCurve;
/* What is kept of the files that the options of an address name. */
typedef struct _CurveSetup ZmtpCurveSettings;

/* The contents of the symbol `hein_curve_module`. */
typedef struct
{
  guint32 abi;
  guint32 size; /* of this struct */

  /* Reads the files. Errors: those of [property@Zmtp:curve-key] and
   * [property@Zmtp:curve-peers]. */
  ZmtpCurveSettings *(*new_settings) (const char *key_file,
                                      const char *peers,
                                      const char *server,
                                      GError **error);
  void (*free_settings) (ZmtpCurveSettings *self);

  ZmtpCurve *(*new_curve) (ZmtpCurveSettings *settings, gint64 now_us);
  void (*free_curve) (ZmtpCurve *self);
  gboolean (*is_server) (const ZmtpCurve *self);

  /* The greetings are there. */
  void (*start) (ZmtpCurve *self, HeinWire *wire);
  /* A command came. *pairs: with HEARD, what READY says without CURVE. */
  ZmtpStep (*take) (ZmtpCurve *self,
                    HeinWire *wire,
                    const guint8 *body,
                    gsize size,
                    GByteArray **pairs,
                    GError **error);
  /* Says what this side is. */
  void (*put_pairs) (ZmtpCurve *self,
                     HeinWire *wire,
                     const guint8 *pairs,
                     gsize size);
  /* The name that the certificate of the other side is for; NULL: any. */
  const char *(*get_name) (const ZmtpCurve *self);
  /* "curve:" and the public key of the other side in Z85. (transfer full) */
  char *(*dup_security) (const ZmtpCurve *self);
  /* FALSE with @error when the key of the other side is trusted no more. */
  gboolean (*review) (ZmtpCurve *self, gint64 now_us, GError **error);

  /* From now on MESSAGEs come and go. @streams: the other side is a hein. */
  void (*begin) (ZmtpCurve *self, gboolean streams);
  /* Seals the frames, or pieces of frames, at @data, and appends them to
   * @sealed. */
  void (*seal) (ZmtpCurve *self,
                const guint8 *data,
                gsize size,
                GByteArray *sealed);
  /* Opens the MESSAGEs at @data, and appends their contents to @frames, until
   * that holds @enough bytes. Returns how many bytes it used, or -1 with
   * @error; sets *expected to the size of a MESSAGE that is incomplete. */
  gssize (*open) (ZmtpCurve *self,
                  HeinWire *wire,
                  const guint8 *data,
                  gsize size,
                  GByteArray *frames,
                  gsize enough,
                  gsize *expected,
                  GError **error);

  /* A new pair of keys, in Z85: 40 characters and a 0 each. For the command line,
   * which knows this header as well. */
  void (*make_keys) (char public_key[41], char secret_key[41]);
} ZmtpCurveModule;

G_END_DECLS
