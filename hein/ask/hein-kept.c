/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-kept.h"

#include <string.h>

#include <hein/hein-request.h>

#include "hein-request-private.h"
#include "hein-server.h"
#include "message/hein-message-memory.h"
#include "message/hein-topics.h"

/* Serves the values that this bus has retained (retain=yes) to whoever asks for
 * one, by an ordinary request. */

const char *
hein_kept_get_topic (const HeinMessage *request)
{
  const gsize size = strlen (HEIN_KEPT_PREFIX);

  return request->topic_size >= size &&
             memcmp (request->data, HEIN_KEPT_PREFIX, size) == 0
           ? request->data + size
           : NULL;
}

gboolean
hein_kept_answer (HeinCore *self,
                  HeinMessage *request,
                  const char *topic,
                  GError **error)
{
  HeinTopics *values = self->sender.sent_topics;
  g_autoptr (HeinMessage) value = NULL;
  g_autoptr (HeinRequest) asked = NULL;

  if (values != NULL)
    value = hein_topics_find (values, topic);
  if (value == NULL)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_NOT_SERVED,
                           values != NULL
                             ? "no value of the topic is kept there"
                             : "no values are kept there");
      return FALSE;
    }
  asked = hein_request_new (hein_server_get (self), request, error);
  return asked != NULL && hein_request_reply_message (asked, value, error);
}
