/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-security.h"

static gboolean
wants_curve (const HeinZmtp *self)
{
  const ZmtpSecurity *security = self->security;

  return security != NULL &&
         (security->curve_key != NULL || security->curve_peers != NULL ||
          security->curve_server != NULL);
}

static gboolean
wants_plain (const HeinZmtp *self)
{
  const ZmtpSecurity *security = self->security;

  return security != NULL && (security->plain_username != NULL ||
                              security->plain_password_file != NULL ||
                              security->plain_users != NULL);
}

const char *
zmtp_security_get_mechanism (const HeinZmtp *self)
{
  return wants_curve (self) ? "CURVE" : wants_plain (self) ? "PLAIN" : "NULL";
}

static gboolean
check_plain (const ZmtpSecurity *self, GError **error)
{
  const gboolean is_client = self->plain_username != NULL;

  if (self->plain_users == NULL && is_client &&
      self->plain_password_file != NULL)
    return TRUE;
  if (self->plain_users != NULL && !is_client &&
      self->plain_password_file == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "PLAIN takes plain-username and plain-password-file of "
                       "the client, or plain-users of the server");
  return FALSE;
}

static ZmtpPlain *
make_plain (const ZmtpSecurity *self, GError **error)
{
  if (!check_plain (self, error))
    return NULL;
  return self->plain_users != NULL
           ? zmtp_plain_new_server (self->plain_users, error)
           : zmtp_plain_new_client (self->plain_username,
                                    self->plain_password_file, error);
}

/* A connection takes what the endpoint has read. */
static gboolean
ensure_settings (ZmtpSecurity *self, GError **error)
{
  if (self->settings != NULL)
    return TRUE;
  self->module =
    hein_plugin_find_module (ZMTP_CURVE_MODULE, ZMTP_CURVE_MODULE_ABI,
                             sizeof *self->module, error);
  if (self->module == NULL)
    {
      g_prefix_error (error, "encryption by CURVE needs the module of CURVE: ");
      return FALSE;
    }
  self->settings =
    self->module->new_settings (self->curve_key, self->curve_peers,
                                self->curve_server, error);
  return self->settings != NULL;
}

gboolean
zmtp_security_prepare (HeinZmtp *self, HeinSecrecy *secrecy, GError **error)
{
  ZmtpPlain *plain;

  if (wants_curve (self) && wants_plain (self))
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                           "an address has options of CURVE or of PLAIN, not "
                           "both");
      return FALSE;
    }
  if (wants_curve (self))
    {
      *secrecy = HEIN_SECRECY_PROVIDED;
      return ensure_settings (self->security, error);
    }
  if (!wants_plain (self))
    return TRUE;
  *secrecy = HEIN_SECRECY_NEEDED;
  plain = make_plain (self->security, error);
  if (plain != NULL)
    zmtp_plain_free (plain);
  return plain != NULL;
}

gboolean
zmtp_security_begin (HeinZmtp *self, HeinWire *wire, GError **error)
{
  ZmtpSecurity *security = self->security;

  if (wants_curve (self))
    {
      if (!ensure_settings (security, error))
        return FALSE;
      security->curve =
        security->module->new_curve (security->settings,
                                     hein_wire_get_now_us (wire));
      return TRUE;
    }
  if (!wants_plain (self))
    return TRUE;
  security->plain = make_plain (security, error);
  return security->plain != NULL;
}

void
zmtp_security_free (ZmtpSecurity *self)
{
  if (self->curve != NULL)
    self->module->free_curve (self->curve);
  if (self->settings != NULL)
    self->module->free_settings (self->settings);
  g_clear_pointer (&self->plain, zmtp_plain_free);
  g_clear_pointer (&self->opened, g_byte_array_unref);
  g_free (self);
}

/* NULL: the mechanism is another one. */
static ZmtpPlain *
get_plain (const HeinZmtp *self)
{
  return self->security != NULL ? self->security->plain : NULL;
}

gboolean
zmtp_security_is_begun (const HeinZmtp *self)
{
  return zmtp_get_curve (self) != NULL || get_plain (self) != NULL;
}

gboolean
zmtp_security_is_server (const HeinZmtp *self)
{
  ZmtpCurve *curve = zmtp_get_curve (self);
  ZmtpPlain *plain = get_plain (self);

  if (curve != NULL)
    return self->security->module->is_server (curve);
  return plain != NULL && zmtp_plain_is_server (plain);
}

gboolean
zmtp_security_will_serve (const HeinZmtp *self)
{
  return (wants_curve (self) && self->security->curve_server == NULL) ||
         (wants_plain (self) && self->security->plain_users != NULL);
}

gboolean
zmtp_security_start (HeinZmtp *self, HeinWire *wire)
{
  if (zmtp_get_curve (self) != NULL)
    self->security->module->start (zmtp_get_curve (self), wire);
  else if (get_plain (self) != NULL)
    zmtp_plain_start (get_plain (self), wire);
  else
    return TRUE;
  return FALSE;
}

static void
tell (HeinWire *wire, char *security)
{
  if (security != NULL)
    hein_wire_set_security (wire, security);
  g_free (security);
}

ZmtpStep
zmtp_security_take (HeinZmtp *self,
                    HeinWire *wire,
                    const guint8 *body,
                    gsize size,
                    GByteArray **pairs,
                    GError **error)
{
  ZmtpCurve *curve = zmtp_get_curve (self);
  ZmtpPlain *plain = get_plain (self);
  ZmtpStep step =
    curve != NULL
      ? self->security->module->take (curve, wire, body, size, pairs, error)
      : zmtp_plain_take (plain, wire, body, size, pairs, error);

  if (step == ZMTP_STEP_HEARD)
    tell (wire, curve != NULL ? self->security->module->dup_security (curve)
                              : zmtp_plain_dup_security (plain));
  return step;
}

void
zmtp_security_put_pairs (HeinZmtp *self,
                         HeinWire *wire,
                         const guint8 *pairs,
                         gsize size)
{
  if (zmtp_get_curve (self) != NULL)
    self->security->module->put_pairs (zmtp_get_curve (self), wire, pairs,
                                       size);
  else
    zmtp_plain_put_pairs (get_plain (self), wire, pairs, size);
}

void
zmtp_security_end (HeinZmtp *self, HeinWire *wire)
{
  ZmtpCurve *curve = zmtp_get_curve (self);

  if (curve == NULL)
    return;
  self->security->module->begin (curve, self->is_hein);
  hein_wire_begin_sealing (wire);
}

const char *
zmtp_security_get_name (const HeinZmtp *self)
{
  ZmtpCurve *curve = zmtp_get_curve (self);

  return curve != NULL ? self->security->module->get_name (curve) : NULL;
}

gboolean
zmtp_security_review (HeinZmtp *self, gint64 now_us, GError **error)
{
  ZmtpCurve *curve = zmtp_get_curve (self);

  return curve == NULL || self->security->module->review (curve, now_us, error);
}
