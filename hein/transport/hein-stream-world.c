/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-world.h"

/* What a stream transport asks of a simulated world, and is told by it. */

static HeinWorldAddress
get_address (const HeinAddress *address)
{
  return (HeinWorldAddress){
    .host = address->host,
    .port = address->port,
    .path = address->path,
  };
}

static const HeinWorldFuncs *
get_funcs (HeinLoop *loop)
{
  return hein_loop_get_place (loop)->world->funcs;
}

static void
on_accepted (HeinWorldPort *port, HeinStream *stream, GSocketAddress *from)
{
  HeinStreamWorld *self = HEIN_CONTAINER (port, HeinStreamWorld, port);

  self->accepted (stream, from, self->data);
}

static void
on_dialled (HeinWorldDial *dial,
            HeinStream *stream,
            GSocketAddress *address,
            const GError *error)
{
  HeinStreamWorld *self = HEIN_CONTAINER (dial, HeinStreamWorld, dial);

  self->dialled (stream, address, error, self->data);
}

GSocketAddress *
hein_stream_world_listen (HeinStreamWorld *self,
                          HeinLoop *loop,
                          const HeinAddress *address,
                          GError **error)
{
  const HeinWorldAddress wanted = get_address (address);

  self->port.loop = loop;
  self->port.accepted = on_accepted;
  if (!get_funcs (loop)->listen (hein_loop_get_place (loop), &wanted,
                                 &self->port, error))
    return NULL;
  return g_object_ref (self->port.address);
}

GSocketAddress *
hein_stream_world_look_up (HeinLoop *loop,
                           const HeinWorldAddress *address,
                           GError **error)
{
  return get_funcs (loop)->look_up (hein_loop_get_place (loop), address, error);
}

void
hein_stream_world_dial (HeinStreamWorld *self,
                        HeinLoop *loop,
                        const HeinWorldAddress *address)
{
  self->dial.loop = loop;
  self->dial.done = on_dialled;
  get_funcs (loop)->dial (hein_loop_get_place (loop), address, &self->dial);
}

gboolean
hein_stream_world_is_dialling (HeinStreamWorld *self)
{
  return self->dial.side != NULL;
}

void
hein_stream_world_stop (HeinStreamWorld *self)
{
  if (self->port.side != NULL)
    get_funcs (self->port.loop)->stop (&self->port);
  if (self->dial.side != NULL)
    get_funcs (self->dial.loop)->cancel (&self->dial);
  g_clear_object (&self->port.address);
}
