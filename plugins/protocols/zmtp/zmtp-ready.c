/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-ready.h"

#include <string.h>

#include "zmtp-frames.h"

/*
 * The greeting (ZMTP 3.1, 37/ZMTP), 64 bytes:
 *
 *   0  FF 00 00 00 00 00 00 00 00 7F   signature
 *  10  03 01                           version 3.1
 *  12  "NULL" and 16 zero bytes        mechanism, or "PLAIN", "CURVE"
 *  32  00                              as-server, 01 of those two's server
 *  33  31 zero bytes                   filler
 *
 * READY, a command frame:
 *
 *   04 length  05 "READY"  pairs of: length (1 B) name, length (4 B) value
 */
#define SIGNATURE_SIZE   10
#define MAJOR_OFFSET     10
#define MINOR_OFFSET     11
#define MECHANISM_OFFSET 12
#define MECHANISM_SIZE   20
#define SERVER_OFFSET    32
#define IDENTITY_MAX     255
#define INSTANCE_SIZE    32

static const char *const type_names[] = {
  "AUTO", "DEALER", "PAIR",   "PUB", "PULL", "PUSH",
  "REP",  "REQ",    "ROUTER", "SUB", "XPUB", "XSUB",
};

const char *
zmtp_type_get_name (ZmtpType type)
{
  return type_names[type];
}

ZmtpType
zmtp_type_from_name (const char *name, gsize size)
{
  for (guint i = ZMTP_DEALER; i < G_N_ELEMENTS (type_names); i++)
    if (strlen (type_names[i]) == size &&
        memcmp (type_names[i], name, size) == 0)
      return i;
  return ZMTP_AUTO;
}

ZmtpType
zmtp_type_fit (ZmtpType peer)
{
  switch (peer)
    {
    case ZMTP_PUB:
    case ZMTP_XPUB:
      return ZMTP_SUB;
    case ZMTP_SUB:
    case ZMTP_XSUB:
      return ZMTP_PUB;
    case ZMTP_PUSH:
      return ZMTP_PULL;
    case ZMTP_PULL:
      return ZMTP_PUSH;
    case ZMTP_REQ:
      return ZMTP_ROUTER;
    case ZMTP_PAIR:
      return ZMTP_PAIR;
    case ZMTP_DEALER:
    case ZMTP_ROUTER:
    case ZMTP_REP:
    case ZMTP_AUTO:
    default:
      return ZMTP_DEALER;
    }
}

#define BIT(type) (1u << ZMTP_##type)

gboolean
zmtp_type_can_speak (ZmtpType own, ZmtpType peer)
{
  static const guint partners[] = {
    [ZMTP_DEALER] = BIT (DEALER) | BIT (ROUTER) | BIT (REP),
    [ZMTP_PAIR] = BIT (PAIR),
    [ZMTP_PUB] = BIT (SUB) | BIT (XSUB),
    [ZMTP_PULL] = BIT (PUSH),
    [ZMTP_PUSH] = BIT (PULL),
    [ZMTP_REP] = BIT (REQ) | BIT (DEALER),
    [ZMTP_REQ] = BIT (REP) | BIT (ROUTER),
    [ZMTP_ROUTER] = BIT (DEALER) | BIT (ROUTER) | BIT (REQ),
    [ZMTP_SUB] = BIT (PUB) | BIT (XPUB),
    [ZMTP_XPUB] = BIT (SUB) | BIT (XSUB),
    [ZMTP_XSUB] = BIT (PUB) | BIT (XPUB),
  };

  return (partners[own] & 1u << peer) != 0;
}

/* ---- the greeting ---- */

void
zmtp_greeting_write (guint8 greeting[ZMTP_GREETING_SIZE],
                     const char *mechanism,
                     gboolean is_server)
{
  memset (greeting, 0, ZMTP_GREETING_SIZE);
  greeting[0] = 0xff;
  greeting[9] = 0x7f;
  greeting[MAJOR_OFFSET] = 3;
  greeting[MINOR_OFFSET] = 1;
  memcpy (greeting + MECHANISM_OFFSET, mechanism, strlen (mechanism));
  greeting[SERVER_OFFSET] = is_server ? 1 : 0;
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the peer does not speak ZMTP 3: %s", what);
  return FALSE;
}

static gboolean
check_signature (const guint8 *data, gsize size, GError **error)
{
  const char *guess = hein_protocol_guess (data, size);
  g_autofree char *looks =
    g_strdup_printf ("it looks like %s", guess != NULL ? guess : "");

  if (data[0] != 0xff)
    {
      if (size > 1 && data[0] == 0x01 && data[1] == 0x00)
        return refuse (error, "it looks like ZMTP 1");
      return refuse (error, guess != NULL ? looks : "its first byte is not FF");
    }
  if (size >= SIGNATURE_SIZE && (data[9] & 1) == 0)
    return refuse (error, "it looks like ZMTP 1");
  return TRUE;
}

/* What to do about it. */
static const char *
get_advice (const char *mechanism, const char *theirs)
{
  if (strcmp (theirs, "CURVE") == 0)
    return "; give this address curve-key=FILE and whom to trust";
  if (strcmp (theirs, "PLAIN") == 0)
    return "; give this address plain-username and plain-password-file, or "
           "plain-users";
  if (strcmp (mechanism, "CURVE") == 0)
    return ": it does not encrypt, and is not spoken to";
  return "";
}

static gboolean
check_mechanism (const guint8 *data, const char *mechanism, GError **error)
{
  guint8 wanted[MECHANISM_SIZE] = { 0 };
  const char *name = (const char *) data + MECHANISM_OFFSET;
  g_autofree char *shown = NULL;

  memcpy (wanted, mechanism, strlen (mechanism));
  if (memcmp (name, wanted, MECHANISM_SIZE) == 0)
    return TRUE;
  shown = hein_error_dup_printable (name, strnlen (name, MECHANISM_SIZE));
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
               "the peer wants the security mechanism \"%s\"; this side has "
               "%s only%s",
               shown, mechanism, get_advice (mechanism, shown));
  return FALSE;
}

/* libzmq never says that it is the server: only two that say so show it. */
static gboolean
check_role (const guint8 *data, gboolean is_server, GError **error)
{
  if (!is_server || data[SERVER_OFFSET] == 0)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                       "both sides are the server of CURVE or PLAIN: one must "
                       "be the client");
  return FALSE;
}

gboolean
zmtp_greeting_check (const guint8 *data,
                     gsize size,
                     const char *mechanism,
                     gboolean is_server,
                     guint8 *minor,
                     GError **error)
{
  if (size == 0)
    return TRUE;
  if (!check_signature (data, size, error))
    return FALSE;
  if (size > MAJOR_OFFSET && data[MAJOR_OFFSET] < 3)
    return refuse (error, data[MAJOR_OFFSET] == 0 ? "it looks like ZMTP 1"
                                                  : "it speaks ZMTP 2");
  /* who wants another mechanism may not say the rest, and close */
  if (size < MECHANISM_OFFSET + MECHANISM_SIZE)
    return TRUE;
  *minor = data[MAJOR_OFFSET] > 3 ? 255 : data[MINOR_OFFSET];
  return check_mechanism (data, mechanism, error) &&
         (size <= SERVER_OFFSET || check_role (data, is_server, error));
}

/* ---- pairs ---- */

void
zmtp_pair_append (GByteArray *to,
                  const char *name,
                  const void *value,
                  gsize size)
{
  guint8 name_size = strlen (name);
  guint32 value_size = GUINT32_TO_BE (size);

  g_byte_array_append (to, &name_size, 1);
  g_byte_array_append (to, (const guint8 *) name, name_size);
  g_byte_array_append (to, (const guint8 *) &value_size, sizeof value_size);
  g_byte_array_append (to, value, size);
}

gboolean
zmtp_pair_next (const guint8 **data,
                gsize *size,
                const char **name,
                gsize *name_size,
                const guint8 **value,
                gsize *value_size)
{
  const guint8 *p = *data;
  gsize left = *size;
  guint32 length;

  if (left < 1 || left < 1 + (gsize) p[0] + sizeof length)
    return FALSE;
  *name_size = p[0];
  *name = (const char *) p + 1;
  p += 1 + *name_size;
  memcpy (&length, p, sizeof length);
  length = GUINT32_FROM_BE (length);
  p += sizeof length;
  left -= 1 + *name_size + sizeof length;
  if (length > left)
    return FALSE;
  *value = p;
  *value_size = length;
  *data = p + length;
  *size = left - length;
  return TRUE;
}

/* ---- READY ---- */

static gboolean
is_called (const char *name, gsize size, const char *wanted)
{
  return size == strlen (wanted) &&
         g_ascii_strncasecmp (name, wanted, size) == 0;
}

static gboolean
is_instance (const guint8 *value, gsize size)
{
  if (size != INSTANCE_SIZE)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isxdigit (value[i]))
      return FALSE;
  return TRUE;
}

/* Up to nine decimal digits; 0: it is no number. */
static guint
read_number (const guint8 *value, gsize size)
{
  guint number = 0;

  if (size > 9)
    return 0;
  for (gsize i = 0; i < size; i++)
    {
      if (!g_ascii_isdigit (value[i]))
        return 0;
      number = 10 * number + (value[i] - '0');
    }
  return number;
}

static gboolean
take_pair (ZmtpReady *self,
           const char *name,
           gsize name_size,
           const guint8 *value,
           gsize size,
           GError **error)
{
  if (is_called (name, name_size, "Socket-Type"))
    self->type = zmtp_type_from_name ((const char *) value, size);
  else if (is_called (name, name_size, "Identity"))
    {
      if (size > IDENTITY_MAX)
        {
          g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                       "READY has an identity of %" G_GSIZE_FORMAT
                       " bytes; the limit is %u",
                       size, IDENTITY_MAX);
          return FALSE;
        }
      g_clear_pointer (&self->identity, g_bytes_unref);
      self->identity = g_bytes_new (value, size);
    }
  else if (is_called (name, name_size, "X-Hein"))
    self->is_hein = TRUE;
  else if (is_called (name, name_size, "X-Hein-Goodbye"))
    self->says_goodbye = TRUE;
  else if (is_called (name, name_size, "X-Hein-Ask"))
    self->asks = TRUE;
  else if (is_called (name, name_size, "X-Hein-Patterns"))
    self->knows_patterns = TRUE;
  else if (is_called (name, name_size, "X-Hein-Credit"))
    self->credit = read_number (value, size);
  else if (is_called (name, name_size, "X-Hein-Resume"))
    self->resumes = TRUE;
  else if (is_called (name, name_size, "X-Hein-Instance") &&
           is_instance (value, size))
    {
      g_free (self->instance);
      self->instance = g_strndup ((const char *) value, size);
    }
  return TRUE;
}

gboolean
zmtp_ready_parse (const guint8 *data,
                  gsize size,
                  ZmtpReady *ready,
                  GError **error)
{
  const char *name;
  const guint8 *value;
  gsize name_size;
  gsize value_size;

  while (size > 0)
    {
      if (!zmtp_pair_next (&data, &size, &name, &name_size, &value,
                           &value_size))
        {
          g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                               "READY ends within a property");
          return FALSE;
        }
      if (!take_pair (ready, name, name_size, value, value_size, error))
        return FALSE;
    }
  /* without an instance it cannot be told from itself */
  if (ready->instance == NULL)
    ready->is_hein = FALSE;
  ready->says_goodbye = ready->says_goodbye && ready->is_hein;
  ready->asks = ready->asks && ready->is_hein;
  ready->knows_patterns = ready->knows_patterns && ready->is_hein;
  ready->resumes = ready->resumes && ready->asks;
  if (!ready->asks)
    ready->credit = 0;
  if (ready->type != ZMTP_AUTO)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                       "READY names no socket type that is known");
  return FALSE;
}

void
zmtp_ready_clear (ZmtpReady *self)
{
  g_clear_pointer (&self->identity, g_bytes_unref);
  g_clear_pointer (&self->instance, g_free);
}

GByteArray *
zmtp_ready_write (const ZmtpReady *own, const char *identity)
{
  g_autofree char *credit = g_strdup_printf ("%u", own->credit);
  const char *name = zmtp_type_get_name (own->type);
  GByteArray *pairs = g_byte_array_new ();

  zmtp_pair_append (pairs, "Socket-Type", name, strlen (name));
  zmtp_pair_append (pairs, "Identity", identity, strlen (identity));
  zmtp_pair_append (pairs, "X-Hein", "1", 1);
  zmtp_pair_append (pairs, "X-Hein-Instance", own->instance,
                    strlen (own->instance));
  zmtp_pair_append (pairs, "X-Hein-Goodbye", "1", 1);
  zmtp_pair_append (pairs, "X-Hein-Ask", "1", 1);
  zmtp_pair_append (pairs, "X-Hein-Patterns", "1", 1);
  zmtp_pair_append (pairs, "X-Hein-Credit", credit, strlen (credit));
  if (own->resumes)
    zmtp_pair_append (pairs, "X-Hein-Resume", "1", 1);
  return pairs;
}
