/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ask-error.h"

#include "base/hein-error-private.h"
#include "hein-ask-send.h"
#include "link/hein-peer-state.h"
#include "message/hein-message-memory.h"

/* Makes errors of what peers say: their text is shown, and may be anything. */

static char *
dup_text (HeinMessage *message)
{
  return hein_error_dup_printable ((const char *) hein_message_data (message),
                                   MIN (message->size, HEIN_ASK_TEXT_MAX));
}

/* Codes of later versions are not known here. */
static int
get_code (const HeinMessage *message)
{
  const guint32 code = message->extra->attributes.ask_number;

  return code <= HEIN_ERROR_FORBIDDEN ? (int) code : HEIN_ERROR_FAILED;
}

GError *
hein_ask_make_error (HeinMessage *message)
{
  const HeinMessageAttributes *said = &message->extra->attributes;
  g_autofree char *text = dup_text (message);

  if (said->ask == HEIN_ASK_REFUSAL)
    return g_error_new_literal (HEIN_ERROR, get_code (message), text);
  return g_error_new_literal (HEIN_ANSWER_ERROR, (int) said->ask_number, text);
}

GError *
hein_ask_make_failure (HeinPeer *peer, HeinMessage *message)
{
  g_autofree char *text = dup_text (message);

  return g_error_new (HEIN_ERROR, get_code (message), "%s: %s", peer->name,
                      text);
}
