/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-send-media.h"

#include "base/hein-error-private.h"
#include "hein-carrier.h"
#include "hein-overflow.h"
#include "link/hein-losses.h"

/* Sends a message to media, such as a multicast group: once each, and everybody
 * there gets it. */

static gboolean
fail_medium (HeinCore *self, GError **error)
{
  g_clear_pointer (&self->held.stuck, g_ptr_array_unref);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                       "a medium has no room");
  return FALSE;
}

gboolean
hein_send_check_room_of_media (HeinCore *self, GError **error)
{
  if (G_LIKELY (self->roster.media->len == 1 && self->held.n_barriers == 0))
    return TRUE;
  for (guint i = 0; i < self->roster.media->len; i++)
    {
      HeinCarrier *medium = g_ptr_array_index (self->roster.media, i);

      if (hein_overflow_medium_waits (self, medium) && !self->held.is_forcing &&
          (self->held.n_barriers > 0 ||
           (self->roster.media->len > 1 && medium->is_full)))
        return fail_medium (self, error);
    }
  return TRUE;
}

/* Returns FALSE when the medium has no room, and the message has to wait for
 * it. */
static gboolean
note_medium_failure (HeinCore *self,
                     HeinCarrier *medium,
                     HeinMessage *message,
                     gboolean may_wait,
                     const GError *trouble)
{
  const gboolean is_full =
    g_error_matches (trouble, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK);

  medium->is_full = is_full;
  if (is_full && may_wait)
    return FALSE;
  if (trouble != NULL)
    hein_error_log (G_OBJECT_TYPE_NAME (medium->transport), trouble);
  hein_losses_count (&self->host, NULL,
                     is_full ? HEIN_DROP_REASON_OVERFLOW
                             : HEIN_DROP_REASON_UNSENDABLE,
                     1, hein_message_size (message));
  return TRUE;
}

/* Returns FALSE when the medium has no room, and the message has to wait for
 * it. */
static gboolean
give_to_medium (HeinCore *self,
                HeinCarrier *medium,
                HeinMessage *message,
                gboolean may_wait)
{
  g_autoptr (GError) trouble = NULL;
  const gboolean waits =
    hein_carrier_begin_send_to_all (medium, self->host.settings.overflow);

  if (G_LIKELY (medium->send != NULL &&
                medium->send (medium->transport, NULL, message, &trouble)))
    return TRUE;
  return note_medium_failure (self, medium, message, waits && may_wait,
                              trouble);
}

/* Returns the media as they are now; the array lives until the end of the
 * walk. */
static GPtrArray *
begin_media_walk (HeinCore *self)
{
  self->roster.n_media_walks++;
  return self->roster.media;
}

static void
end_media_walk (HeinCore *self)
{
  if (--self->roster.n_media_walks == 0 &&
      G_UNLIKELY (self->roster.old_media != NULL))
    g_clear_pointer (&self->roster.old_media, g_ptr_array_unref);
}

gboolean
hein_send_to_media (HeinCore *self, HeinMessage *message, GError **error)
{
  GPtrArray *media = begin_media_walk (self);
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < media->len; i++)
    {
      HeinCarrier *medium = g_ptr_array_index (media, i);

      if (i > 0 && !g_ptr_array_find (self->roster.media, medium, NULL))
        continue; /* it was closed during the send to another medium */
      /* once one medium has the message, it cannot wait for others */
      ok = give_to_medium (self, medium, message, i == 0);
    }
  end_media_walk (self);
  return ok || fail_medium (self, error);
}
