/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-zmtp.h"
#include "options/hein-options.h"
#include "zmtp-command.h"
#include "zmtp-delivery.h"
#include "zmtp-handshake.h"
#include "zmtp-message.h"
#include "zmtp-receive.h"
#include "zmtp-receive-sealed.h"
#include "zmtp-security.h"

#include <gmodule.h>

/*
 * ZMTP 3.1 (37/ZMTP) with the mechanisms NULL, PLAIN and CURVE; README.md has
 * the picture, which of NULL is
 *
 *   dialler          acceptor
 *   greeting ──────▶
 *            ◀────── greeting
 *   READY ─────────▶            when the 64 bytes are there, not before
 *            ◀────── READY      of the type that fits, when the name is in
 *   messages ◀─────▶ messages
 */

#define HEIN_TYPE_ZMTP_TYPE        (hein_zmtp_type_get_type ())
#define HEIN_TYPE_ZMTP_TOPIC_FRAME (hein_zmtp_topic_frame_get_type ())
#define HEIN_TYPE_ZMTP_IDENTITY    (hein_zmtp_identity_get_type ())

static GType hein_zmtp_type_get_type (void);
static GType hein_zmtp_topic_frame_get_type (void);
static GType hein_zmtp_identity_get_type (void);

G_DEFINE_FINAL_TYPE (HeinZmtp, hein_zmtp, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinZmtp,
                    hein_zmtp,
                    PROTOCOL,
                    "zmtp",
                    "zmtp",
                    "ZMTP 3.1: hein's own, and every ZeroMQ socket's")

static GType
register_enum (const char *name, const GEnumValue *values)
{
  return g_enum_register_static (g_intern_static_string (name), values);
}

static GType
hein_zmtp_type_get_type (void)
{
  static gsize type;
  static GEnumValue values[ZMTP_XSUB + 2];

  if (g_once_init_enter (&type))
    {
      for (int i = 0; i <= ZMTP_XSUB; i++)
        {
          g_autofree char *nick = g_ascii_strdown (zmtp_type_get_name (i), -1);

          values[i].value = i;
          values[i].value_name = zmtp_type_get_name (i);
          values[i].value_nick = g_intern_string (nick);
        }
      g_once_init_leave (&type, register_enum ("HeinZmtpType", values));
    }
  return type;
}

static GType
hein_zmtp_topic_frame_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { ZMTP_TOPIC_AUTO, "ZMTP_TOPIC_AUTO", "auto" },
    { ZMTP_TOPIC_ALWAYS, "ZMTP_TOPIC_ALWAYS", "always" },
    { ZMTP_TOPIC_NEVER, "ZMTP_TOPIC_NEVER", "never" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("HeinZmtpTopicFrame", values));
  return type;
}

static GType
hein_zmtp_identity_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { ZMTP_IDENTITY_AUTO, "ZMTP_IDENTITY_AUTO", "auto" },
    { ZMTP_IDENTITY_YES, "ZMTP_IDENTITY_YES", "yes" },
    { ZMTP_IDENTITY_NO, "ZMTP_IDENTITY_NO", "no" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("HeinZmtpIdentity", values));
  return type;
}

static gboolean
hein_zmtp_prepare (HeinProtocol *protocol,
                   HeinRole role,
                   HeinSecrecy *secrecy,
                   GError **error)
{
  return zmtp_security_prepare (HEIN_ZMTP (protocol), secrecy, error);
}

static void
hein_zmtp_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  zmtp_handshake_start (HEIN_ZMTP (protocol), wire, dialled);
}

static gssize
hein_zmtp_consume (HeinProtocol *protocol,
                   HeinWire *wire,
                   GBytes *bytes,
                   GError **error)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  switch (self->state)
    {
    case ZMTP_GREETING:
      return zmtp_handshake_take_greeting (self, wire, data, size, error);
    case ZMTP_PROVING:
      return zmtp_handshake_take_proof (self, wire, data, size, error);
    case ZMTP_READY:
      return zmtp_handshake_take_ready (self, wire, data, size, error);
    case ZMTP_UP:
      if (G_UNLIKELY (zmtp_get_curve (self) != NULL))
        return zmtp_receive_sealed (self, wire, data, size, error);
      return zmtp_receive (self, wire, data, size, error);
    case ZMTP_OFFERED:
      return 0; /* it stays until the verdict */
    case ZMTP_OVER:
    default:
      return size;
    }
}

static gboolean
hein_zmtp_encode (HeinProtocol *protocol,
                  HeinWire *wire,
                  HeinMessage *message,
                  GError **error)
{
  return zmtp_message_encode (HEIN_ZMTP (protocol), wire, message, error);
}

static void
hein_zmtp_encode_delivery (HeinProtocol *protocol,
                           HeinWire *wire,
                           HeinMessage *message,
                           guint64 delivery,
                           guint32 remaining_ms)
{
  zmtp_delivery_encode (wire, message, delivery, remaining_ms);
}

static void
hein_zmtp_admitted (HeinProtocol *protocol,
                    HeinWire *wire,
                    const GError *refusal)
{
  zmtp_handshake_finish (HEIN_ZMTP (protocol), wire, refusal);
}

static void
hein_zmtp_subscription (HeinProtocol *protocol,
                        HeinWire *wire,
                        const char *prefix,
                        gboolean wanted)
{
  zmtp_command_put_subscription (HEIN_ZMTP (protocol), wire, prefix, wanted);
}

static gboolean
hein_zmtp_pattern (HeinProtocol *protocol,
                   HeinWire *wire,
                   const char *pattern,
                   gboolean wanted)
{
  return zmtp_command_put_pattern (HEIN_ZMTP (protocol), wire, pattern, wanted);
}

static gboolean
hein_zmtp_confirm (HeinProtocol *protocol, HeinWire *wire, guint number)
{
  return zmtp_command_put_confirm (HEIN_ZMTP (protocol), wire, number);
}

static void
hein_zmtp_ping (HeinProtocol *protocol, HeinWire *wire)
{
  zmtp_command_put_ping (HEIN_ZMTP (protocol), wire);
}

static void
hein_zmtp_finish (HeinProtocol *protocol, HeinWire *wire)
{
  zmtp_command_put_goodbye (HEIN_ZMTP (protocol), wire);
}

static void
hein_zmtp_seal (HeinProtocol *protocol,
                const guint8 *data,
                gsize size,
                GByteArray *sealed)
{
  ZmtpSecurity *security = HEIN_ZMTP (protocol)->security;

  security->module->seal (security->curve, data, size, sealed);
}

/* Of CURVE alone: is the other side still trusted? */
static gint64
hein_zmtp_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinZmtp *self = HEIN_ZMTP (protocol);
  g_autoptr (GError) error = NULL;

  if (zmtp_get_curve (self) == NULL)
    return G_MAXINT64;
  if (zmtp_security_review (self, now_us, &error))
    return (now_us / ZMTP_CURVE_REVIEW_US + 1) * ZMTP_CURVE_REVIEW_US;
  self->state = ZMTP_OVER;
  hein_wire_fail (wire, error);
  return G_MAXINT64;
}

static const HeinOptionPart security = {
  .offset = G_STRUCT_OFFSET (HeinZmtp, security),
  .size = sizeof (ZmtpSecurity),
};

#define SECURITY(text, field)                                                  \
  {                                                                            \
    .name = text, .kind = HEIN_OPTION_TEXT, .part = &security,                 \
    .offset = G_STRUCT_OFFSET (ZmtpSecurity, field),                           \
  }

static const HeinOptionEntry options[] = {
  { .name = "type",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinZmtp, wanted_type),
    .get_type = hein_zmtp_type_get_type,
    .value = ZMTP_AUTO },
  { .name = "topic-frame",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinZmtp, topic_frame),
    .get_type = hein_zmtp_topic_frame_get_type,
    .value = ZMTP_TOPIC_AUTO },
  { .name = "say-name",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinZmtp, identity),
    .get_type = hein_zmtp_identity_get_type,
    .value = ZMTP_IDENTITY_AUTO },
  /**
   * HeinZmtp:curve-key:
   *
   * The path of the certificate of this side, in the form of CZMQ and pyzmq
   * (public specification 4/ZPL), at most 64 KiB; `hein keygen --curve` makes
   * one. The file of the public half stands for the secret one beside it, whose
   * name ends with `_secret`. Only its owner may read that (mode 0600 or 0400).
   * It is read again within a second when it changes, for the connections from
   * then on.
   *
   * Unset (the default) there is no CURVE. Else exactly one of
   * [property@Zmtp:curve-peers] and [property@Zmtp:curve-server] is needed.
   *
   * - Errors of an address: `HEIN_ERROR_BAD_ADDRESS` (the options do not go
   *   together), `HEIN_ERROR_NO_PLUGIN` (the module of CURVE is not
   *   installed), `HEIN_ERROR_INSECURE` (others may read the file),
   *   `HEIN_ERROR_FAILED` (it is no certificate, or has no secret key).
   *
   * Since: 0.9
   */
  SECURITY ("curve-key", curve_key),
  /**
   * HeinZmtp:curve-peers:
   *
   * The path of the folder of public certificates of those who may come in, at
   * most 10,000, or `any` for whoever knows the public key of this side. It
   * makes this side the server of CURVE. A certificate with a `name` gives it
   * to its holder. The folder is looked at every 0.4 s while there are
   * connections: who is taken out goes within a second.
   *
   * - Errors of an address: `HEIN_ERROR_INSECURE` (others may write to it), or
   *   of the #GIOErrorEnum domain.
   *
   * Since: 0.9
   */
  SECURITY ("curve-peers", curve_peers),
  /**
   * HeinZmtp:curve-server:
   *
   * The public key of the server, as the path of its certificate or as 40
   * characters of Z85. It makes this side the client of CURVE.
   *
   * Since: 0.9
   */
  SECURITY ("curve-server", curve_server),
  /**
   * HeinZmtp:plain-username:
   *
   * Who this side says to be, 1 to 255 bytes: it makes this side the client of
   * PLAIN, and needs [property@Zmtp:plain-password-file].
   *
   * - Errors of an address: `HEIN_ERROR_INSECURE`, where it is neither
   *   loopback nor a Unix socket nor encrypted.
   *
   * Since: 0.9
   */
  SECURITY ("plain-username", plain_username),
  /**
   * HeinZmtp:plain-password-file:
   *
   * The path of a file whose first line is the password, at most 255 bytes.
   * Only its owner may read it.
   *
   * Since: 0.9
   */
  SECURITY ("plain-password-file", plain_password_file),
  /**
   * HeinZmtp:plain-users:
   *
   * The path of a file of lines of a name, a blank and a password, which makes
   * this side the server of PLAIN. Only its owner may read it.
   *
   * Since: 0.9
   */
  SECURITY ("plain-users", plain_users),
  { NULL },
};

static void
hein_zmtp_finalize (GObject *object)
{
  HeinZmtp *self = HEIN_ZMTP (object);

  hein_options_clear (self, options);
  g_clear_pointer (&self->security, zmtp_security_free);
  g_clear_pointer (&self->parts, g_array_unref);
  g_free (self->topic);
  G_OBJECT_CLASS (hein_zmtp_parent_class)->finalize (object);
}

/* The mechanism is in the subprotocol, and not in a greeting. */
static void
hein_zmtp_get_web_use (HeinProtocol *protocol, HeinWebUse *use)
{
  const char *mechanism = zmtp_security_get_mechanism (HEIN_ZMTP (protocol));

  use->subprotocols = g_str_equal (mechanism, "CURVE")   ? "ZWS2.0/CURVE"
                      : g_str_equal (mechanism, "PLAIN") ? "ZWS2.0/PLAIN"
                                                         : "ZWS2.0/NULL";
  use->is_server = zmtp_security_will_serve (HEIN_ZMTP (protocol));
}

static void
hein_zmtp_class_init (HeinZmtpClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  object_class->finalize = hein_zmtp_finalize;
  protocol_class->prepare = hein_zmtp_prepare;
  protocol_class->start = hein_zmtp_start;
  protocol_class->consume = hein_zmtp_consume;
  protocol_class->encode = hein_zmtp_encode;
  protocol_class->encode_delivery = hein_zmtp_encode_delivery;
  protocol_class->admitted = hein_zmtp_admitted;
  protocol_class->subscription = hein_zmtp_subscription;
  protocol_class->pattern = hein_zmtp_pattern;
  protocol_class->confirm = hein_zmtp_confirm;
  protocol_class->ping = hein_zmtp_ping;
  protocol_class->finish = hein_zmtp_finish;
  protocol_class->tick = hein_zmtp_tick;
  protocol_class->seal = hein_zmtp_seal;
  protocol_class->get_web_use = hein_zmtp_get_web_use;
  hein_options_install (object_class, options);
  protocol_class->is_pure = TRUE;
  protocol_class->ends_in_order = TRUE;
}

static void
hein_zmtp_init (HeinZmtp *self)
{
  hein_options_init (self, options);
  self->topic_size = G_MAXSIZE;
}
