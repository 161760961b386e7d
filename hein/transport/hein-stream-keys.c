/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-keys.h"

#include <hein/hein-error.h>
#include <hein/hein-transport.h>

#include "hein-endpoint-state.h"

/* Opening the key files of a stream endpoint, and watching them for changes. */

/* How often the key file is looked at. At most two such intervals pass until a
 * key that was removed from the file stops working. */
#define LOOK_US (G_USEC_PER_SEC * 2 / 5)

gboolean
hein_stream_keys_are_wanted (const HeinStreamKeys *self)
{
  return self->key_file != NULL || self->key_ring_file != NULL;
}

static gboolean
check (HeinStreamKeys *self, gboolean plaintext, GError **error)
{
  const char *trouble = NULL;

  if (self->key_file != NULL && self->key_ring_file != NULL)
    trouble = "key-file and key-ring-file: say one of them";
  else if (plaintext)
    trouble = "plaintext=yes and a file of keys: say one of them";
  if (trouble == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, trouble);
  return FALSE;
}

static void
arm (HeinStreamKeys *self)
{
  HeinLoop *loop = self->endpoint->core->host.loop;
  const gint64 now_us = hein_loop_get_now_us (loop);

  /* all endpoints of a process at once, so that it wakes up once for all of them */
  hein_loop_arm (loop, &self->timer, (now_us / LOOK_US + 1) * LOOK_US);
}

static void
on_look (HeinTimer *timer, gint64 now_us)
{
  HeinStreamKeys *self =
    (HeinStreamKeys *) ((char *) timer -
                        G_STRUCT_OFFSET (HeinStreamKeys, timer));
  g_autoptr (GError) error = NULL;

  arm (self);
  self->module->look (self->tls, &error);
  if (error != NULL)
    hein_transport_fail (self->endpoint->transport, error);
}

gboolean
hein_stream_keys_open (HeinStreamKeys *self,
                       HeinEndpoint *endpoint,
                       GError **error)
{
  const HeinTlsOptions options = {
    .key_file = self->key_file,
    .key_ring_file = self->key_ring_file,
    .is_dialling = endpoint->role == HEIN_ROLE_DIAL,
    .bus_name = endpoint->core->host.name,
    .bus_instance = endpoint->core->host.instance,
  };
  gboolean plaintext;

  if (!hein_stream_keys_are_wanted (self))
    return TRUE;
  g_object_get (endpoint->transport, "plaintext", &plaintext, NULL);
  if (!check (self, plaintext, error))
    return FALSE;
  self->tls = self->module->open (&options, error);
  if (self->tls == NULL)
    return FALSE;
  self->endpoint = endpoint;
  self->timer.expired = on_look;
  arm (self);
  return TRUE;
}

void
hein_stream_keys_close (HeinStreamKeys *self)
{
  if (self->tls == NULL)
    return;
  /* an endpoint without a core has been closed, and has no timer any more */
  if (self->endpoint->core != NULL)
    hein_loop_disarm (self->endpoint->core->host.loop, &self->timer);
  self->module->close (g_steal_pointer (&self->tls));
}

void
hein_stream_keys_clear (HeinStreamKeys *self)
{
  hein_stream_keys_close (self);
  g_free (self->key_file);
  g_free (self->key_ring_file);
}

HeinStream *
hein_stream_keys_make_stream (HeinStreamKeys *self, int fd, gboolean is_dialled)
{
  if (self->tls == NULL)
    return hein_stream_new_socket (fd);
  return self->module->new_stream (self->tls, fd, is_dialled);
}
