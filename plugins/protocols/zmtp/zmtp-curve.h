/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "zmtp-step.h"

G_BEGIN_DECLS

/*
 * CURVE on one connection (25/ZMTP-CURVE, 26/CURVEZMQ):
 *
 *   client          server
 *   HELLO ─────────▶         opened with S, whoever it is from
 *         ◀───────── WELCOME
 *   INITIATE ──────▶         here C is proved, and looked up
 *         ◀───────── READY   once the name is admitted
 *   MESSAGE ◀──────▶ MESSAGE each a frame, or between heins a piece of the stream
 */
typedef struct _ZmtpCurve ZmtpCurve;

/* Reads the files that the options of an address name. @curve: NULL; or what is
 * kept of them, to be given to zmtp_curve_settings_free(). */
typedef struct _CurveSetup ZmtpCurveSettings;
ZmtpCurveSettings *zmtp_curve_settings_new (const char *key_file,
                                            const char *peers,
                                            const char *server,
                                            GError **error);
void zmtp_curve_settings_free (ZmtpCurveSettings *self);

ZmtpCurve *zmtp_curve_new (ZmtpCurveSettings *settings, gint64 now_us);
void zmtp_curve_free (ZmtpCurve *self);
gboolean zmtp_curve_is_server (const ZmtpCurve *self);

/* The greetings are there. */
void zmtp_curve_start (ZmtpCurve *self, HeinWire *wire);
/* A command came. *pairs: with HEARD, what READY says without CURVE. */
ZmtpStep zmtp_curve_take (ZmtpCurve *self,
                          HeinWire *wire,
                          const guint8 *body,
                          gsize size,
                          GByteArray **pairs,
                          GError **error);
/* Says what this side is. */
void zmtp_curve_put_pairs (ZmtpCurve *self,
                           HeinWire *wire,
                           const guint8 *pairs,
                           gsize size);
/* The name that the certificate of the other side is for; NULL: any. */
const char *zmtp_curve_get_name (const ZmtpCurve *self);
/* "curve:" and the public key of the other side in Z85. (transfer full) */
char *zmtp_curve_dup_security (const ZmtpCurve *self);
/* FALSE with @error when the key of the other side is trusted no more. */
gboolean zmtp_curve_review (ZmtpCurve *self, gint64 now_us, GError **error);
/* How often that is to be asked. */
#define ZMTP_CURVE_REVIEW_US (400 * 1000)

/* From now on MESSAGEs come and go. @streams: the other side is a hein. */
void zmtp_curve_begin (ZmtpCurve *self, gboolean streams);
/* Seals the frames, or pieces of frames, at @data, and appends them to
 * @sealed. */
void zmtp_curve_seal (ZmtpCurve *self,
                      const guint8 *data,
                      gsize size,
                      GByteArray *sealed);
/* Opens the MESSAGEs at @data, and appends their contents to @frames, until
 * that holds @enough bytes. Returns how many bytes it used, or -1 with @error;
 * sets *expected to the size of a MESSAGE that is incomplete. */
gssize zmtp_curve_open (ZmtpCurve *self,
                        HeinWire *wire,
                        const guint8 *data,
                        gsize size,
                        GByteArray *frames,
                        gsize enough,
                        gsize *expected,
                        GError **error);

G_END_DECLS
