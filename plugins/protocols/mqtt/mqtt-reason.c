/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mqtt-reason.h"

/* What servers say that went wrong, as errors of hein: the code says what the
 * caller can do, and the text how. */

typedef struct
{
  guint8 reason;
  HeinError code;
  const char *text;
} Reason;

static const Reason reasons[] = {
  { 0x80, HEIN_ERROR_FAILED, "it does not say why" },
  { 0x81, HEIN_ERROR_PROTOCOL, "it says that a packet is malformed" },
  { 0x82, HEIN_ERROR_PROTOCOL, "it says that a packet breaks the protocol" },
  { 0x83, HEIN_ERROR_REFUSED, "it accepts no such thing" },
  { 0x84, HEIN_ERROR_REFUSED,
    "it does not speak this version of MQTT: use version=3.1.1" },
  { 0x85, HEIN_ERROR_REFUSED,
    "it does not accept the client id: give another one by client-id" },
  { 0x86, HEIN_ERROR_REFUSED,
    "the user or the password is wrong: see user and password-file" },
  { 0x87, HEIN_ERROR_REFUSED,
    "it is not allowed: give user and password-file, or have it allowed "
    "there" },
  { 0x88, HEIN_ERROR_FAILED, "the broker is not available now" },
  { 0x89, HEIN_ERROR_FAILED, "the broker is busy" },
  { 0x8a, HEIN_ERROR_REFUSED, "this client is banned there" },
  { 0x8b, HEIN_ERROR_CLOSED, "the broker shuts down" },
  { 0x8c, HEIN_ERROR_REFUSED,
    "it wants another way to authenticate, which is not supported" },
  { 0x8d, HEIN_ERROR_TIMED_OUT, "it heard nothing for too long" },
  { 0x8e, HEIN_ERROR_REFUSED,
    "another client has come with the same client id: give each its own, by "
    "client-id or the name of the bus" },
  { 0x8f, HEIN_ERROR_REFUSED, "it does not accept the topic filter" },
  { 0x90, HEIN_ERROR_REFUSED, "it does not accept the topic" },
  { 0x91, HEIN_ERROR_PROTOCOL, "it says that a packet id is in use" },
  { 0x92, HEIN_ERROR_PROTOCOL, "it says that it knows no such packet id" },
  { 0x93, HEIN_ERROR_PROTOCOL,
    "it says that more came at a time than it takes" },
  { 0x94, HEIN_ERROR_PROTOCOL, "it says that a topic alias is not valid" },
  { 0x95, HEIN_ERROR_TOO_LARGE, "the message is over the limit there" },
  { 0x96, HEIN_ERROR_REFUSED,
    "it says that too many messages came: send less" },
  { 0x97, HEIN_ERROR_REFUSED, "a quota there is used up" },
  { 0x98, HEIN_ERROR_REFUSED, "somebody has ended the connection there" },
  { 0x99, HEIN_ERROR_REFUSED, "the payload is not of the format it says" },
  { 0x9a, HEIN_ERROR_REFUSED, "it keeps no messages" },
  { 0x9b, HEIN_ERROR_REFUSED, "it does not support this quality of service" },
  { 0x9c, HEIN_ERROR_REFUSED, "it wants another broker to be used" },
  { 0x9d, HEIN_ERROR_REFUSED, "the broker has moved" },
  { 0x9e, HEIN_ERROR_REFUSED, "it has no shared subscriptions" },
  { 0x9f, HEIN_ERROR_REFUSED, "too many connect to it at a time" },
  { 0xa0, HEIN_ERROR_REFUSED, "the connection has lasted as long as it may" },
  { 0xa1, HEIN_ERROR_REFUSED, "it has no subscription identifiers" },
  { 0xa2, HEIN_ERROR_REFUSED, "it has no subscriptions by wildcards" },
};

static char *
dup_said (const char *before, MqttText text, const char *after)
{
  g_autofree char *shown = hein_error_dup_printable (text.text, text.size);

  return g_strconcat (before, shown, after, NULL);
}

GError *
mqtt_reason_make_error (guint8 reason,
                        const MqttProperties *properties,
                        const char *what)
{
  static const Reason unknown = { 0, HEIN_ERROR_FAILED,
                                  "it gives a reason that is not known" };
  const Reason *found = &unknown;
  g_autofree char *said = NULL;
  g_autofree char *elsewhere = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (reasons[i].reason == reason)
      found = &reasons[i];
  if (properties != NULL && properties->reason_string.size > 0)
    said = dup_said (" (\"", properties->reason_string, "\")");
  /* that is not followed: who is dialled is for the address to say */
  if (properties != NULL && properties->server_reference.size > 0)
    elsewhere = dup_said ("; it names \"", properties->server_reference, "\"");
  return g_error_new (HEIN_ERROR, found->code, "%s: %s%s%s (reason 0x%02x)",
                      what, found->text, said != NULL ? said : "",
                      elsewhere != NULL ? elsewhere : "", reason);
}

guint8
mqtt_reason_from_return_code (guint8 code)
{
  static const guint8 same[] = {
    MQTT_SUCCESS,
    MQTT_VERSION_NOT_SUPPORTED,
    MQTT_CLIENT_ID_NOT_VALID,
    MQTT_SERVER_UNAVAILABLE,
    MQTT_BAD_USER_OR_PASSWORD,
    MQTT_NOT_AUTHORIZED,
  };

  return code < G_N_ELEMENTS (same) ? same[code] : MQTT_UNSPECIFIED;
}
