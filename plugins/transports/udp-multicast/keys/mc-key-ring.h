/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mc-key.h"

G_BEGIN_DECLS

/*
 * The keys that a group uses one after the other. Each has a time in which it
 * is sent with; it is received with MC_KEY_OVERLAP seconds before and after,
 * for clocks differ and datagrams are repeated. Times are seconds since 1970,
 * handed in: a ring looks at no clock.
 */
#define MC_KEY_RING_MAX 4
#define MC_KEY_OVERLAP  60 /* s */

#define MC_TIME_MIN G_MININT64
#define MC_TIME_MAX G_MAXINT64

typedef struct _McKeyRing McKeyRing;

McKeyRing *mc_key_ring_new (gint64 now);
McKeyRing *mc_key_ring_ref (McKeyRing *self);
void mc_key_ring_unref (McKeyRing *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (McKeyRing, mc_key_ring_unref)

/*
 * A file of lines
 *
 *   epoch key not-before not-after
 *
 * where the epoch is a number, higher for newer keys, the key is 64 hex digits,
 * and a time is seconds since 1970 or ISO 8601 (UTC if it names no zone), or
 * `-` for none. Blank lines and those that begin with `#` are skipped. Who may
 * read it is checked as for a file of one key.
 */
McKeyRing *
mc_key_ring_new_from_file (const char *path, gint64 now, GError **error);

/* What such a file says: @size bytes and a 0 behind them, which are changed.
 * @name is for errors. */
McKeyRing *mc_key_ring_new_from_text (
  const char *name, char *text, gsize size, gint64 now, GError **error);

/* Errors: `HEIN_ERROR_FAILED`: too many, the same again, or never valid. */
gboolean mc_key_ring_add (McKeyRing *self,
                          McKey *key,
                          guint64 epoch,
                          gint64 not_before,
                          gint64 not_after,
                          GError **error);

/*
 * @self was read later than @before, by others perhaps later still. What is new
 * in it, or was not sent with yet, is not sent with for @pause seconds, as long
 * as there is a key that was.
 */
void mc_key_ring_follow (McKeyRing *self, McKeyRing *before, gint64 pause);
/* The ring that follows @before, now that @key is the only one: the others are
 * still received with for @pause and MC_KEY_OVERLAP seconds. (transfer full) */
McKeyRing *
mc_key_ring_replace (McKeyRing *before, McKey *key, gint64 now, gint64 pause);

/* Says what time it is; TRUE: another key is to be sent with, or may be
 * received with. */
gboolean mc_key_ring_set_time (McKeyRing *self, gint64 now);
/* When mc_key_ring_set_time() will return TRUE; MC_TIME_MAX: never. */
gint64 mc_key_ring_get_due (McKeyRing *self);

/* (transfer none): that of the highest epoch whose time it is; NULL: it is that
 * of none, and nothing can be sent. */
McKey *mc_key_ring_get_sending (McKeyRing *self);
/* (transfer none): NULL: there is none, or it is not its time. */
McKey *mc_key_ring_find (McKeyRing *self, guint32 key_id);
/* (transfer none): the @i-th that may be received with; NULL: no more. */
McKey *mc_key_ring_get_nth (McKeyRing *self, guint i);

/* The highest of all, and the lowest of those that may still be received with
 * or will be (G_MAXUINT64: none). */
guint64 mc_key_ring_get_last_epoch (McKeyRing *self);
guint64 mc_key_ring_get_first_epoch (McKeyRing *self);

G_END_DECLS
