/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-resumption.h"

#include <hein/hein-error.h>

#include "link/hein-link-close.h"
#include "link/hein-link-state.h"
#include "link/hein-peer-state.h"

/* Knows peers again whose connection was cut, for both sides of deliveries. */

gboolean
hein_resumption_is_possible (HeinPeer *peer)
{
  return peer->wants.resumes && peer->instance != NULL && peer->link != NULL;
}

/* A connection that ends in order has no error. To a bus that is closing,
 * nobody comes again. */
gboolean
hein_resumption_is_cut (HeinCore *core, HeinPeer *peer)
{
  return hein_resumption_is_possible (peer) && peer->link->error != NULL &&
         !core->host.is_closing;
}

/* A name that was made up is another one each time; no name has a line
 * end. */
char *
hein_resumption_dup_key (HeinPeer *peer)
{
  return peer->link->has_made_up_name ? g_strconcat ("\n", peer->instance, NULL)
                                      : g_strdup (peer->name);
}

void
hein_resumption_init (HeinResumption *self, HeinPeer *peer)
{
  self->key = hein_resumption_dup_key (peer);
  self->instance = g_strdup (peer->instance);
  self->security = g_strdup (peer->security);
}

void
hein_resumption_clear (HeinResumption *self)
{
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->instance, g_free);
  g_clear_pointer (&self->security, g_free);
}

HeinResumptionVerdict
hein_resumption_compare (const HeinResumption *self, HeinPeer *peer)
{
  if (g_strcmp0 (self->instance, peer->instance) != 0)
    return HEIN_RESUMPTION_RESTARTED;
  return g_strcmp0 (self->security, peer->security) == 0
           ? HEIN_RESUMPTION_SAME
           : HEIN_RESUMPTION_STRANGER;
}

void
hein_resumption_reject (HeinPeer *peer, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (HEIN_ERROR, HEIN_ERROR_PROTOCOL, format, args);
  va_end (args);
  /* nothing is resumed of what cannot be believed */
  peer->wants.resumes = FALSE;
  if (peer->link != NULL)
    hein_link_close (peer->link, error);
}
