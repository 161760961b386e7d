/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-session.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tool-identity.h"
#include "tool-log.h"
#include "tool-mute.h"
#include "tool-notify.h"
#include "tool-options.h"
#include "tool-progress.h"
#include "tool-status.h"

/* Opens the bus of a command, reports its events, and closes it. */

/* After so long without a connection, a user wonders what the command waits
 * for. */
#define WAITING_S 3

void
tool_session_fill_options (ToolSession *self, GOptionEntry *entries)
{
  const GOptionEntry all[TOOL_SESSION_N_OPTIONS] = {
    { "listen", 'l', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->listens,
      "Listen on this address; may be given several times", "URI" },
    { "dial", 'd', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->dials,
      "Dial this address; may be given several times", "URI" },
    { "name", 'n', 0, G_OPTION_ARG_FILENAME, &self->name,
      "The name of this bus; made up unless given", "N" },
    { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &self->timeout_s,
      "Give up after S seconds; 0, the default: never", "S" },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->is_verbose,
      "Report on standard error who comes and goes, what fails and what is "
      "lost",
      NULL },
    { "log-file", 0, 0, G_OPTION_ARG_FILENAME, &self->log_file,
      "Also log to PREFIX_<date>.log", "PREFIX" },
    { NULL },
  };

  memcpy (entries, all, sizeof all);
}

void
tool_session_end (ToolSession *self, ToolStatus status)
{
  if (self->is_over)
    return;
  self->is_over = TRUE;
  self->status = status;
  tool_notify ("STOPPING=1");
}

/* ---- events of the bus ---- */

const char *
tool_get_drop_nick (HeinDropReason reason)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_DROP_REASON);
  const GEnumValue *value = g_enum_get_value (class, reason);

  return value != NULL ? value->value_nick : "?";
}

static void
on_met (HeinBus *bus, HeinPeer *peer, ToolSession *self)
{
  self->has_met_peer = TRUE;
}

static void
on_peer_added (HeinBus *bus, HeinPeer *peer, ToolSession *self)
{
  const char *security = hein_peer_get_security (peer);

  if (g_str_equal (security, "none"))
    g_info ("peer-added %s", hein_peer_get_name (peer));
  else
    g_info ("peer-added %s (%s)", hein_peer_get_name (peer), security);
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 ToolSession *self)
{
  g_info ("peer-removed %s%s%s", hein_peer_get_name (peer),
          error != NULL ? ": " : "", error != NULL ? error->message : "");
}

static void
on_dropped (HeinBus *bus,
            HeinPeer *peer,
            HeinDropReason reason,
            guint64 n_messages,
            guint64 n_bytes,
            ToolSession *self)
{
  /* with --verbose this is one event among others */
  g_log (G_LOG_DOMAIN,
         self->is_verbose ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_WARNING,
         "%" G_GUINT64_FORMAT " message%s dropped (%s)", n_messages,
         n_messages == 1 ? " was" : "s were", tool_get_drop_nick (reason));
}

static void
on_messages_lost (
  HeinBus *bus, HeinPeer *peer, guint64 first, guint64 n, ToolSession *self)
{
  g_info ("messages-lost %s: %" G_GUINT64_FORMAT
          " from number %" G_GUINT64_FORMAT " on",
          hein_peer_get_name (peer), n, first);
}

static void
on_failed (HeinBus *bus,
           HeinEndpoint *endpoint,
           const GError *error,
           ToolSession *self)
{
  tool_complain ("%s", error->message);
  /* for the log file; the terminal has got it already */
  g_log (G_LOG_DOMAIN, self->is_verbose ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_INFO,
         "%s", error->message);
  /* the endpoint keeps trying unless it was closed */
  if (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_CLOSED)
    tool_session_end (self, TOOL_FAILED);
}

/* ---- opening ---- */

static gboolean
on_interrupt (gpointer user_data)
{
  ToolSession *self = user_data;

  self->n_interrupts++;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_end (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static gboolean
check_name (const char *name)
{
  if (name == NULL)
    return TRUE;
  if (!tool_check_text ("--name", name))
    return FALSE;
  if (hein_name_is_valid (name, strlen (name)))
    return TRUE;
  tool_complain_usage (
    "--name takes 1 to 255 bytes of UTF-8 without control and "
    "format characters");
  return FALSE;
}

static gboolean
check_addresses (const char *option, char **addresses)
{
  for (; addresses != NULL && *addresses != NULL; addresses++)
    if (!tool_check_text (option, *addresses))
      return FALSE;
  return TRUE;
}

static gboolean
check_options (ToolSession *self)
{
  if (self->listens == NULL && self->dials == NULL)
    {
      tool_complain_usage ("--listen or --dial is missing");
      return FALSE;
    }
  return check_addresses ("--listen", self->listens) &&
         check_addresses ("--dial", self->dials) && check_name (self->name) &&
         tool_check_seconds ("--timeout", self->timeout_s);
}

/* Prints why an endpoint is not connected, if it has an error. */
static void
explain (HeinEndpoint *endpoint)
{
  const GError *error = hein_endpoint_get_error (endpoint);
  g_autofree char *shown =
    hein_uri_hide_secrets (hein_endpoint_get_uri (endpoint));

  /* reported errors begin with the address, and have been printed */
  if (error != NULL && !g_str_has_prefix (error->message, shown))
    tool_complain ("%s: %s", shown, error->message);
  else if (error == NULL &&
           hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_WAITING)
    tool_complain ("%s: the other side closed the connection", shown);
  else if (error == NULL &&
           hein_endpoint_get_role (endpoint) == HEIN_ROLE_DIAL &&
           hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPENING)
    tool_complain ("%s: nothing answered: %s", shown,
                   g_str_has_prefix (shown, "inproc:")
                     ? "such an address is known within one process only"
                     : "the host may be off, a firewall may drop what is for "
                       "it, or no route leads there");
}

/* What fails before anybody could be reached, such as a device that is not
 * there, no peer mends that starts later: it is told at once. */
static void
tell_first_failure (ToolSession *self, HeinEndpoint *endpoint)
{
  if (self->is_verbose ||
      hein_endpoint_get_state (endpoint) != HEIN_ENDPOINT_STATE_WAITING ||
      hein_endpoint_get_error (endpoint) == NULL)
    return;
  explain (endpoint);
  tool_complain ("it is tried again until it works, or --timeout is over");
}

static void
open_endpoint (ToolSession *self, const char *uri, HeinRole role)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *address = self->is_mute && role == HEIN_ROLE_DIAL
                               ? tool_mute_address (uri)
                               : g_strdup (uri);
  HeinEndpoint *endpoint;

  if (self->is_over)
    return;
  endpoint = role == HEIN_ROLE_LISTEN
               ? hein_bus_listen (self->bus, address, &error)
               : hein_bus_dial (self->bus, address, &error);
  if (endpoint == NULL)
    {
      gboolean is_usage =
        g_error_matches (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);

      tool_complain ("%s", error->message);
      tool_session_end (self, is_usage ? TOOL_USAGE : TOOL_FAILED);
    }
  else if (role == HEIN_ROLE_LISTEN)
    g_ptr_array_add (self->unbound, g_object_ref (endpoint));
  else
    tell_first_failure (self, endpoint);
}

static void
make_bus (ToolSession *self)
{
  if (self->name == NULL)
    self->name = tool_identity_dup_name_of (self->listens);
  if (self->name == NULL)
    self->name = tool_identity_dup_name_of (self->dials);
  self->bus =
    g_object_new (HEIN_TYPE_BUS, "name", self->name, "inspectable", TRUE, NULL);
  if (self->is_verbose || self->log_file != NULL)
    {
      g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_peer_added),
                        self);
      g_signal_connect (self->bus, "peer-removed", G_CALLBACK (on_peer_removed),
                        self);
      g_signal_connect (self->bus, "messages-lost",
                        G_CALLBACK (on_messages_lost), self);
      g_signal_connect (self->bus, "dropped", G_CALLBACK (on_dropped), self);
    }
  g_signal_connect (self->bus, "peer-added", G_CALLBACK (on_met), self);
  g_signal_connect (self->bus, "failed", G_CALLBACK (on_failed), self);
}

/* Signals that were ignored at the start (by nohup, or by a shell without job
 * control for a background process) stay ignored. */
static gboolean
is_ignored (int signal_number)
{
  struct sigaction action;

  return sigaction (signal_number, NULL, &action) == 0 &&
         action.sa_handler == SIG_IGN;
}

static void
explain_all (ToolSession *self)
{
  GListModel *endpoints = hein_bus_get_endpoints (self->bus);

  for (guint i = 0; i < g_list_model_get_n_items (endpoints); i++)
    {
      g_autoptr (HeinEndpoint) endpoint = g_list_model_get_item (endpoints, i);

      explain (endpoint);
    }
}

/* Without --verbose, a user who mistyped a port would see nothing, and wait for
 * ever. */
static gboolean
on_waiting (gpointer user_data)
{
  ToolSession *self = user_data;

  if (self->is_over || self->dials == NULL || self->is_verbose ||
      self->has_met_peer)
    return G_SOURCE_REMOVE;
  tool_complain ("nobody is there yet: it is tried again until somebody is, or "
                 "--timeout is over");
  explain_all (self);
  return G_SOURCE_REMOVE;
}

static void
start_timers (ToolSession *self)
{
  const int signals[] = { SIGINT, SIGTERM, SIGHUP };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (!is_ignored (signals[i]))
      g_unix_signal_add (signals[i], on_interrupt, self);
  if (self->timeout_s > 0)
    {
      self->end_us =
        g_get_monotonic_time () + (gint64) (self->timeout_s * G_USEC_PER_SEC);
      /* one millisecond more, so that the time is certainly over when it
       * wakes */
      g_timeout_add ((guint) (self->timeout_s * 1000) + 1, on_end, NULL);
    }
  g_timeout_add_seconds (WAITING_S, on_waiting, self);
}

gboolean
tool_session_open (ToolSession *self)
{
  if (!check_options (self))
    {
      self->status = TOOL_USAGE;
      return FALSE;
    }
  if (!self->is_second && (self->is_verbose || self->log_file != NULL) &&
      !tool_log_open (self->log_file, self->name != NULL ? self->name : "hein",
                      self->is_verbose))
    {
      self->status = TOOL_FAILED;
      return FALSE;
    }
  make_bus (self);
  self->unbound = g_ptr_array_new_with_free_func (g_object_unref);
  start_timers (self);
  for (guint i = 0; self->listens != NULL && self->listens[i] != NULL; i++)
    open_endpoint (self, self->listens[i], HEIN_ROLE_LISTEN);
  for (guint i = 0; self->dials != NULL && self->dials[i] != NULL; i++)
    open_endpoint (self, self->dials[i], HEIN_ROLE_DIAL);
  return !self->is_over;
}

/* ---- running ---- */

static void
tell_bound (HeinEndpoint *endpoint)
{
  g_autofree char *shown =
    hein_uri_hide_secrets (hein_endpoint_get_bound_uri (endpoint));

  tool_progress_hide ();
  fprintf (stderr, "listening on %s\n", shown);
}

static void
announce (ToolSession *self)
{
  for (guint i = 0; i < self->unbound->len;)
    {
      HeinEndpoint *endpoint = g_ptr_array_index (self->unbound, i);

      if (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPENING)
        {
          i++;
          continue;
        }
      if (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPEN)
        tell_bound (endpoint);
      g_ptr_array_remove_index (self->unbound, i);
    }
  if (self->unbound->len == 0 && !self->is_ready && !self->is_over)
    {
      self->is_ready = TRUE;
      tool_notify ("READY=1");
    }
}

void
tool_session_run (ToolSession *self, ToolPump pump, gpointer user_data)
{
  while (!self->is_over)
    {
      announce (self);
      pump (user_data);
      if (!self->is_over)
        g_main_context_iteration (NULL, TRUE);
    }
}

gboolean
tool_session_check_end (ToolSession *self,
                        gboolean is_endless,
                        guint64 n_messages)
{
  if (self->n_interrupts > 0)
    tool_session_end (self, is_endless ? TOOL_DONE : TOOL_FAILED);
  else if (self->end_us > 0 && g_get_monotonic_time () >= self->end_us)
    tool_session_end (self, is_endless && n_messages > 0 ? TOOL_DONE
                                                         : TOOL_TIMED_OUT);
  return self->is_over;
}

guint
tool_session_count_takers (ToolSession *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->bus);
  guint n = 0;

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    n += hein_peer_get_accepts_messages (hein_peers_get_peer (peers, i));
  return n;
}

void
tool_session_complain_timeout (ToolSession *self,
                               guint64 n_messages,
                               const char *what)
{
  guint n_peers = hein_peers_get_n_peers (hein_bus_get_peers (self->bus));

  tool_complain ("timed out after %g s: %" G_GUINT64_FORMAT
                 " message%s %s, %u peer%s there%s",
                 self->timeout_s, n_messages, n_messages == 1 ? "" : "s", what,
                 n_peers, n_peers == 1 ? " is" : "s are",
                 self->is_verbose ? "" : " (--verbose tells more)");
  explain_all (self);
}

/* ---- closing ---- */

typedef struct
{
  gboolean is_done;
  GError *error;
} Closing;

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Closing *closing = user_data;

  hein_bus_close_finish (HEIN_BUS (source), result, &closing->error);
  closing->is_done = TRUE;
}

gboolean
tool_session_close (ToolSession *self, guint linger_ms, GError **error)
{
  Closing closing = { FALSE, NULL };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint n_interrupts = self->n_interrupts;

  g_object_set (self->bus, "linger-ms", linger_ms, NULL);
  hein_bus_close_async (self->bus, cancellable, on_closed, &closing);
  while (!closing.is_done)
    {
      if (self->n_interrupts > n_interrupts)
        g_cancellable_cancel (cancellable);
      g_main_context_iteration (NULL, TRUE);
    }
  if (closing.error == NULL)
    return TRUE;
  g_propagate_error (error, closing.error);
  return FALSE;
}

void
tool_session_clear (ToolSession *self)
{
  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->unbound, g_ptr_array_unref);
  g_clear_pointer (&self->listens, g_strfreev);
  g_clear_pointer (&self->dials, g_strfreev);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->log_file, g_free);
}
