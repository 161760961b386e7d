/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-security.h"

static gboolean
wants_curve (const HeinZmtp *self)
{
  return self->curve_key != NULL || self->curve_peers != NULL ||
         self->curve_server != NULL;
}

static gboolean
wants_plain (const HeinZmtp *self)
{
  return self->plain_username != NULL || self->plain_password_file != NULL ||
         self->plain_users != NULL;
}

const char *
zmtp_security_get_mechanism (const HeinZmtp *self)
{
  return wants_curve (self) ? "CURVE" : wants_plain (self) ? "PLAIN" : "NULL";
}

static gboolean
check_plain (const HeinZmtp *self, GError **error)
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
make_plain (const HeinZmtp *self, GError **error)
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
ensure_settings (HeinZmtp *self, GError **error)
{
  if (self->settings == NULL)
    self->settings =
      zmtp_curve_settings_new (self->curve_key, self->curve_peers,
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
      return ensure_settings (self, error);
    }
  if (!wants_plain (self))
    return TRUE;
  *secrecy = HEIN_SECRECY_NEEDED;
  plain = make_plain (self, error);
  if (plain != NULL)
    zmtp_plain_free (plain);
  return plain != NULL;
}

gboolean
zmtp_security_begin (HeinZmtp *self, HeinWire *wire, GError **error)
{
  if (wants_curve (self))
    {
      if (!ensure_settings (self, error))
        return FALSE;
      self->curve =
        zmtp_curve_new (self->settings, hein_wire_get_now_us (wire));
      return TRUE;
    }
  if (wants_plain (self))
    self->plain = make_plain (self, error);
  return self->plain != NULL || !wants_plain (self);
}

void
zmtp_security_clear (HeinZmtp *self)
{
  g_clear_pointer (&self->curve, zmtp_curve_free);
  g_clear_pointer (&self->settings, zmtp_curve_settings_free);
  g_clear_pointer (&self->plain, zmtp_plain_free);
  g_free (self->curve_key);
  g_free (self->curve_peers);
  g_free (self->curve_server);
  g_free (self->plain_username);
  g_free (self->plain_password_file);
  g_free (self->plain_users);
}

gboolean
zmtp_security_is_server (const HeinZmtp *self)
{
  if (self->curve != NULL)
    return zmtp_curve_is_server (self->curve);
  return self->plain != NULL && zmtp_plain_is_server (self->plain);
}

gboolean
zmtp_security_start (HeinZmtp *self, HeinWire *wire)
{
  if (self->curve != NULL)
    zmtp_curve_start (self->curve, wire);
  else if (self->plain != NULL)
    zmtp_plain_start (self->plain, wire);
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
  ZmtpStep step =
    self->curve != NULL
      ? zmtp_curve_take (self->curve, wire, body, size, pairs, error)
      : zmtp_plain_take (self->plain, wire, body, size, pairs, error);

  if (step == ZMTP_STEP_HEARD)
    tell (wire, self->curve != NULL ? zmtp_curve_dup_security (self->curve)
                                    : zmtp_plain_dup_security (self->plain));
  return step;
}

void
zmtp_security_put_pairs (HeinZmtp *self,
                         HeinWire *wire,
                         const guint8 *pairs,
                         gsize size)
{
  if (self->curve != NULL)
    zmtp_curve_put_pairs (self->curve, wire, pairs, size);
  else
    zmtp_plain_put_pairs (self->plain, wire, pairs, size);
}

void
zmtp_security_end (HeinZmtp *self, HeinWire *wire)
{
  if (self->curve == NULL)
    return;
  zmtp_curve_begin (self->curve, self->is_hein);
  hein_wire_begin_sealing (wire);
}

const char *
zmtp_security_get_name (const HeinZmtp *self)
{
  return self->curve != NULL ? zmtp_curve_get_name (self->curve) : NULL;
}

gboolean
zmtp_security_review (HeinZmtp *self, gint64 now_us, GError **error)
{
  return self->curve == NULL || zmtp_curve_review (self->curve, now_us, error);
}
