/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-attributes.h"

#include <string.h>

#include "zmtp-ready.h"

#define CONTENT_TYPE     "Content-Type"
#define CONTENT_TYPE_MAX 255
#define ASK              "Ask"
#define ASK_SIZE         13
#define ASK_CREDIT_SIZE  17
#define EXPIRY           "Expiry"
#define PRIORITY         "Priority"
#define OWN              '.' /* begins the names of the application's own */

/* A type, times, a request, and the application's own, each with its head. */
G_STATIC_ASSERT (ZMTP_ATTRIBUTES_MAX >=
                 (HEIN_ATTRIBUTES_SIZE_MAX + 6 * HEIN_ATTRIBUTES_MAX +
                  CONTENT_TYPE_MAX + ASK_CREDIT_SIZE + 64));

/* ---- to the wire ---- */

static guint8 *
put_head (guint8 *place, const char *name, guint32 size)
{
  const guint8 name_size = strlen (name);

  *place++ = name_size;
  memcpy (place, name, name_size);
  size = GUINT32_TO_BE (size);
  memcpy (place + name_size, &size, sizeof size);
  return place + name_size + sizeof size;
}

static guint8 *
put_ask (guint8 *place, const HeinMessageAttributes *attributes)
{
  const guint64 id = GUINT64_TO_BE (attributes->ask_id);
  const guint32 number = GUINT32_TO_BE (attributes->ask_number);
  const guint32 credit = GUINT32_TO_BE (attributes->ask_credit);
  const gboolean has_credit = attributes->ask_credit > 0;

  place = put_head (place, ASK, has_credit ? ASK_CREDIT_SIZE : ASK_SIZE);
  *place = attributes->ask;
  memcpy (place + 1, &id, sizeof id);
  memcpy (place + 9, &number, sizeof number);
  if (has_credit)
    memcpy (place + ASK_SIZE, &credit, sizeof credit);
  return place + (has_credit ? ASK_CREDIT_SIZE : ASK_SIZE);
}

static guint8 *
put_expiry (guint8 *place, gint64 left_ms)
{
  const guint32 left = GUINT32_TO_BE (CLAMP (left_ms, 1, G_MAXUINT32));

  place = put_head (place, EXPIRY, sizeof left);
  memcpy (place, &left, sizeof left);
  return place + sizeof left;
}

static guint8 *
put_priority (guint8 *place, HeinPriority priority)
{
  place = put_head (place, PRIORITY, 1);
  *place = priority;
  return place + 1;
}

static guint8 *
put_own (guint8 *place, const char *name, const char *value)
{
  char own[1 + HEIN_ATTRIBUTE_NAME_MAX + 1] = { OWN };
  const gsize size = strlen (value);

  g_strlcpy (own + 1, name, sizeof own - 1);
  place = put_head (place, own, size);
  memcpy (place, value, size);
  return place + size;
}

static guint8 *
put_more (guint8 *place, HeinMessage *message)
{
  const char *const *pairs = hein_message_get_attributes (message);
  const gint64 left_ms = hein_message_get_expiry_ms (message);
  const HeinPriority priority = hein_message_get_priority (message);

  if (left_ms >= 0)
    place = put_expiry (place, left_ms);
  if (priority != HEIN_PRIORITY_NORMAL)
    place = put_priority (place, priority);
  for (; pairs != NULL && pairs[0] != NULL; pairs += 2)
    place = put_own (place, pairs[0], pairs[1]);
  return place;
}

gsize
zmtp_attributes_write (guint8 *place,
                       HeinMessage *message,
                       const HeinMessageAttributes *attributes)
{
  guint8 *end = place;

  if (attributes->content_type != NULL)
    {
      const gsize size = strlen (attributes->content_type);

      end = put_head (end, CONTENT_TYPE, size);
      memcpy (end, attributes->content_type, size);
      end += size;
    }
  if (attributes->ask != HEIN_ASK_NONE)
    end = put_ask (end, attributes);
  return put_more (end, message) - place;
}

/* ---- from the wire ---- */

static gboolean
is_called (const char *name, gsize size, const char *wanted)
{
  return size == strlen (wanted) &&
         (memcmp (name, wanted, size) == 0 ||
          g_ascii_strncasecmp (name, wanted, size) == 0);
}

static void
read_content_type (const guint8 *value,
                   gsize size,
                   HeinMessageAttributes *attributes)
{
  if (attributes->content_type == NULL && size > 0 &&
      size <= CONTENT_TYPE_MAX && memchr (value, '\0', size) == NULL &&
      g_utf8_validate_len ((const char *) value, size, NULL))
    attributes->content_type = g_strndup ((const char *) value, size);
}

static gboolean
read_ask (const guint8 *value, gsize size, HeinMessageAttributes *attributes)
{
  guint64 id;
  guint32 number;
  guint32 credit = 0;

  if (size < ASK_SIZE || value[0] == HEIN_ASK_NONE ||
      value[0] > HEIN_ASK_RESUMED)
    return FALSE;
  memcpy (&id, value + 1, sizeof id);
  memcpy (&number, value + 9, sizeof number);
  if (size >= ASK_CREDIT_SIZE)
    memcpy (&credit, value + ASK_SIZE, sizeof credit);
  attributes->ask = value[0];
  attributes->ask_id = GUINT64_FROM_BE (id);
  attributes->ask_number = GUINT32_FROM_BE (number);
  attributes->ask_credit = GUINT32_FROM_BE (credit);
  return TRUE;
}

static gboolean
is_more (const char *name, gsize size)
{
  return (size > 0 && *name == OWN) || is_called (name, size, EXPIRY) ||
         is_called (name, size, PRIORITY);
}

gboolean
zmtp_attributes_read (const guint8 *data,
                      gsize size,
                      HeinMessageAttributes *attributes,
                      gboolean *has_more)
{
  const char *name;
  const guint8 *value;
  gsize name_size;
  gsize value_size;
  gboolean ok = TRUE;

  *has_more = FALSE;
  while (zmtp_pair_next (&data, &size, &name, &name_size, &value, &value_size))
    if (is_called (name, name_size, CONTENT_TYPE))
      read_content_type (value, value_size, attributes);
    else if (is_called (name, name_size, ASK))
      ok = ok && read_ask (value, value_size, attributes);
    else
      *has_more = *has_more || is_more (name, name_size);
  return ok;
}

static gboolean
add_expiry (HeinMessage *message, const guint8 *value, gsize size)
{
  guint32 left;

  if (size != sizeof left)
    return FALSE;
  memcpy (&left, value, sizeof left);
  hein_message_set_expiry_ms (message, MAX (GUINT32_FROM_BE (left), 1));
  return TRUE;
}

/* Later ones than this side knows are high, too. */
static gboolean
add_priority (HeinMessage *message, const guint8 *value, gsize size)
{
  if (size != 1)
    return FALSE;
  hein_message_set_priority (message, value[0] == HEIN_PRIORITY_NORMAL
                                        ? HEIN_PRIORITY_NORMAL
                                        : HEIN_PRIORITY_HIGH);
  return TRUE;
}

void
zmtp_attributes_add (const guint8 *data,
                     gsize size,
                     HeinWire *wire,
                     HeinMessage *message)
{
  const char *name;
  const guint8 *value;
  gsize name_size;
  gsize value_size;
  gboolean ok = TRUE;

  while (zmtp_pair_next (&data, &size, &name, &name_size, &value, &value_size))
    if (is_called (name, name_size, EXPIRY))
      ok = add_expiry (message, value, value_size) && ok;
    else if (is_called (name, name_size, PRIORITY))
      ok = add_priority (message, value, value_size) && ok;
    else if (name_size > 0 && *name == OWN)
      ok = hein_message_add_attribute (message, name + 1, name_size - 1,
                                       (const char *) value, value_size) &&
           ok;
  if (!ok)
    hein_wire_drop_attributes (wire);
}
