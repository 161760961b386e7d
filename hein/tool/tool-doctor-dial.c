/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-dial.h"

#include "tool-doctor-report.h"
#include "tool-identity.h"

/* The part of `hein doctor` that really dials. */

/* Longer than looking up a name, connecting and shaking hands may take
 * together: each of them has a limit, and an error, of its own. */
#define PATIENCE_S 30
#define PING_MS    5000

typedef struct
{
  HeinBus *bus;
  HeinEndpoint *endpoint; /* borrowed */
  gint64 end_us;
  gboolean is_pinged;
  GError *ping_error;
} Dial;

/* ---- waiting ---- */

static gboolean
is_there (Dial *self)
{
  return g_list_model_get_n_items (
           G_LIST_MODEL (hein_bus_get_peers (self->bus))) > 0;
}

static gboolean
has_come_to_something (Dial *self)
{
  return is_there (self) || hein_endpoint_get_error (self->endpoint) != NULL;
}

static gboolean
has_answered (Dial *self)
{
  return self->is_pinged;
}

/* FALSE: the time is over. */
static gboolean
turn_until (Dial *self, gboolean (*condition) (Dial *self))
{
  while (!condition (self))
    {
      const gint64 left_ms = (self->end_us - g_get_monotonic_time ()) / 1000;

      if (left_ms <= 0)
        return FALSE;
      hein_bus_turn (self->bus, (int) left_ms);
    }
  return TRUE;
}

/* ---- what breaks ---- */

/* What the user can do about an error of a socket. (nullable) */
static const char *
advise_socket (const GError *error)
{
  static const struct
  {
    int code;
    const char *advice;
  } table[] = {
    { G_IO_ERROR_CONNECTION_REFUSED,
      "nobody listens there, or a firewall refuses: start the listener, and "
      "look there with 'ss -ltn'" },
    { G_IO_ERROR_NETWORK_UNREACHABLE,
      "this machine has no route to that network: see 'ip route get ADDRESS'" },
    { G_IO_ERROR_HOST_UNREACHABLE,
      "nobody in that network has this address: is the machine switched on?" },
    { G_IO_ERROR_HOST_NOT_FOUND,
      "correct the name, or write the address: see 'getent hosts NAME'" },
    { G_IO_ERROR_NOT_FOUND,
      "start the listener, which makes the socket, or correct the path" },
    { G_IO_ERROR_PERMISSION_DENIED,
      "a firewall of this machine, or the mode of the socket, forbids it" },
    { G_IO_ERROR_TIMED_OUT,
      "the machine is off, or a firewall drops what is sent there" },
    { G_IO_ERROR_CONNECTION_CLOSED,
      "whoever is there hung up: it may listen for another protocol" },
  };

  if (error->domain == G_RESOLVER_ERROR)
    return "correct the name, or write the address: see 'getent hosts NAME'";
  for (guint i = 0; error->domain == G_IO_ERROR && i < G_N_ELEMENTS (table);
       i++)
    if (error->code == table[i].code)
      return table[i].advice;
  return NULL;
}

static const char *
advise (const GError *error)
{
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_INSECURE))
    return "give both sides the same kind of key, of 'hein keygen' or 'hein "
           "pair', and compare their clocks if they have certificates";
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    return "somebody accepts, and says nothing: it may listen for another "
           "protocol, or hang";
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL))
    return "somebody else is there, or it listens for another protocol: 'hein "
           "inspect' lists those that an address can name";
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    return "it may be full, listen for another protocol, or not encrypt";
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_REFUSED))
    return "another peer may have this name already, or the key may be for "
           "another one: say the right name by --name, or correct the line of "
           "the key";
  return advise_socket (error);
}

static void
report_error (ToolDoctor *self, const GError *error)
{
  tool_report_add (&self->report, TOOL_PROBLEM, "dial", advise (error), "%s",
                   error->message);
}

/* ---- who is there ---- */

static void
on_pinged (GObject *peer, GAsyncResult *result, gpointer user_data)
{
  Dial *dial = user_data;

  hein_peer_ping_finish (HEIN_PEER (peer), result, &dial->ping_error);
  dial->is_pinged = TRUE;
}

static void
report_peer (ToolDoctor *self, Dial *dial, HeinPeer *peer)
{
  const char *security = hein_peer_get_security (peer);
  const GError *trouble = dial->ping_error;

  if (g_error_matches (trouble, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    tool_report_add (&self->report, TOOL_WARNING, "dial",
                     "its program may be stopped, or busy",
                     "%s is connected, and has not answered for %d s",
                     hein_peer_get_name (peer), PING_MS / 1000);
  else
    tool_report_add (&self->report, TOOL_OK, "dial", NULL,
                     "%s is there, proved by %s%s", hein_peer_get_name (peer),
                     security != NULL ? security : "nothing",
                     trouble == NULL ? ", and answers"
                                     : "; its protocol has no ping that would "
                                       "show whether it answers");
}

/* Some protocols have a peer before it has said anything: a ping makes it
 * answer, and the end of the connection tells why it does not. */
static void
ask (ToolDoctor *self, Dial *dial)
{
  g_autoptr (HeinPeer) peer =
    g_list_model_get_item (G_LIST_MODEL (hein_bus_get_peers (dial->bus)), 0);
  const GError *error;

  hein_peer_ping_async (peer, PING_MS, NULL, on_pinged, dial);
  turn_until (dial, has_answered);
  error = hein_endpoint_get_error (dial->endpoint);
  if (error != NULL)
    report_error (self, error);
  else if (g_error_matches (dial->ping_error, HEIN_ERROR, HEIN_ERROR_CLOSED))
    tool_report_add (&self->report, TOOL_WARNING, "dial", NULL,
                     "%s was there, and has gone again",
                     hein_peer_get_name (peer));
  else
    report_peer (self, dial, peer);
}

static void
report (ToolDoctor *self, Dial *dial)
{
  if (!turn_until (dial, has_come_to_something))
    tool_report_add (&self->report, TOOL_PROBLEM, "dial",
                     "it may listen for another protocol, or hang",
                     "nothing has come of it within %d s", PATIENCE_S);
  else if (is_there (dial))
    ask (self, dial);
  else
    report_error (self, hein_endpoint_get_error (dial->endpoint));
}

void
tool_doctor_dial (ToolDoctor *self, const char *name)
{
  char *addresses[] = { (char *) self->uri, NULL };
  g_autofree char *own = tool_identity_dup_name_of (addresses);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinBus) bus = hein_bus_new (name != NULL  ? name
                                          : own != NULL ? own
                                                        : "doctor");
  Dial dial = {
    .bus = bus,
    .end_us = g_get_monotonic_time () + PATIENCE_S * G_USEC_PER_SEC,
  };

  dial.endpoint = hein_bus_dial (bus, self->uri, &error);
  if (dial.endpoint != NULL)
    report (self, &dial);
  else
    report_error (self, error);
  g_clear_error (&dial.ping_error);
}
