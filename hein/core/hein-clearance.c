/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-clearance.h"

#include <hein/hein-error.h>

#include "message/hein-message-memory.h"

/* Decides by access files what peers may do. */

struct _HeinClearance
{
  HeinAccessFile *file; /* referenced */
  char *name;           /* owned, nullable: proved */
};

HeinClearance *
hein_clearance_new (HeinAccessFile *file, const char *name)
{
  HeinClearance *self = g_new (HeinClearance, 1);

  *self = (HeinClearance){ g_rc_box_acquire (file), g_strdup (name) };
  return self;
}

void
hein_clearance_free (HeinClearance *self)
{
  hein_access_file_release (self->file);
  g_free (self->name);
  g_free (self);
}

/* Protocols may prove something after the stream has, until the peer is up: its
 * security is not copied. */
static HeinAccessPeer
describe (HeinPeer *peer)
{
  return (HeinAccessPeer){ peer->clearance->name, peer->security };
}

gboolean
hein_clearance_allows (HeinPeer *peer,
                       HeinAction action,
                       const char *topic,
                       gsize topic_size)
{
  const HeinAccessPeer who = describe (peer);

  return hein_access_file_allows (peer->clearance->file, &who, action, topic,
                                  topic_size, NULL);
}

static const char *
get_verb (HeinAction action)
{
  switch (action)
    {
    case HEIN_ACTION_PUBLISH:
      return "publish";
    case HEIN_ACTION_RECEIVE:
      return "receive";
    case HEIN_ACTION_REQUEST:
    default:
      return "request";
    }
}

gboolean
hein_clearance_check (HeinPeer *peer,
                      HeinAction action,
                      const char *topic,
                      gsize topic_size,
                      GError **error)
{
  const HeinAccessPeer who = describe (peer);
  g_autofree char *reason = NULL;
  g_autofree char *shown = NULL;

  if (hein_clearance_allows (peer, action, topic, topic_size))
    return TRUE;
  /* of what is published, each peer that may not have it is asked */
  if (error == NULL)
    return FALSE;
  hein_access_file_allows (peer->clearance->file, &who, action, topic,
                           topic_size, &reason);
  shown = hein_error_dup_printable (topic, topic_size);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FORBIDDEN,
               "%s (%s) may not %s \"%s\": %s", peer->name,
               peer->security != NULL ? peer->security : "anonymous",
               get_verb (action), shown, reason);
  return FALSE;
}

gboolean
hein_clearance_check_send (HeinPeer *peer, HeinMessage *message, GError **error)
{
  if (hein_message_is_ask (message) &&
      message->extra->attributes.ask != HEIN_ASK_REQUEST &&
      message->extra->attributes.ask != HEIN_ASK_DELIVERY)
    return TRUE;
  return hein_clearance_check (peer, HEIN_ACTION_RECEIVE, message->data,
                               message->topic_size, error);
}
