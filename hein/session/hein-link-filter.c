/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-link-filter.h"

#include "core/hein-subscriptions.h"
#include "link/hein-link.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"
#include "plugin-api/hein-wire-private.h"

/*
 * Messages that a peer sends beyond what the bus has subscribed to: a wire that
 * has to leave them out has functions of its own, so that others need not ask.
 */

/* The functions of a wire that leaves out nothing. */
static const HeinWireFuncs *
get_plain (HeinLink *self)
{
  return self->host->funcs->wire_funcs;
}

static gboolean
is_wanted (HeinLink *self,
           const char *topic,
           gsize topic_size,
           const guint8 *part,
           gsize size)
{
  return !hein_link_hears (self) ||
         hein_subscriptions_want_part (hein_core_of_link (self), topic,
                                       topic_size, part, size);
}

/* The peer learns that it was taken, as it is of what filters drop. */
static gboolean
leave_out (HeinLink *self)
{
  self->account.n_refused++;
  return TRUE;
}

static gboolean
deliver (gpointer data, HeinMessage *message)
{
  HeinLink *self = data;

  if (hein_message_is_ask (message) ||
      is_wanted (self, message->data, message->topic_size,
                 hein_message_data (message), message->size))
    return get_plain (self)->deliver (self, message);
  return leave_out (self);
}

static gboolean
deliver_data (gpointer data,
              const char *topic,
              gsize topic_size,
              const guint8 *bytes,
              gsize size)
{
  HeinLink *self = data;

  if (is_wanted (self, topic, topic_size, bytes, size))
    return get_plain (self)->deliver_data (self, topic, topic_size, bytes,
                                           size);
  return leave_out (self);
}

static const HeinWireFuncs *
get_funcs (HeinLink *link)
{
  static HeinWireFuncs funcs;
  static gsize is_made = 0;

  if (g_once_init_enter (&is_made))
    {
      funcs = *get_plain (link);
      funcs.deliver = deliver;
      funcs.deliver_data = deliver_data;
      g_once_init_leave (&is_made, 1);
    }
  return &funcs;
}

void
hein_link_filter_begin (HeinLink *self)
{
  if (HEIN_PROTOCOL_GET_CLASS (self->protocol)->subscription != NULL)
    self->wire->funcs = get_funcs (self);
}
