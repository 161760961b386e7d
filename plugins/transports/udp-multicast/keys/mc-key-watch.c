/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-key-watch.h"

#include <hein/hein.h>

#include "mc-key-file.h"
#include "secret/hein-secret-stamp.h"

/*
 * Looks at the file of the keys now and then by stat (), which also sees a file
 * that took the place of another one, and one that was written on another
 * machine.
 */

G_STATIC_ASSERT (MC_KEY_WATCH_PAUSE < MC_KEY_OVERLAP);

struct _McKeyWatch
{
  char *path;
  gboolean is_ring;

  HeinSecretStamp read; /* what it was when it was read */
  HeinSecretStamp seen; /* and when it was looked at */
  gboolean is_bad;
  gint64 due_us;
  gint64 retry_us; /* when it is bad */
  gint64 tell_us;  /* not before */
};

McKeyWatch *
mc_key_watch_new (const char *path, gboolean is_ring)
{
  McKeyWatch *self = g_new0 (McKeyWatch, 1);

  self->path = g_strdup (path);
  self->is_ring = is_ring;
  return self;
}

void
mc_key_watch_free (McKeyWatch *self)
{
  g_free (self->path);
  g_free (self);
}

gint64
mc_key_watch_get_due (const McKeyWatch *self)
{
  return self->due_us;
}

/* ---- looking ---- */

/* Whether the file is to be read now: it is another one than was read, and
 * has stayed so since the last look; or it was of no use, and a while has
 * passed. */
static gboolean
is_wanted (McKeyWatch *self, gint64 now_us)
{
  const HeinSecretStamp stamp = hein_secret_stamp_look (self->path);
  const gboolean stays = hein_secret_stamp_is_same (&stamp, &self->seen);

  self->seen = stamp;
  self->due_us = now_us + MC_KEY_WATCH_INTERVAL_US;
  if (hein_secret_stamp_is_same (&stamp, &self->read))
    return self->is_bad && now_us >= self->retry_us;
  if (!stays)
    self->due_us = now_us + MC_KEY_WATCH_SETTLE_US;
  return stays;
}

/* ---- reading ---- */

static McKeyRing *
read_ring (McKeyWatch *self, McKeyRing *before, gint64 now, GError **error)
{
  McKeyRing *ring = mc_key_ring_new_from_file (self->path, now, error);

  if (ring != NULL && before != NULL)
    mc_key_ring_follow (ring, before, MC_KEY_WATCH_PAUSE);
  return ring;
}

static McKeyRing *
read_key (McKeyWatch *self, McKeyRing *before, gint64 now, GError **error)
{
  g_autoptr (McKey) key = mc_key_new_from_file (self->path, error);
  g_autoptr (McKeyRing) ring = NULL;

  if (key == NULL)
    return NULL;
  if (before != NULL)
    return mc_key_ring_replace (before, key, now, MC_KEY_WATCH_PAUSE);
  ring = mc_key_ring_new (now);
  if (!mc_key_ring_add (ring, key, 1, MC_TIME_MIN, MC_TIME_MAX, error))
    return NULL;
  return g_steal_pointer (&ring);
}

static McKeyRing *
read_file (McKeyWatch *self, McKeyRing *before, gint64 now, GError **error)
{
  return self->is_ring ? read_ring (self, before, now, error)
                       : read_key (self, before, now, error);
}

McKeyRing *
mc_key_watch_read (McKeyWatch *self, gint64 now, GError **error)
{
  /* the look comes before the reading: what is written between is read again */
  self->read = hein_secret_stamp_look (self->path);
  self->seen = self->read;
  return read_file (self, NULL, now, error);
}

static gboolean
check_time (McKeyWatch *self, McKeyRing *ring, GError **error)
{
  if (mc_key_ring_get_sending (ring) != NULL)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: no key of the ring is valid now: add one", self->path);
  return FALSE;
}

/* A file that is of no use is told once a minute, however often it is looked
 * at or written. */
static void
tell (McKeyWatch *self, GError *trouble, gint64 now_us, GError **error)
{
  if (now_us < self->tell_us)
    {
      g_error_free (trouble);
      return;
    }
  self->tell_us = now_us + MC_KEY_WATCH_RETRY_US;
  g_prefix_error (&trouble, "the keys stay as they were: ");
  g_propagate_error (error, trouble);
}

McKeyRing *
mc_key_watch_check (
  McKeyWatch *self, McKeyRing *ring, gint64 now_us, gint64 now, GError **error)
{
  g_autoptr (McKeyRing) next = NULL;
  GError *trouble = NULL;

  if (now_us < self->due_us || !is_wanted (self, now_us))
    return NULL;
  self->read = self->seen;
  next = read_file (self, ring, now, &trouble);
  self->is_bad = next == NULL || !check_time (self, next, &trouble);
  if (!self->is_bad)
    {
      g_info ("%s was read again", self->path);
      return g_steal_pointer (&next);
    }
  self->retry_us = now_us + MC_KEY_WATCH_RETRY_US;
  tell (self, trouble, now_us, error);
  return NULL;
}
