/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-bus.h>

#include "base/hein-call.h"
#include "base/hein-error-private.h"
#include "base/hein-name-private.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-latest.h"
#include "hein-bus-state.h"
#include "hein-endpoint-open.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"
#include "transport/hein-endpoint-state.h"
#include "transport/hein-media.h"
#include "transport/hein-transport-private.h"

/* Listening and dialling: the public calls that add endpoints to a bus. */

static void
ensure_sent_topics (HeinBus *self)
{
  if (self->core.sender.sent_topics != NULL)
    return;
  self->core.sender.sent_topics = hein_topics_new ();
  hein_bus_limit_retained (self);
}

static gboolean
check_name (HeinBus *self, GError **error)
{
  const char *name = self->core.host.name;

  if (hein_name_check (name, strlen (name), HEIN_ERROR_REFUSED, error))
    return TRUE;
  g_prefix_error (error, "this bus has a ");
  return FALSE;
}

static void
cancel_dial (HeinCall *call, GError *error)
{
  HeinEndpoint *endpoint = call->subject;

  endpoint->call = NULL;
  hein_calls_fail (call->owner, call, error);
  hein_endpoint_close (endpoint);
}

static void
pend_dial (HeinBus *self, HeinEndpoint *endpoint, HeinCall *call)
{
  endpoint->call = g_object_ref (call);
  call->subject = g_object_ref (endpoint);
  call->free_subject = g_object_unref;
  hein_calls_pend (&self->core, call, cancel_dial, FALSE);
}

/* On success the endpoint keeps @call, of dial_async, until it is completed. */
static HeinEndpoint *
attach (
  HeinBus *self, HeinRole role, const char *uri, HeinCall *call, GError **error)
{
  g_autoptr (HeinEndpoint) endpoint = NULL;

  if (!hein_core_check_open (&self->core, error) || !check_name (self, error))
    return NULL;
  endpoint = hein_endpoint_new (self, role, uri, error);
  if (endpoint == NULL)
    return NULL;
  if (hein_transport_get_retain (endpoint->transport))
    ensure_sent_topics (self);
  if (!hein_endpoint_open (endpoint, error))
    {
      if (error != NULL && *error != NULL)
        hein_error_make_printable (*error);
      g_prefix_error (error, "%s: ", endpoint->address->shown);
      return NULL;
    }
  if (call != NULL)
    pend_dial (self, endpoint, call);
  g_list_store_append (self->core.endpoints, endpoint);
  if (G_UNLIKELY (endpoint->core == NULL))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                   "%s: closed by a handler of items-changed",
                   endpoint->address->shown);
      return NULL;
    }
  hein_media_review (&self->core);
  hein_core_want_turn (&self->core);
  return endpoint; /* the list keeps it */
}

static HeinEndpoint *
add_endpoint (
  HeinBus *self, HeinRole role, const char *uri, HeinCall *call, GError **error)
{
  HeinBus *left = self;
  HeinEndpoint *endpoint;

  /* a handler of items-changed may drop the last reference */
  g_object_ref (self);
  endpoint = attach (self, role, uri, call, error);
  g_object_add_weak_pointer (G_OBJECT (self), (gpointer *) &left);
  g_object_unref (self);
  if (left != NULL)
    {
      g_object_remove_weak_pointer (G_OBJECT (self), (gpointer *) &left);
      return endpoint;
    }
  if (endpoint != NULL)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_CLOSED,
                         "a handler of items-changed dropped the bus");
  return NULL;
}

/**
 * hein_bus_listen:
 * @self: a bus
 * @uri: an address, such as "tcp://127.0.0.1:5555"
 * @error: return location
 *
 * Listens on @uri: accepts connections there. Where the port is 0,
 * [method@Endpoint.get_bound_uri] returns the address with the real one.
 *
 * - Errors: `HEIN_ERROR_BAD_ADDRESS`, `HEIN_ERROR_NO_PLUGIN`,
 *   `HEIN_ERROR_INSECURE`, `HEIN_ERROR_REFUSED` (the bus has no valid name),
 *   `HEIN_ERROR_CLOSED`, and of #GIOErrorEnum, such as
 *   %G_IO_ERROR_ADDRESS_IN_USE.
 * - Thread: owner.
 *
 * Returns: (transfer none): the endpoint. [property@Bus:endpoints] keeps it
 *   until it is closed, or until [signal@Bus::failed] reports that its
 *   transport could not open it; take a reference to keep it for longer
 *
 * Since: 0.9
 */
HeinEndpoint *
hein_bus_listen (HeinBus *self, const char *uri, GError **error)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (uri != NULL, NULL);
  if (!hein_core_check_open (&self->core, error))
    return NULL;
  hein_bus_return_val_unless_owner (self, NULL);

  return add_endpoint (self, HEIN_ROLE_LISTEN, uri, NULL, error);
}

/**
 * hein_bus_dial:
 * @self: a bus
 * @uri: an address, such as "tcp://localhost:5555"
 * @error: return location
 *
 * Connects to @uri, and reconnects for ever when nobody listens there or the
 * connection is lost. Returns at once. When @uri names several hosts
 * ("tcp://kirk:5555,spock:5555"), one of them is connected to, and the next one
 * without a pause when it cannot be reached or is lost.
 *
 * - Errors: `HEIN_ERROR_BAD_ADDRESS`, `HEIN_ERROR_NO_PLUGIN`,
 *   `HEIN_ERROR_INSECURE`, `HEIN_ERROR_REFUSED` (the bus has no valid name),
 *   `HEIN_ERROR_CLOSED`.
 * - Thread: owner.
 *
 * Returns: (transfer none): the endpoint. [property@Bus:endpoints] keeps it
 *   until it is closed, or until [signal@Bus::failed] reports that its
 *   transport could not open it; take a reference to keep it for longer
 *
 * Since: 0.9
 */
HeinEndpoint *
hein_bus_dial (HeinBus *self, const char *uri, GError **error)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), NULL);
  g_return_val_if_fail (uri != NULL, NULL);
  if (!hein_core_check_open (&self->core, error))
    return NULL;
  hein_bus_return_val_unless_owner (self, NULL);

  return add_endpoint (self, HEIN_ROLE_DIAL, uri, NULL, error);
}

/**
 * hein_bus_dial_async:
 * @self: a bus
 * @uri: an address
 * @cancellable: (nullable): cancelling closes the endpoint
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Connects to @uri like [method@Bus.dial], and completes when the first
 * handshake has succeeded.
 *
 * - Errors: those of [method@Bus.dial], and those that [signal@Bus::failed]
 *   reports because trying again does not help.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_dial_async (HeinBus *self,
                     const char *uri,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  HeinCall *call;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (uri != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_dial_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  call = hein_calls_begin (&self->core, hein_bus_dial_async, cancellable,
                           callback, user_data);
  if (add_endpoint (self, HEIN_ROLE_DIAL, uri, call, &error) != NULL)
    g_object_unref (call);
  else if (call->is_done)
    {
      /* closing the endpoint has completed the call already */
      g_clear_error (&error);
      g_object_unref (call);
    }
  else
    hein_calls_fail (&self->core, call, error);
}

/**
 * hein_bus_dial_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.dial_async].
 *
 * - Thread: owner.
 *
 * Returns: (transfer none): the endpoint, which @result and
 *   [property@Bus:endpoints] keep; take a reference to keep it for longer
 *
 * Since: 0.9
 */
HeinEndpoint *
hein_bus_dial_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_bus_dial_async),
                        NULL);

  return hein_call_lend (HEIN_CALL (result), error);
}
