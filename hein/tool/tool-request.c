/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "tool-commands.h"
#include "tool-json.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-session.h"
#include "tool-status.h"

/* The commands `hein request`, which sends a request and prints the answers,
 * and `hein get`, which asks for a value that somebody has retained. */

#define CLOSE_LINGER_MS 1000

typedef struct
{
  ToolSession session;

  /* options */
  char *to;
  char *type;
  gboolean is_json;
  gboolean is_many;
  int credit; /* 0 unless given */
  gboolean is_get;

  /* while it runs */
  HeinMessage *message;      /* owned: the request */
  GCancellable *cancellable; /* owned */
  HeinReplies *replies;      /* owned, nullable: where there may be many */
  ToolOutput output;         /* of many answers */
  gint64 start_us;           /* when it was sent; 0: not yet */
  gboolean is_done;

  /* results */
  HeinMessage *answer; /* owned, nullable */
  GError *error;
  double ms;
} Request;

static const ToolHelp help = {
  "TOPIC [PAYLOAD | -]",
  "Sends a request, and prints the answer.",
  "Waits for a peer, then sends it the payload, or standard input with '-'.\n"
  "Fails at once when nobody serves the topic. Only the bytes of the answer\n"
  "are printed.\n\n"
  "With --many all answers are printed as they come, each followed by a line\n"
  "feed: those of everybody who is there, or all of the peer --to.\n\n"
  "With --json an object is printed: the answer with its topic, its sender "
  "and\n"
  "the milliseconds that it took, or the error.\n\n"
  "Exit status: 0 answered, 1 failed, or the answer is an error, 2 wrong "
  "usage,\n"
  "3 when --timeout came before the answer, or before the end of many.\n\n"
  "An address that leaves this machine unencrypted needs ?plaintext=yes.\n\n"
  "Examples:\n"
  "  hein request --dial tcp://localhost:7000 shout 'good morning'\n"
  "  hein request --dial unix:///run/user/1000/hein --to printer status\n"
  "  hein request --dial tcp://localhost:7000 --timeout 5 --json convert - "
  "< in",
};

static const ToolHelp get_help = {
  "ADDRESS TOPIC",
  "Prints the value of a topic that a bus keeps.",
  "Dials the address and asks for the last message of the topic that was sent\n"
  "there with retain=yes (a channel does so by itself). Only its bytes are\n"
  "printed; with --json an object, as of 'hein request'.\n\n"
  "Exit status: 0 printed, 1 failed, or nothing is kept, 2 wrong usage, 3 "
  "when\n"
  "--timeout came before.\n\n"
  "Examples:\n"
  "  hein get channel://localhost:7000 speed\n"
  "  hein get --timeout 5 --json tcp://localhost:7000 lamp/1",
};

/* ---- asking ---- */

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *self = user_data;

  self->answer =
    self->is_get
      ? hein_bus_get_finish (HEIN_BUS (source), result, &self->error)
      : hein_bus_request_finish (HEIN_BUS (source), result, &self->error);
  self->ms = (g_get_monotonic_time () - self->start_us) / 1000.0;
  self->is_done = TRUE;
  tool_session_end (&self->session,
                    self->answer != NULL ? TOOL_DONE : TOOL_FAILED);
}

/* ---- many answers ---- */

static void
put_answer (Request *self, GString *json)
{
  HeinPeer *sender = hein_message_get_sender (self->answer);
  const char *type = hein_message_get_content_type (self->answer);
  const guint8 *data;
  gsize size;

  data = hein_message_peek_data (self->answer, &size);
  tool_json_append_member (json, "topic",
                           hein_message_get_topic (self->answer));
  tool_json_append_member (json, "from", hein_peer_get_name (sender));
  if (type != NULL)
    tool_json_append_member (json, "content-type", type);
  tool_json_append_attributes (json, self->answer);
  tool_json_append_payload (json, data, size);
}

/* One of many. */
static void
put_reply (Request *self)
{
  GString *buffer = self->output.buffer;
  const guint8 *data;
  gsize size;

  if (self->is_json)
    {
      g_string_append_c (buffer, '{');
      put_answer (self, buffer);
      tool_json_append_number (buffer, "ms", self->ms);
      g_string_append (buffer, "}\n");
      return;
    }
  data = hein_message_peek_data (self->answer, &size);
  g_string_append_len (buffer, (const char *) data, size);
  g_string_append_c (buffer, '\n');
}

static void next (Request *self);

/* The next answer is not taken before this one is written. */
static void
write_out (Request *self)
{
  while (!tool_output_flush (&self->output))
    {
      tool_output_watch (&self->output);
      g_main_context_iteration (NULL, TRUE);
    }
  if (self->output.is_closed)
    hein_replies_cancel (self->replies);
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *self = user_data;

  self->answer =
    hein_replies_next_finish (HEIN_REPLIES (source), result, &self->error);
  self->ms = (g_get_monotonic_time () - self->start_us) / 1000.0;
  if (self->answer != NULL)
    {
      put_reply (self);
      g_clear_pointer (&self->answer, hein_message_unref);
      write_out (self);
      next (self);
      return;
    }
  self->is_done = TRUE;
  tool_session_end (&self->session,
                    self->error == NULL ? TOOL_DONE : TOOL_FAILED);
}

static void
next (Request *self)
{
  hein_replies_next_async (self->replies, NULL, on_reply, self);
}

static gboolean
is_somebody_there (Request *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->session.bus);

  if (self->to != NULL)
    return hein_peers_lookup (peers, self->to) != NULL;
  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    if (hein_peer_get_accepts_messages (hein_peers_get_peer (peers, i)))
      return TRUE;
  return FALSE;
}

static void
ask (Request *self)
{
  HeinBus *bus = self->session.bus;
  int timeout_ms = -1;

  self->start_us = g_get_monotonic_time ();
  if (self->session.end_us > 0)
    timeout_ms = MAX (0, (self->session.end_us - self->start_us) / 1000);
  if (self->is_get)
    hein_bus_get_async (bus, hein_message_get_topic (self->message), timeout_ms,
                        self->cancellable, on_answer, self);
  else if (self->is_many)
    {
      self->replies =
        self->to != NULL
          ? hein_bus_request_many_to (bus, self->to, self->message, timeout_ms,
                                      self->credit)
          : hein_bus_request_many (bus, self->message, timeout_ms,
                                   self->credit);
      next (self);
    }
  else if (self->to != NULL)
    hein_bus_request_to_async (bus, self->to, self->message, timeout_ms,
                               self->cancellable, on_answer, self);
  else
    hein_bus_request_async (bus, self->message, timeout_ms, self->cancellable,
                            on_answer, self);
}

static void
pump (gpointer user_data)
{
  Request *self = user_data;
  ToolSession *session = &self->session;

  if (session->n_interrupts > 0)
    tool_session_end (session, TOOL_FAILED);
  else if (self->start_us == 0 && session->end_us > 0 &&
           g_get_monotonic_time () >= session->end_us)
    tool_session_end (session, TOOL_TIMED_OUT);
  else if (self->start_us == 0 && is_somebody_there (self))
    ask (self);
}

/* ---- results ---- */

static int
print_json (Request *self)
{
  g_autoptr (GString) json = g_string_new ("{");

  if (self->answer != NULL)
    put_answer (self, json);
  else
    {
      tool_json_append_member (json, "error", self->error->message);
      tool_json_append_member (json, "kind",
                               self->error->domain == HEIN_ANSWER_ERROR
                                 ? "answer"
                                 : "hein");
      tool_json_append_number (json, "code", self->error->code);
    }
  tool_json_append_number (json, "ms", self->ms);
  g_string_append (json, "}\n");
  return tool_output_print (json->str);
}

static int
print_answer (Request *self)
{
  ToolOutput output;
  const guint8 *data;
  gsize size;
  int status = TOOL_DONE;

  data = hein_message_peek_data (self->answer, &size);
  tool_output_init (&output, STDOUT_FILENO);
  g_string_append_len (output.buffer, (const char *) data, size);
  if (isatty (STDOUT_FILENO) && size > 0 && data[size - 1] != '\n')
    g_string_append_c (output.buffer, '\n');
  while (!tool_output_flush (&output))
    {
      tool_output_watch (&output);
      g_main_context_iteration (NULL, TRUE);
    }
  if (output.error != NULL)
    {
      tool_complain ("%s", output.error->message);
      status = TOOL_FAILED;
    }
  tool_output_clear (&output);
  return status;
}

static int
report (Request *self)
{
  int status = self->session.status;

  /* whoever read the answers wants no more */
  if (self->output.is_closed && self->output.error == NULL)
    return TOOL_DONE;
  if (self->error != NULL &&
      g_error_matches (self->error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT))
    status = TOOL_TIMED_OUT;
  if (self->error != NULL && self->error->domain == HEIN_ANSWER_ERROR)
    tool_complain ("%s (%d)", self->error->message, self->error->code);
  else if (self->error != NULL)
    tool_complain ("%s", self->error->message);
  else if (status == TOOL_TIMED_OUT)
    tool_complain ("timed out after %g s: nobody came who could be asked",
                   self->session.timeout_s);
  if (self->is_many && (!self->is_json || self->error == NULL))
    return self->output.error != NULL ? TOOL_FAILED : status;
  if (self->is_json && self->is_done)
    {
      const int printed = print_json (self);

      return status != TOOL_DONE ? status : printed;
    }
  return self->answer != NULL ? print_answer (self) : status;
}

/* ---- the command ---- */

/* Discards messages from others, which would fill the inbox. */
static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer user_data)
{
}

static int
run (Request *self)
{
  ToolSession *session = &self->session;

  tool_output_init (&self->output, STDOUT_FILENO);
  g_signal_connect (session->bus, "messages", G_CALLBACK (on_messages), NULL);
  tool_session_run (session, pump, self);
  /* tells the peer that the answer is no longer wanted */
  g_cancellable_cancel (self->cancellable);
  if (self->replies != NULL)
    hein_replies_cancel (self->replies);
  while (self->start_us > 0 && !self->is_done)
    g_main_context_iteration (NULL, TRUE);
  tool_session_close (session, CLOSE_LINGER_MS, NULL);
  return report (self);
}

static GBytes *
read_payload (const char *argument, GError **error)
{
  g_autoptr (GIOChannel) input = NULL;
  char *data;
  gsize size;

  if (!g_str_equal (argument, "-"))
    return g_bytes_new (argument, strlen (argument));
  input = g_io_channel_unix_new (STDIN_FILENO);
  g_io_channel_set_encoding (input, NULL, NULL);
  if (g_io_channel_read_to_end (input, &data, &size, error) !=
      G_IO_STATUS_NORMAL)
    return NULL;
  return g_bytes_new_take (data, size);
}

/* Returns TOOL_DONE when there is a request to be sent. */
static int
make_message (Request *self, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) payload = NULL;

  if (argc < 2 || argc > 3)
    return tool_complain_usage (argc < 2 ? "a topic is missing"
                                         : "request takes one payload");
  if (self->credit < 0 || self->credit > HEIN_REPLIES_CREDIT_MAX)
    return tool_complain_usage ("--credit takes a number of at most %d",
                                HEIN_REPLIES_CREDIT_MAX);
  if (self->credit > 0 && !self->is_many)
    return tool_complain_usage ("--credit is for --many");
  if (!tool_check_topic ("the topic", argv[1]) ||
      !tool_check_text ("--to", self->to) ||
      !tool_check_topic ("--type", self->type))
    return TOOL_USAGE;
  payload = read_payload (argc > 2 ? argv[2] : "", &error);
  if (payload == NULL)
    {
      tool_complain ("cannot read standard input: %s", error->message);
      return TOOL_FAILED;
    }
  self->message = hein_message_new_typed (argv[1], self->type, payload);
  return TOOL_DONE;
}

static void
clear (Request *self)
{
  g_clear_pointer (&self->message, hein_message_unref);
  g_clear_pointer (&self->answer, hein_message_unref);
  g_clear_error (&self->error);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->replies);
  if (self->output.buffer != NULL)
    tool_output_clear (&self->output);
  tool_session_clear (&self->session);
  g_free (self->to);
  g_free (self->type);
}

int
tool_request (int argc, char **argv)
{
  Request self = { .cancellable = g_cancellable_new () };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  const GOptionEntry own[] = {
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &self.to,
      "Ask the peer of this name; everybody unless given", "NAME" },
    { "type", 0, 0, G_OPTION_ARG_FILENAME, &self.type,
      "Content type, such as application/json", "TYPE" },
    { "many", 0, 0, G_OPTION_ARG_NONE, &self.is_many,
      "Print all answers, as they come", NULL },
    { "credit", 0, 0, G_OPTION_ARG_INT, &self.credit,
      "Let so many answers of each peer wait; 16 unless given", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self.is_json,
      "Print each answer, or the error, as an object", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.session, shared);
  /* only answers are wanted; and to a server where this bus has subscribed to
   * everything, every topic would have somebody who hears it */
  self.session.is_mute = TRUE;
  if (tool_parse (&help, groups, &argc, &argv))
    status = make_message (&self, argc, argv);
  if (self.message != NULL)
    status = tool_session_open (&self.session) ? run (&self)
                                               : (int) self.session.status;
  clear (&self);
  return status;
}

/* Returns TOOL_DONE when there is something to ask for. */
static int
make_get (Request *self, int argc, char **argv)
{
  if (argc != 3)
    return tool_complain_usage (argc < 2   ? "an address is missing"
                                : argc < 3 ? "a topic is missing"
                                           : "get takes one topic");
  if (!tool_check_topic ("the topic", argv[2]))
    return TOOL_USAGE;
  self->session.dials = g_new0 (char *, 2);
  self->session.dials[0] = g_strdup (argv[1]);
  self->message = hein_message_new (argv[2], NULL);
  return TOOL_DONE;
}

int
tool_get (int argc, char **argv)
{
  Request self = { .cancellable = g_cancellable_new (), .is_get = TRUE };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  const GOptionEntry own[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &self.is_json,
      "Print the value, or the error, as an object", NULL },
    { NULL },
  };
  /* the address is an argument: --listen and --dial are left out */
  const GOptionEntry *const groups[] = { shared + 2, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.session, shared);
  if (tool_parse (&get_help, groups, &argc, &argv))
    status = make_get (&self, argc, argv);
  if (self.message != NULL)
    status = tool_session_open (&self.session) ? run (&self)
                                               : (int) self.session.status;
  clear (&self);
  return status;
}
