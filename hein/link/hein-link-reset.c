/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-reset.h"

#include <hein/hein-protocol.h>

/* Which links end by a reset, and what else knows of resets. */

/* A listener that is told by acknowledgements what was read (soc): who has
 * dialled it says nothing else, so that none of its messages can be lost. A
 * client that is told so (mqtt) gets messages, too. */
static gboolean
only_sends (HeinLink *self)
{
  return self->account.doubts_end && !self->is_dialled;
}

/* Returns whether the peer takes an end in order for the word that all was
 * read. Where the protocol says what such an end means, it knows that by other
 * ways, or has sent nothing that counts. On a line there are no ends. */
static gboolean
trusts_end (HeinLink *self)
{
  return self->has_begun && !hein_link_get_class (self)->ends_in_order &&
         !self->goodbye.is_awaited && !only_sends (self) &&
         !hein_link_is_on_line (self);
}

void
hein_link_want_reset (HeinLink *self)
{
  if (self->must_reset || self->said.is_over || self->stream == NULL ||
      !trusts_end (self))
    return;
  self->must_reset = TRUE;
  self->keeps_unread = !hein_stream_reset_at_close (self->stream);
}

gboolean
hein_link_has_unread (HeinLink *self)
{
  return hein_input_get_size (&self->input) > 0 ||
         (self->stream != NULL && self->stream->has_pending);
}

gboolean
hein_link_is_reset (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}
