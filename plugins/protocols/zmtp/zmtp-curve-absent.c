/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-curve.h"

/* What stands in for CURVE where libsodium was not there: no address that asks
 * for it can be opened, and so nothing but the first function is called. */

ZmtpCurveSettings *
zmtp_curve_settings_new (const char *key_file,
                         const char *peers,
                         const char *server,
                         GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN,
                       "CURVE is not in this zmtp, which was built without "
                       "libsodium");
  return NULL;
}

void
zmtp_curve_settings_free (ZmtpCurveSettings *self)
{
}

ZmtpCurve *
zmtp_curve_new (ZmtpCurveSettings *settings, gint64 now_us)
{
  return NULL;
}

void
zmtp_curve_free (ZmtpCurve *self)
{
}

gboolean
zmtp_curve_is_server (const ZmtpCurve *self)
{
  return FALSE;
}

void
zmtp_curve_start (ZmtpCurve *self, HeinWire *wire)
{
}

ZmtpStep
zmtp_curve_take (ZmtpCurve *self,
                 HeinWire *wire,
                 const guint8 *body,
                 gsize size,
                 GByteArray **pairs,
                 GError **error)
{
  return ZMTP_STEP_FAILED;
}

void
zmtp_curve_put_pairs (ZmtpCurve *self,
                      HeinWire *wire,
                      const guint8 *pairs,
                      gsize size)
{
}

const char *
zmtp_curve_get_name (const ZmtpCurve *self)
{
  return NULL;
}

char *
zmtp_curve_dup_security (const ZmtpCurve *self)
{
  return NULL;
}

gboolean
zmtp_curve_review (ZmtpCurve *self, gint64 now_us, GError **error)
{
  return TRUE;
}

void
zmtp_curve_begin (ZmtpCurve *self, gboolean streams)
{
}

void
zmtp_curve_seal (ZmtpCurve *self,
                 const guint8 *data,
                 gsize size,
                 GByteArray *sealed)
{
}

gssize
zmtp_curve_open (ZmtpCurve *self,
                 HeinWire *wire,
                 const guint8 *data,
                 gsize size,
                 GByteArray *frames,
                 gsize enough,
                 gsize *expected,
                 GError **error)
{
  return 0;
}
