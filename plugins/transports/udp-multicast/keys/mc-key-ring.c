/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-key-ring.h"

#include <string.h>

#include <hein/hein.h>
#include <sodium.h>

#include "mc-key-file.h"

/*
 * Which key is sent with, and which are received with, at a time that is handed
 * in. A ring is read from its file once and then only replaced.
 */

#define FILE_MAX 16384

typedef struct
{
  McKey *key; /* owned */
  guint64 epoch;
  gint64 not_before;
  gint64 not_after;
} McKeySlot;

struct _McKeyRing
{
  McKeySlot slots[MC_KEY_RING_MAX];
  guint n_slots;
  gint64 now;
};

McKeyRing *
mc_key_ring_new (gint64 now)
{
  McKeyRing *self = g_rc_box_new0 (McKeyRing);

  self->now = now;
  return self;
}

McKeyRing *
mc_key_ring_ref (McKeyRing *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  McKeyRing *self = data;

  for (guint i = 0; i < self->n_slots; i++)
    mc_key_unref (self->slots[i].key);
}

void
mc_key_ring_unref (McKeyRing *self)
{
  g_rc_box_release_full (self, clear);
}

/* ---- what time it is ---- */

/* The two ends of time stay where they are, and nothing wraps round. */
static gint64
add_seconds (gint64 time, gint64 seconds)
{
  gint64 sum;

  if (time == MC_TIME_MIN || time == MC_TIME_MAX)
    return time;
  if (__builtin_add_overflow (time, seconds, &sum))
    return seconds > 0 ? MC_TIME_MAX : MC_TIME_MIN;
  return sum;
}

static gboolean
is_between (const McKeySlot *slot, gint64 now, gint64 overlap)
{
  return now >= add_seconds (slot->not_before, -overlap) &&
         (slot->not_after == MC_TIME_MAX ||
          now < add_seconds (slot->not_after, overlap));
}

/* Of the keys whose time it is, the one of the highest epoch: so all members
 * of one file send with the same. */
static McKeySlot *
find_sending (McKeyRing *self, gint64 now)
{
  McKeySlot *best = NULL;

  for (guint i = 0; i < self->n_slots; i++)
    if (is_between (&self->slots[i], now, 0) &&
        (best == NULL || self->slots[i].epoch > best->epoch))
      best = &self->slots[i];
  return best;
}

gboolean
mc_key_ring_set_time (McKeyRing *self, gint64 now)
{
  gboolean changes = find_sending (self, self->now) != find_sending (self, now);

  for (guint i = 0; i < self->n_slots; i++)
    changes |= is_between (&self->slots[i], self->now, MC_KEY_OVERLAP) !=
               is_between (&self->slots[i], now, MC_KEY_OVERLAP);
  self->now = now;
  return changes;
}

gint64
mc_key_ring_get_due (McKeyRing *self)
{
  gint64 due = MC_TIME_MAX;

  for (guint i = 0; i < self->n_slots; i++)
    {
      const McKeySlot *slot = &self->slots[i];
      const gint64 times[] = {
        add_seconds (slot->not_before, -MC_KEY_OVERLAP),
        slot->not_before,
        slot->not_after,
        add_seconds (slot->not_after, MC_KEY_OVERLAP),
      };

      for (guint j = 0; j < G_N_ELEMENTS (times); j++)
        if (times[j] > self->now)
          due = MIN (due, times[j]);
    }
  return due;
}

/* ---- the keys ---- */

gboolean
mc_key_ring_add (McKeyRing *self,
                 McKey *key,
                 guint64 epoch,
                 gint64 not_before,
                 gint64 not_after,
                 GError **error)
{
  const char *trouble = NULL;

  if (self->n_slots == MC_KEY_RING_MAX)
    trouble = "more than " G_STRINGIFY (MC_KEY_RING_MAX) " keys: drop old ones";
  else if (not_before >= not_after)
    trouble = "the key ends before it begins";
  else if (sodium_is_zero (mc_key_get_bytes (key), MC_KEY_SIZE))
    trouble = "a key of zeros is not a key";
  for (guint i = 0; i < self->n_slots && trouble == NULL; i++)
    if (self->slots[i].epoch == epoch)
      trouble = "two keys of one epoch";
    else if (mc_key_get_id (self->slots[i].key) == mc_key_get_id (key))
      trouble = "two keys of the same id";
  if (trouble != NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, trouble);
      return FALSE;
    }
  self->slots[self->n_slots++] =
    (McKeySlot){ mc_key_ref (key), epoch, not_before, not_after };
  return TRUE;
}

static McKeySlot *
find_slot (McKeyRing *self, const McKey *key)
{
  for (guint i = 0; i < self->n_slots; i++)
    if (mc_key_get_id (self->slots[i].key) == mc_key_get_id (key))
      return &self->slots[i];
  return NULL;
}

/* Whether others already have the key and send with it, so that it needs no
 * pause. */
static gboolean
is_in_use (McKeyRing *before, const McKeySlot *slot, gint64 now)
{
  const McKeySlot *former = find_slot (before, slot->key);

  return former != NULL && is_between (former, now, 0) &&
         is_between (slot, now, 0);
}

void
mc_key_ring_follow (McKeyRing *self, McKeyRing *before, gint64 pause)
{
  gint64 end = MC_TIME_MIN; /* of what can be sent with meanwhile */

  for (guint i = 0; i < self->n_slots; i++)
    if (is_in_use (before, &self->slots[i], self->now))
      end = MAX (end, self->slots[i].not_after);
  end = MIN (end, add_seconds (self->now, pause));
  for (guint i = 0; i < self->n_slots; i++)
    if (!is_in_use (before, &self->slots[i], self->now))
      self->slots[i].not_before = MAX (self->slots[i].not_before, end);
}

/* The newest come first, so that the oldest find no room. */
McKeyRing *
mc_key_ring_replace (McKeyRing *before, McKey *key, gint64 now, gint64 pause)
{
  McKeyRing *self = mc_key_ring_new (now);
  const gint64 end = add_seconds (now, pause);

  mc_key_ring_add (self, key, mc_key_ring_get_last_epoch (before) + 1,
                   MC_TIME_MIN, MC_TIME_MAX, NULL);
  for (guint i = 0; i < before->n_slots; i++)
    {
      const McKeySlot *slot = &before->slots[i];

      if (is_between (slot, now, MC_KEY_OVERLAP))
        mc_key_ring_add (self, slot->key, slot->epoch, slot->not_before,
                         MIN (slot->not_after, end), NULL);
    }
  mc_key_ring_follow (self, before, pause);
  return self;
}

McKey *
mc_key_ring_get_sending (McKeyRing *self)
{
  McKeySlot *slot = find_sending (self, self->now);

  return slot != NULL ? slot->key : NULL;
}

McKey *
mc_key_ring_find (McKeyRing *self, guint32 key_id)
{
  for (guint i = 0; i < self->n_slots; i++)
    if (mc_key_get_id (self->slots[i].key) == key_id &&
        is_between (&self->slots[i], self->now, MC_KEY_OVERLAP))
      return self->slots[i].key;
  return NULL;
}

McKey *
mc_key_ring_get_nth (McKeyRing *self, guint n)
{
  for (guint i = 0; i < self->n_slots; i++)
    if (is_between (&self->slots[i], self->now, MC_KEY_OVERLAP) && n-- == 0)
      return self->slots[i].key;
  return NULL;
}

guint64
mc_key_ring_get_last_epoch (McKeyRing *self)
{
  guint64 epoch = 0;

  for (guint i = 0; i < self->n_slots; i++)
    epoch = MAX (epoch, self->slots[i].epoch);
  return epoch;
}

guint64
mc_key_ring_get_first_epoch (McKeyRing *self)
{
  guint64 epoch = G_MAXUINT64;

  for (guint i = 0; i < self->n_slots; i++)
    if (self->now < add_seconds (self->slots[i].not_after, MC_KEY_OVERLAP))
      epoch = MIN (epoch, self->slots[i].epoch);
  return epoch;
}

/* ---- its file ---- */

static gboolean
parse_time (const char *text, gint64 none, gint64 *time)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) date = NULL;

  *time = none;
  if (strcmp (text, "-") == 0)
    return TRUE;
  if (g_ascii_string_to_signed (text, 10, 0, G_MAXINT64 - 1, time, NULL))
    return TRUE;
  date = g_date_time_new_from_iso8601 (text, utc);
  if (date != NULL)
    *time = g_date_time_to_unix (date);
  return date != NULL;
}

/* Ends the next word with a 0 and steps over it. */
static char *
next_word (char **at)
{
  char *word = *at + strspn (*at, " \t\r");
  gsize size = strcspn (word, " \t\r");

  *at = word + size + (word[size] != '\0');
  word[size] = '\0';
  return word;
}

/* What is said of a line must not show the key. */
static gboolean
add_line (McKeyRing *self, char *line, GError **error)
{
  char *epoch_text = next_word (&line);
  char *hex = next_word (&line);
  char *from = next_word (&line);
  char *to = next_word (&line);
  g_autoptr (McKey) key = mc_key_new_from_hex (hex, strlen (hex));
  const char *trouble = NULL;
  guint64 epoch = 0;
  gint64 not_before, not_after;

  if (*to == '\0' || *next_word (&line) != '\0')
    trouble = "expected: epoch key not-before not-after";
  else if (!g_ascii_string_to_unsigned (epoch_text, 10, 0, G_MAXUINT64 - 1,
                                        &epoch, NULL))
    trouble = "the epoch is not a number";
  else if (key == NULL)
    trouble = "the key is not 64 hex digits";
  else if (!parse_time (from, MC_TIME_MIN, &not_before) ||
           !parse_time (to, MC_TIME_MAX, &not_after))
    trouble = "a time is neither seconds nor ISO 8601 nor -";
  else
    return mc_key_ring_add (self, key, epoch, not_before, not_after, error);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, trouble);
  return FALSE;
}

static gboolean
add_lines (McKeyRing *self, const char *path, char *text, GError **error)
{
  guint n_line = 0;

  while (*text != '\0')
    {
      char *line = text;
      gsize size = strcspn (text, "\n");

      text += size + (text[size] != '\0');
      line[size] = '\0';
      n_line++;
      line += strspn (line, " \t\r");
      if (*line == '\0' || *line == '#')
        continue;
      if (!add_line (self, line, error))
        {
          g_prefix_error (error, "%s:%u: ", path, n_line);
          return FALSE;
        }
    }
  return TRUE;
}

/* A 0 would end the text, and the lines behind it would be lost without a
 * word. */
static gboolean
check_text (const char *path, const char *text, gsize size, GError **error)
{
  if (strlen (text) == size)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: is not text", path);
  return FALSE;
}

McKeyRing *
mc_key_ring_new_from_text (
  const char *name, char *text, gsize size, gint64 now, GError **error)
{
  g_autoptr (McKeyRing) self = mc_key_ring_new (now);

  if (!check_text (name, text, size, error) ||
      !add_lines (self, name, text, error))
    return NULL;
  if (self->n_slots > 0)
    return g_steal_pointer (&self);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: has no key", name);
  return NULL;
}

McKeyRing *
mc_key_ring_new_from_file (const char *path, gint64 now, GError **error)
{
  gsize size;
  char *text = mc_key_read_file (path, FILE_MAX, &size, error);
  McKeyRing *self;

  if (text == NULL)
    return NULL;
  self = mc_key_ring_new_from_text (path, text, size, now, error);
  sodium_free (text);
  return self;
}
