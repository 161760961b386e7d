/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-access.h"

#include <hein/hein-transport.h>

#include "hein-endpoint-state.h"
#include "hein-file-watch.h"

/* Opening the access file of a stream endpoint, and watching it for changes. */

GParamSpec *
hein_stream_access_make_property (void)
{
  /**
   * HeinStreamTransport:access-file:
   *
   * A file that says what the peers of this endpoint may do: lines such as
   * `allow kirk publish,receive lamps/on`. The first line that is about the
   * peer, the action and the topic decides; what no line allows is refused.
   *
   * - `allow` or `deny`;
   * - who: a name that was proved, a proof as in [property@Peer:security]
   *   (`psk:lamps`, or `psk:*` for every one of that kind), `anonymous` for
   *   peers that have proved nothing, or `*` for everybody; in `"` if it has
   *   spaces;
   * - what: `publish`, `receive`, `request` ([enum@Action]), several with
   *   commas between them, or `*`;
   * - the topic: a pattern as in [method@Bus.serve].
   *
   * Others must not be able to write the file. It has at most 1 MiB and 10,000
   * lines that are neither empty nor begin with `#`. It is read again within a
   * second of a change; a file that cannot be used changes nothing, and is
   * reported by [signal@Bus::failed].
   *
   * Since: 0.9
   */
  return g_param_spec_string ("access-file", NULL, NULL, NULL,
                              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
}

static void
arm (HeinStreamAccess *self)
{
  hein_file_watch_arm (self->endpoint->core->host.loop, &self->timer);
}

static void
on_look (HeinTimer *timer, gint64 now_us)
{
  HeinStreamAccess *self = HEIN_CONTAINER (timer, HeinStreamAccess, timer);
  g_autoptr (GError) error = NULL;

  arm (self);
  if (!hein_access_file_look (self->file, &error))
    hein_transport_fail (self->endpoint->transport, error);
}

gboolean
hein_stream_access_open (HeinStreamAccess *self,
                         HeinEndpoint *endpoint,
                         GError **error)
{
  if (self->path == NULL)
    return TRUE;
  self->file = hein_access_file_open (self->path, error);
  if (self->file == NULL)
    return FALSE;
  self->endpoint = endpoint;
  self->timer.expired = on_look;
  arm (self);
  return TRUE;
}

void
hein_stream_access_close (HeinStreamAccess *self)
{
  if (self->file == NULL)
    return;
  /* an endpoint without a core has been closed, and has no timer any more */
  if (self->endpoint->core != NULL)
    hein_loop_disarm (self->endpoint->core->host.loop, &self->timer);
  g_clear_pointer (&self->file, hein_access_file_release);
}

void
hein_stream_access_clear (HeinStreamAccess *self)
{
  hein_stream_access_close (self);
  g_clear_pointer (&self->path, g_free);
}
