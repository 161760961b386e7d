/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-refusal.h"

#include <string.h>

/*
 * What servers say in -ERR '…': texts, which are compared without regard to case.
 */
static const struct
{
  const char *begins;
  HeinError code;
  const char *advice;
} refusals[] = {
  { "authorization violation", HEIN_ERROR_REFUSED,
    "give user and password-file, token-file, nkey or creds in the address, or "
    "correct them" },
  { "authentication timeout", HEIN_ERROR_REFUSED,
    "it has waited too long for CONNECT" },
  { "user authentication expired", HEIN_ERROR_REFUSED,
    "what it was told is no longer valid" },
  { "user authentication revoked", HEIN_ERROR_REFUSED,
    "what it was told has been revoked" },
  { "account authentication expired", HEIN_ERROR_REFUSED,
    "the account is no longer valid" },
  { "secure connection - tls required", HEIN_ERROR_REFUSED,
    "say tls=yes in the address" },
  { "maximum payload violation", HEIN_ERROR_TOO_LARGE,
    "a message was larger than it takes" },
  { "permissions violation for subscription", HEIN_ERROR_REFUSED,
    "subscribe to what is allowed, or give subscribe=no to a program that only "
    "sends" },
  { "maximum subscriptions exceeded", HEIN_ERROR_REFUSED,
    "subscribe to fewer, wider topics" },
  { "maximum connections exceeded", HEIN_ERROR_FAILED, "try again later" },
  { "maximum account active connections exceeded", HEIN_ERROR_FAILED,
    "try again later" },
  { "stale connection", HEIN_ERROR_CLOSED,
    "this side has not answered its pings" },
  { "slow consumer", HEIN_ERROR_CLOSED,
    "this program took its messages too slowly; what waited there is lost" },
  { "server shutdown", HEIN_ERROR_CLOSED, "it ends" },
};

/* What was published and is not allowed: the rest goes on. */
static gboolean
is_about_message (const char *text)
{
  return g_ascii_strncasecmp (text, "permissions violation for publish", 33) ==
           0 ||
         g_ascii_strcasecmp (text, "invalid publish subject") == 0;
}

/* (transfer full) */
static char *
dup_text (const NatsSpan *said)
{
  const char *p = said->data;
  gsize size = said->size;

  if (size >= 2 && p[0] == '\'' && p[size - 1] == '\'')
    {
      p++;
      size -= 2;
    }
  return g_utf8_make_valid (p, size);
}

gboolean
nats_refusal_take (HeinNats *self,
                   HeinWire *wire,
                   const NatsSpan *said,
                   GError **error)
{
  g_autofree char *text = dup_text (said);

  if (self->state == NATS_UP && is_about_message (text))
    {
      hein_wire_drop (wire, HEIN_DROP_REASON_UNSENDABLE, 0, text);
      return TRUE;
    }
  self->state = NATS_OVER;
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    if (g_ascii_strncasecmp (text, refusals[i].begins,
                             strlen (refusals[i].begins)) == 0)
      {
        g_set_error (error, HEIN_ERROR, refusals[i].code,
                     "the server says \"%s\": %s", text, refusals[i].advice);
        return FALSE;
      }
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "the server says \"%s\"",
               text);
  return FALSE;
}
