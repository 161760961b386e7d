/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-identity.h"

#include <string.h>

#include <hein/hein.h>

/* Writes and parses the identity that a dialler sends. */

#define PREFIX    "hein1:"
#define ID_SIZE   8
#define HEAD_SIZE (sizeof PREFIX - 1 + ID_SIZE + 1 + TLS_INSTANCE_SIZE + 1)

char *
tls_identity_dup_text (guint32 key_id, const char *instance, const char *name)
{
  return g_strdup_printf (PREFIX "%08x:%s:%s", key_id, instance, name);
}

/* Accepts lower case only, so that a bus has exactly one identity. */
static gboolean
are_digits (const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isdigit (data[i]) && !(data[i] >= 'a' && data[i] <= 'f'))
      return FALSE;
  return TRUE;
}

static guint32
parse_digits (const guint8 *data)
{
  guint32 value = 0;

  for (guint i = 0; i < ID_SIZE; i++)
    value = value << 4 | g_ascii_xdigit_value (data[i]);
  return value;
}

gboolean
tls_identity_parse (TlsIdentity *self, const guint8 *data, gsize size)
{
  const guint8 *id;
  const guint8 *instance;
  const guint8 *name;

  if (size <= HEAD_SIZE || size > TLS_IDENTITY_MAX ||
      memcmp (data, PREFIX, strlen (PREFIX)) != 0)
    return FALSE;
  id = data + strlen (PREFIX);
  instance = id + ID_SIZE + 1;
  name = data + HEAD_SIZE;
  size -= HEAD_SIZE;
  if (!are_digits (id, ID_SIZE) || id[ID_SIZE] != ':' ||
      !are_digits (instance, TLS_INSTANCE_SIZE) ||
      instance[TLS_INSTANCE_SIZE] != ':' ||
      !hein_name_is_valid ((const char *) name, size))
    return FALSE;
  self->key_id = parse_digits (id);
  memcpy (self->instance, instance, TLS_INSTANCE_SIZE);
  self->instance[TLS_INSTANCE_SIZE] = '\0';
  memcpy (self->name, name, size);
  self->name[size] = '\0';
  return TRUE;
}
