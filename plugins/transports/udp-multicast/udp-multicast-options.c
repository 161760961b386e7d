/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "udp-multicast-options.h"

#include "options/hein-options.h"
#include "sealed/mc-cipher.h"

/* The options of an address as properties, and which of them go together. */

#define MTU_MIN  576
#define TTL_AUTO (-1)

static GType
register_enum (const char *name, const GEnumValue *values)
{
  return g_enum_register_static (g_intern_static_string (name), values);
}

static GType
get_format_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { MC_FORMAT_AUTO, "MC_FORMAT_AUTO", "auto" },
    { MC_FORMAT_PLAIN, "MC_FORMAT_PLAIN", "plain" },
    { MC_FORMAT_MULTISOCK, "MC_FORMAT_MULTISOCK", "multisock" },
    { MC_FORMAT_HEIN, "MC_FORMAT_HEIN", "hein" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("HeinUdpMulticastFormat", values));
  return type;
}

static GType
get_cipher_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { MC_SUITE_XCHACHA20, "MC_SUITE_XCHACHA20", "xchacha20" },
    { MC_SUITE_AES256GCM, "MC_SUITE_AES256GCM", "aes256gcm" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, register_enum ("HeinUdpMulticastCipher", values));
  return type;
}

static GType
get_dialect_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { MC_DIALECT_K, "MC_DIALECT_K", "k" },
    { MC_DIALECT_D, "MC_DIALECT_D", "d" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
                       register_enum ("HeinUdpMulticastDialect", values));
  return type;
}

static const HeinOptionEntry entries[] = {
  { .name = "interface",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.interface) },
  { .name = "key-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.key_file) },
  { .name = "key-ring-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.key_ring_file) },
  { .name = "passphrase-file",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.passphrase_file) },
  { .name = "key",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.key) },
  { .name = "iv",
    .kind = HEIN_OPTION_TEXT,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.iv) },
  { .name = "format",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.format),
    .get_type = get_format_type,
    .value = MC_FORMAT_AUTO },
  { .name = "cipher",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.suite),
    .get_type = get_cipher_type,
    .value = MC_SUITE_XCHACHA20 },
  { .name = "dialect",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.dialect),
    .get_type = get_dialect_type,
    .value = MC_DIALECT_K },
  { .name = "ttl",
    .kind = HEIN_OPTION_SIGNED,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.ttl),
    .minimum = TTL_AUTO,
    .maximum = 255,
    .value = TTL_AUTO },
  /* 0: what suits the interface */
  { .name = "mtu",
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.mtu),
    .maximum = MC_DATAGRAM_MAX },
  { .name = "rate",
    .kind = HEIN_OPTION_LARGE,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.rate),
    .maximum = G_MAXINT64 },
  { .name = "loopback",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.loopback),
    .value = TRUE },
  { .name = "reliable",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.reliable) },
  { .name = "objects",
    .kind = HEIN_OPTION_FLAG,
    .offset = G_STRUCT_OFFSET (HeinUdpMulticast, options.objects) },
  { NULL },
};

void
hein_udp_multicast_install_options (GObjectClass *class)
{
  hein_options_install (class, entries);
}

void
hein_udp_multicast_init_options (HeinUdpMulticast *self)
{
  hein_options_init (self, entries);
}

void
hein_udp_multicast_clear_options (HeinUdpMulticast *self)
{
  hein_options_clear (self, entries);
}

gboolean
hein_udp_multicast_has_key (HeinUdpMulticast *self)
{
  const McOptions *options = &self->options;

  return options->key_file != NULL || options->key_ring_file != NULL ||
         options->passphrase_file != NULL;
}

McFormatKind
hein_udp_multicast_get_format (HeinUdpMulticast *self)
{
  if (self->options.format != MC_FORMAT_AUTO)
    return self->options.format;
  return hein_udp_multicast_has_key (self) ? MC_FORMAT_HEIN : MC_FORMAT_PLAIN;
}

static gboolean
fail (const char *text, GError **error)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, text);
  return FALSE;
}

gboolean
hein_udp_multicast_check_options (HeinUdpMulticast *self, GError **error)
{
  const McOptions *options = &self->options;
  const McFormatKind format = hein_udp_multicast_get_format (self);
  const guint n_keys = (options->key_file != NULL) +
                       (options->key_ring_file != NULL) +
                       (options->passphrase_file != NULL);

  if (options->interface != NULL && options->interface[0] == '\0')
    return fail ("interface= is empty: name one, or leave it out for the "
                 "choice of the system",
                 error);
  if (n_keys > 1)
    return fail ("key-file, key-ring-file and passphrase-file do not go "
                 "together",
                 error);
  if (n_keys > 0 && format != MC_FORMAT_HEIN)
    return fail ("only format=hein takes a key from a file", error);
  if (options->mtu > 0 && options->mtu < MTU_MIN)
    return fail ("mtu is at least 576", error);
  if (options->reliable && format != MC_FORMAT_HEIN)
    return fail ("reliable=yes needs format=hein", error);
  if ((options->key == NULL) != (options->iv == NULL))
    return fail ("key and iv go together", error);
  if ((options->key != NULL || options->objects) &&
      format != MC_FORMAT_MULTISOCK)
    return fail ("key, iv and objects are those of format=multisock", error);
  if (options->suite == MC_SUITE_AES256GCM &&
      !mc_suite_is_available (MC_SUITE_AES256GCM))
    return fail ("cipher=aes256gcm: this processor has no AES, use xchacha20",
                 error);
  return TRUE;
}
