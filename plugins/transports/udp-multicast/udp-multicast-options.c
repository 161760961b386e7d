/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "udp-multicast-options.h"

#include "sealed/mc-cipher.h"

/* The options of an address as properties, and which of them go together. */

#define MTU_MIN  576
#define TTL_AUTO (-1)

enum
{
  PROP_0,
  PROP_INTERFACE,
  PROP_KEY_FILE,
  PROP_KEY_RING_FILE,
  PROP_PASSPHRASE_FILE,
  PROP_KEY,
  PROP_IV,
  PROP_FORMAT,
  PROP_CIPHER,
  PROP_DIALECT,
  PROP_TTL,
  PROP_MTU,
  PROP_RATE,
  PROP_LOOPBACK,
  PROP_RELIABLE,
  PROP_OBJECTS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

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

static char **
get_text (McOptions *self, guint prop_id)
{
  switch (prop_id)
    {
    case PROP_INTERFACE:
      return &self->interface;
    case PROP_KEY_FILE:
      return &self->key_file;
    case PROP_KEY_RING_FILE:
      return &self->key_ring_file;
    case PROP_PASSPHRASE_FILE:
      return &self->passphrase_file;
    case PROP_KEY:
      return &self->key;
    case PROP_IV:
      return &self->iv;
    default:
      return NULL;
    }
}

static gboolean *
get_flag (McOptions *self, guint prop_id)
{
  switch (prop_id)
    {
    case PROP_LOOPBACK:
      return &self->loopback;
    case PROP_RELIABLE:
      return &self->reliable;
    case PROP_OBJECTS:
      return &self->objects;
    default:
      return NULL;
    }
}

static void
get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  McOptions *self = &HEIN_UDP_MULTICAST (object)->options;

  if (get_text (self, prop_id) != NULL)
    g_value_set_string (value, *get_text (self, prop_id));
  else if (get_flag (self, prop_id) != NULL)
    g_value_set_boolean (value, *get_flag (self, prop_id));
  else if (prop_id == PROP_FORMAT)
    g_value_set_enum (value, self->format);
  else if (prop_id == PROP_CIPHER)
    g_value_set_enum (value, self->suite);
  else if (prop_id == PROP_DIALECT)
    g_value_set_enum (value, self->dialect);
  else if (prop_id == PROP_TTL)
    g_value_set_int (value, self->ttl);
  else if (prop_id == PROP_MTU)
    g_value_set_uint (value, self->mtu);
  else if (prop_id == PROP_RATE)
    g_value_set_uint64 (value, self->rate);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
set_property (GObject *object,
              guint prop_id,
              const GValue *value,
              GParamSpec *pspec)
{
  McOptions *self = &HEIN_UDP_MULTICAST (object)->options;
  char **text = get_text (self, prop_id);

  if (text != NULL)
    {
      g_free (*text);
      *text = g_value_dup_string (value);
    }
  else if (get_flag (self, prop_id) != NULL)
    *get_flag (self, prop_id) = g_value_get_boolean (value);
  else if (prop_id == PROP_FORMAT)
    self->format = g_value_get_enum (value);
  else if (prop_id == PROP_CIPHER)
    self->suite = g_value_get_enum (value);
  else if (prop_id == PROP_DIALECT)
    self->dialect = g_value_get_enum (value);
  else if (prop_id == PROP_TTL)
    self->ttl = g_value_get_int (value);
  else if (prop_id == PROP_MTU)
    self->mtu = g_value_get_uint (value);
  else if (prop_id == PROP_RATE)
    self->rate = g_value_get_uint64 (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

void
hein_udp_multicast_install_options (GObjectClass *class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  class->get_property = get_property;
  class->set_property = set_property;
#define TEXT(id, name)                                                         \
  props[id] = g_param_spec_string (name, NULL, NULL, NULL, flags)
  TEXT (PROP_INTERFACE, "interface");
  TEXT (PROP_KEY_FILE, "key-file");
  TEXT (PROP_KEY_RING_FILE, "key-ring-file");
  TEXT (PROP_PASSPHRASE_FILE, "passphrase-file");
  TEXT (PROP_KEY, "key");
  TEXT (PROP_IV, "iv");
#undef TEXT
  props[PROP_FORMAT] =
    g_param_spec_enum ("format", NULL, NULL, get_format_type (), MC_FORMAT_AUTO,
                       flags);
  props[PROP_CIPHER] =
    g_param_spec_enum ("cipher", NULL, NULL, get_cipher_type (),
                       MC_SUITE_XCHACHA20, flags);
  props[PROP_DIALECT] =
    g_param_spec_enum ("dialect", NULL, NULL, get_dialect_type (), MC_DIALECT_K,
                       flags);
  props[PROP_TTL] =
    g_param_spec_int ("ttl", NULL, NULL, TTL_AUTO, 255, TTL_AUTO, flags);
  /* 0: what suits the interface */
  props[PROP_MTU] =
    g_param_spec_uint ("mtu", NULL, NULL, 0, MC_DATAGRAM_MAX, 0, flags);
  props[PROP_RATE] =
    g_param_spec_uint64 ("rate", NULL, NULL, 0, G_MAXINT64, 0, flags);
  props[PROP_LOOPBACK] =
    g_param_spec_boolean ("loopback", NULL, NULL, TRUE, flags);
  props[PROP_RELIABLE] =
    g_param_spec_boolean ("reliable", NULL, NULL, FALSE, flags);
  props[PROP_OBJECTS] =
    g_param_spec_boolean ("objects", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (class, N_PROPS, props);
}

void
hein_udp_multicast_clear_options (HeinUdpMulticast *self)
{
  McOptions *options = &self->options;

  g_free (options->interface);
  g_free (options->key_file);
  g_free (options->key_ring_file);
  g_free (options->passphrase_file);
  g_free (options->key);
  g_free (options->iv);
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
