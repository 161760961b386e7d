/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-wire.h"

#include <string.h>

/*
 * Writes and reads what a side tells the other one. All of it has a fixed place
 * and size: numbers in network byte order, texts filled up with zeros, in the
 * order of the two lists of fields below.
 */

static const guint8 magic[8] = { 'h', 'e', 'i', 'n', '-', 'h', 'i', 1 };

/* No clock is later than the year 2242. */
#define TIME_MAX (G_GINT64_CONSTANT (1) << 53)

typedef struct
{
  gsize offset;
  guint size;
  gint64 minimum; /* of a number */
  gint64 maximum;
} Field;

#define PLACE(name) G_STRUCT_OFFSET (ToolHelloEvidence, name)
#define SIZE(name)  sizeof ((ToolHelloEvidence *) NULL)->name
#define NUMBER(name, minimum, maximum)                                         \
  {                                                                            \
    PLACE (name), SIZE (name), minimum, maximum                                \
  }
#define TEXT(name)                                                             \
  {                                                                            \
    PLACE (name), SIZE (name), 0, 0                                            \
  }

static const Field numbers[] = {
  NUMBER (stage, 0, TOOL_HELLO_N_STAGES - 1),
  NUMBER (has_theirs, 0, 1),
  NUMBER (role, 0, TOOL_HELLO_N_ROLES - 1),
  NUMBER (key, 0, TOOL_HELLO_N_KEYS - 1),
  NUMBER (key_agrees, 0, TOOL_HELLO_N_PROOFS - 1),
  NUMBER (firewall, 0, TOOL_HELLO_N_FIREWALLS - 1),
  NUMBER (ttl, 0, G_MAXUINT8),
  NUMBER (is_ipv6, 0, 1),
  NUMBER (has_clock, 0, 1),
  NUMBER (flags, 0, TOOL_HELLO_ALL_FLAGS),
  NUMBER (port, 0, G_MAXUINT16),
  NUMBER (needed, 0, G_MAXUINT16),
  NUMBER (link_mtu, 0, G_MAXUINT16),
  NUMBER (n_dropped, 0, G_MAXUINT32),
  NUMBER (n_unsent, 0, G_MAXUINT32),
  NUMBER (n_misrouted, 0, G_MAXUINT32),
  NUMBER (clock_ms, -TIME_MAX, TIME_MAX),
  NUMBER (sent_us, 0, TIME_MAX),
  NUMBER (echoed_us, 0, TIME_MAX),
  NUMBER (held_us, 0, TOOL_HELLO_HELD_MAX),
};

static const Field texts[] = {
  TEXT (label),  TEXT (transport), TEXT (protocol),   TEXT (host),
  TEXT (format), TEXT (interface), TEXT (heard_from), TEXT (sandbox),
  TEXT (bridge), TEXT (chain_in),  TEXT (chain_out),  TEXT (version),
};

/* ---- writing ---- */

static void
put (guint8 **to, gint64 value, guint size)
{
  for (guint i = 0; i < size; i++)
    *(*to)++ = (guint8) ((guint64) value >> 8 * (size - 1 - i));
}

static void
put_bytes (guint8 **to, gconstpointer from, gsize size)
{
  memcpy (*to, from, size);
  *to += size;
}

/* What is behind the end is of an earlier text. */
static void
put_text (guint8 **to, const char *text, gsize size)
{
  memset (*to, 0, size);
  memcpy (*to, text, strnlen (text, size - 1));
  *to += size;
}

static gint64
get_number (const ToolHelloEvidence *self, const Field *field)
{
  gconstpointer place = (const guint8 *) self + field->offset;

  switch (field->size)
    {
    case 1:
      return *(const guint8 *) place;
    case 2:
      return *(const guint16 *) place;
    case 4:
      return *(const guint32 *) place;
    default:
      return *(const gint64 *) place;
    }
}

void
tool_hello_wire_write (const ToolHelloEvidence *self,
                       ToolHelloWayId way,
                       guint8 *to)
{
  guint8 *end = to + TOOL_HELLO_SIZE;

  put_bytes (&to, magic, sizeof magic);
  put (&to, way, 1);
  put_bytes (&to, self->id, sizeof self->id);
  put_bytes (&to, self->partner, sizeof self->partner);
  put_bytes (&to, self->proof, sizeof self->proof);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    put (&to, get_number (self, &numbers[i]), numbers[i].size);
  for (guint i = 0; i < TOOL_HELLO_N_WAYS; i++)
    {
      put (&to, self->ways[i].sent, 2);
      put (&to, self->ways[i].heard, 2);
      put (&to, self->ways[i].largest, 2);
      put (&to, self->ways[i].hops, 1);
      put (&to, self->ways[i].trouble, 1);
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    put_text (&to, (const char *) self + texts[i].offset, texts[i].size);
  g_assert (to <= end);
  memset (to, 0, end - to);
}

/* ---- reading ---- */

static gint64
take (const guint8 **from, guint size)
{
  guint64 value = 0;

  for (guint i = 0; i < size; i++)
    value = value << 8 | *(*from)++;
  return (gint64) value;
}

static void
take_bytes (const guint8 **from, gpointer to, gsize size)
{
  memcpy (to, *from, size);
  *from += size;
}

static gboolean
set_number (ToolHelloEvidence *self, const Field *field, gint64 value)
{
  gpointer place = (guint8 *) self + field->offset;

  if (value < field->minimum || value > field->maximum)
    return FALSE;
  switch (field->size)
    {
    case 1:
      *(guint8 *) place = (guint8) value;
      break;
    case 2:
      *(guint16 *) place = (guint16) value;
      break;
    case 4:
      *(guint32 *) place = (guint32) value;
      break;
    default:
      *(gint64 *) place = value;
      break;
    }
  return TRUE;
}

static gboolean
is_zero (const guint8 *data, gsize size)
{
  return size == 0 || (data[0] == 0 && memcmp (data, data + 1, size - 1) == 0);
}

/* Whether it is printable, ends, and has nothing behind its end. */
static gboolean
is_text (const char *text, gsize size)
{
  gsize n = 0;

  while (n < size && g_ascii_isprint (text[n]))
    n++;
  return n < size && is_zero ((const guint8 *) text + n, size - n);
}

static gboolean
take_ways (ToolHelloEvidence *self, const guint8 **from)
{
  for (guint i = 0; i < TOOL_HELLO_N_WAYS; i++)
    {
      ToolHelloWay *way = &self->ways[i];

      way->sent = (guint16) take (from, 2);
      way->heard = (guint16) take (from, 2);
      way->largest = (guint16) take (from, 2);
      way->hops = (guint8) take (from, 1);
      way->trouble = (guint8) take (from, 1);
      if (way->trouble >= TOOL_HELLO_N_TROUBLES)
        return FALSE;
    }
  return TRUE;
}

gboolean
tool_hello_wire_read (ToolHelloEvidence *self,
                      ToolHelloWayId *way,
                      const guint8 *data,
                      gsize size)
{
  const guint8 *from = data + sizeof magic;
  gboolean is_valid = TRUE;

  if (size < TOOL_HELLO_SIZE || memcmp (data, magic, sizeof magic) != 0)
    return FALSE;
  memset (self, 0, sizeof *self);
  *way = (ToolHelloWayId) take (&from, 1);
  take_bytes (&from, self->id, sizeof self->id);
  take_bytes (&from, self->partner, sizeof self->partner);
  take_bytes (&from, self->proof, sizeof self->proof);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    is_valid &= set_number (self, &numbers[i], take (&from, numbers[i].size));
  is_valid &= take_ways (self, &from);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      char *text = (char *) self + texts[i].offset;

      take_bytes (&from, text, texts[i].size);
      is_valid &= is_text (text, texts[i].size);
    }
  return is_valid && *way < TOOL_HELLO_N_WAYS &&
         !is_zero (self->id, sizeof self->id) &&
         is_zero (from, data + size - from);
}
