/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-pairing-work.h"

#include <string.h>

#include "plugin/hein-plugin-tls.h"

/* Does in a thread what a pairing is about. */

#define CONNECT_SECONDS 10

void
hein_pairing_work_free (HeinPairingWork *self)
{
  g_free (self->identity);
  g_free (self->peers);
  g_free (self->name);
  g_clear_object (&self->socket);
  g_clear_object (&self->target);
  g_free (self->other);
  g_clear_error (&self->error);
  explicit_bzero (&self->code, sizeof self->code);
  g_free (self);
}

static GSocketConnection *
connect_to (const HeinPairingWork *self,
            GCancellable *cancellable,
            GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSocketConnection *connection;

  g_socket_client_set_timeout (client, CONNECT_SECONDS);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection =
    g_socket_client_connect (client, self->target, cancellable, error);
  if (connection != NULL)
    g_socket_set_blocking (g_socket_connection_get_socket (connection), FALSE);
  return connection;
}

static char *
pair (const HeinPairingWork *self, GCancellable *cancellable, GError **error)
{
  const HeinTlsModule *module = hein_plugin_find_tls (error);
  g_autoptr (GSocketConnection) connection = NULL;
  HeinTlsPairing pairing = {
    .identity = self->identity,
    .peers = self->peers,
    .code = self->code.letters,
    .is_listening = self->socket != NULL,
    .end_us = self->end_us,
    .cancellable = cancellable,
  };

  if (module == NULL ||
      !module->prepare_pairing (self->identity, self->peers, self->name, error))
    return NULL;
  if (self->socket == NULL)
    {
      connection = connect_to (self, cancellable, error);
      if (connection == NULL)
        return NULL;
    }
  pairing.fd = g_socket_get_fd (connection != NULL
                                  ? g_socket_connection_get_socket (connection)
                                  : self->socket);
  return module->pair (&pairing, error);
}

/* In the context of who has called. */
static gboolean
on_over (gpointer user_data)
{
  GTask *task = user_data;
  HeinPairingWork *self = g_task_get_task_data (task);

  if (self->other != NULL)
    g_task_return_pointer (task, g_steal_pointer (&self->other), g_free);
  else
    g_task_return_error (task, g_steal_pointer (&self->error));
  return G_SOURCE_REMOVE;
}

/* The task goes on to its context, so that the last reference to the object is
 * never dropped in this thread. */
gpointer
hein_pairing_work_run (gpointer data)
{
  GTask *task = data;
  HeinPairingWork *self = g_task_get_task_data (task);
  g_autoptr (GSource) over = g_idle_source_new ();

  self->other = pair (self, g_task_get_cancellable (task), &self->error);
  /* nobody can come in any more when the callback runs */
  g_clear_object (&self->socket);
  g_source_set_priority (over, g_task_get_priority (task));
  g_source_set_callback (over, on_over, task, g_object_unref);
  g_source_attach (over, g_task_get_context (task));
  return NULL;
}
