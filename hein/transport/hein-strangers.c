/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-strangers.h"

#include <hein/hein-endpoint.h>
#include <hein/hein-uri.h>

#include "hein-endpoint-private.h"
#include "link/hein-link-state.h"

/* Reports connections that failed to prove their identity. */

/* Returns where a link comes from, for the report. (transfer full) */
static char *
dup_origin (HeinLink *link)
{
  g_autoptr (GSocketAddress) address =
    hein_socket_name_make_address (&link->entry->remote);

  if (address != NULL && G_IS_INET_SOCKET_ADDRESS (address))
    return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address));
  return g_strdup ("somebody");
}

static void
log_one (HeinEndpoint *endpoint, const char *from, const GError *error)
{
  g_autofree char *shown =
    hein_uri_hide_secrets (hein_endpoint_get_bound_uri (endpoint));

  g_info ("%s: a connection from %s came to nothing: %s", shown, from,
          error->message);
}

/* A port scan or a broken network is not a failed proof. */
static gboolean
is_worth_telling (const GError *error)
{
  return g_error_matches (error, HEIN_ERROR, HEIN_ERROR_INSECURE) ||
         g_error_matches (error, HEIN_ERROR, HEIN_ERROR_REFUSED) ||
         g_error_matches (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

static void
tell (HeinStrangers *self,
      HeinEndpoint *endpoint,
      const char *from,
      const GError *reason)
{
  g_autoptr (GError) error = g_error_copy (reason);

  if (self->n == 1)
    g_prefix_error (&error, "a connection from %s is refused: ", from);
  else
    g_prefix_error (&error,
                    "%" G_GUINT64_FORMAT " more connections are refused, the "
                    "last one from %s: ",
                    self->n, from);
  hein_endpoint_warn (endpoint, error);
}

void
hein_strangers_add (HeinStrangers *self,
                    HeinEndpoint *endpoint,
                    HeinLink *link,
                    gboolean is_secure)
{
  const gint64 now_us = hein_loop_get_now_us (link->host->loop);
  g_autofree char *from = NULL;

  if (link->error == NULL)
    return;
  from = dup_origin (link);
  log_one (endpoint, from, link->error);
  if (!is_secure && endpoint->secrecy == HEIN_SECRECY_NONE)
    return;
  if (!is_worth_telling (link->error))
    return;
  self->n++;
  if (now_us < self->not_before_us)
    return;
  tell (self, endpoint, from, link->error);
  *self = (HeinStrangers){ 0, now_us + HEIN_STRANGERS_INTERVAL_US };
}
