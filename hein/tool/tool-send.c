/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool-attributes.h"
#include "tool-audience.h"
#include "tool-commands.h"
#include "tool-json.h"
#include "tool-losses.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-pacing.h"
#include "tool-posts.h"
#include "tool-progress.h"
#include "tool-queue.h"
#include "tool-receipts.h"
#include "tool-session.h"
#include "tool-status.h"

/* The command `hein send`: sends messages, waiting for peers and for room. */

/* How much is sent before the bus gets a turn. */
#define BURST_BYTES    (256 * 1024)
#define BURST_MESSAGES 4096
#define NOT_GIVEN      G_MININT
/* How long closing may take without --timeout: the maximum. */
#define LINGER_MS           3600000
#define INTERRUPT_LINGER_MS 1000
#define PROGRESS_MS         500

typedef struct
{
  ToolSession session;
  ToolAudience audience;
  ToolPacing pacing;

  /* options */
  char *strategy_name;
  char *key;
  char *topic;
  char *type;
  ToolAttributes attributes;
  int n_passes;
  char **files;
  gboolean is_json;
  gboolean delivers;
  gboolean from_json;

  /* while it runs */
  ToolQueue queue;
  ToolReceipts receipts;
  ToolPosts posts;
  HeinMessage *pending;   /* owned: the message that there is no room for yet */
  HeinStrategy *strategy; /* owned */
  guint progress_id;

  /* results */
  gint64 start_us;
  guint64 n_sent;
  guint64 n_bytes;
  guint n_peers;   /* peers that got messages, and are gone */
  guint n_members; /* members of a group, which get a message all at once */
  guint n_lost;
  guint64 n_expired; /* before there was room */
} Send;

static const ToolHelp help = {
  "[TEXT… | -]",
  "Sends each argument, each file, or each line of standard input with '-',\n"
  "and ends when every peer has taken everything.",
  "Messages wait until --wait-peers peers are there, and for those that are\n"
  "slow.\n\n"
  "A group whose members know each other (udp-multicast with a key) needs\n"
  "one that is there: after 10 s without any it failed, unless --timeout or\n"
  "--wait-peers say otherwise.\n\n"
  "With --deliver it ends when every chosen peer has handled everything, and\n"
  "says what was not handled, or may have been; with --json, what became of\n"
  "each message.\n\n"
  "With --spool, too, messages are written to a folder first, and delivered\n"
  "from there until they were handled, also to those who come later. When the\n"
  "command is killed, the next one with the same folder and name goes on;\n"
  "without TEXT it only does that.\n\n"
  "Exit status: 0 when every chosen peer has taken everything, 1 failed,\n"
  "2 wrong usage, 3 when --timeout came before.\n\n"
  "An address that leaves this machine unencrypted needs ?plaintext=yes.\n\n"
  "Examples:\n"
  "  hein send --dial tcp://localhost:7000 --topic greeting 'Good morning'\n"
  "  tail -f log | hein send --listen tcp://localhost:7000 --wait-peers 2 -\n"
  "  hein send --dial tcp://localhost:7000 --deliver --topic job 'No. 42'\n"
  "  hein send --dial tcp://localhost:7000 --deliver --spool outbox --name "
  "till 5\n"
  "  hein send --dial tcp://localhost:7000 --from-json - < today.json\n"
  "  hein send --dial unix:///run/user/1000/hein --to printer --file a.pdf",
};

/* ---- sending ---- */

static gboolean
send_message (Send *self, HeinMessage *message, GError **error)
{
  HeinBus *bus = self->session.bus;

  if (self->posts.path != NULL)
    return tool_posts_post (&self->posts, bus, self->audience.to, message,
                            error);
  if (self->delivers)
    return tool_receipts_deliver (&self->receipts, bus, self->audience.to,
                                  message, self->session.end_us, error);
  if (self->audience.to != NULL)
    return hein_bus_send_to (bus, self->audience.to, message, error);
  if (self->strategy != NULL)
    return hein_bus_send_with (bus, self->strategy, self->key, message, error);
  return hein_bus_send (bus, message, error);
}

static void
fail (Send *self, const GError *error)
{
  tool_complain ("%s", error->message);
  tool_session_end (&self->session, TOOL_FAILED);
}

static void
count_sent (Send *self)
{
  self->n_sent++;
  self->n_bytes += hein_message_get_size (self->pending);
  g_clear_pointer (&self->pending, hein_message_unref);
  self->audience.has_sent = TRUE;
  tool_pacing_note_sent (&self->pacing);
}

static void
take_next (Send *self, GError **error)
{
  if (self->pending == NULL)
    self->pending = tool_queue_take (&self->queue, error);
  else
    return;
  if (self->pending != NULL)
    tool_attributes_set (&self->attributes, self->pending);
}

/* Returns FALSE when it has to wait, or nothing is left to send. */
static gboolean
send_one (Send *self)
{
  g_autoptr (GError) error = NULL;

  take_next (self, &error);
  if (error == NULL &&
      (self->pending == NULL ||
       tool_pacing_is_early (&self->pacing, self->queue.time_us)))
    return FALSE;
  if (error == NULL && send_message (self, self->pending, &error))
    {
      count_sent (self);
      return TRUE;
    }
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT) &&
      self->attributes.expires_ms > 0)
    {
      self->n_expired++;
      g_clear_pointer (&self->pending, hein_message_unref);
      return TRUE;
    }
  if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    fail (self, error);
  return FALSE;
}

/* Returns FALSE when it stopped for another reason than the size of the
 * burst. */
static gboolean
send_burst (Send *self)
{
  guint64 end_bytes = self->n_bytes + BURST_BYTES;
  guint64 end_sent = self->n_sent + BURST_MESSAGES;

  while (self->n_bytes < end_bytes && self->n_sent < end_sent)
    if (tool_pacing_is_pausing (&self->pacing) || !send_one (self))
      return FALSE;
  return TRUE;
}

static gboolean
is_done (Send *self)
{
  return self->pending == NULL && tool_queue_is_empty (&self->queue) &&
         self->receipts.n_open == 0 &&
         (self->posts.path == NULL ||
          tool_posts_go_on (&self->posts, self->session.bus,
                            self->audience.to));
}

/* Nobody is there any more, perhaps because a peer has said in one breath that
 * it has handled the last message and that it goes: ends then, rather than
 * wait for somebody who would get nothing. */
static void
look_for_end (Send *self)
{
  g_autoptr (GError) error = NULL;

  take_next (self, &error);
  if (error != NULL)
    fail (self, error);
  else if (is_done (self))
    tool_session_end (&self->session, TOOL_DONE);
  else if (self->pending == NULL)
    tool_queue_watch (&self->queue);
}

static void
pump (gpointer user_data)
{
  Send *self = user_data;
  gboolean has_more;

  if (tool_session_check_end (&self->session, FALSE, 0))
    return;
  /* a spool takes messages for those who come later */
  if (self->posts.path == NULL && !tool_audience_is_there (&self->audience))
    {
      tool_audience_plan_hint (&self->audience);
      if (self->n_sent > 0)
        look_for_end (self);
      return;
    }
  if (tool_audience_has_medium (&self->audience, TRUE))
    self->n_members =
      MAX (self->n_members, tool_session_count_takers (&self->session));
  has_more = send_burst (self);
  if (self->session.is_over || self->pending != NULL)
    return;
  if (tool_queue_is_empty (&self->queue))
    {
      if (is_done (self))
        tool_session_end (&self->session, TOOL_DONE);
    }
  else if (has_more)
    g_main_context_wakeup (NULL);
  else if (self->pacing.pause_id == 0)
    tool_queue_watch (&self->queue);
}

/* ---- the line on a terminal ---- */

static gboolean
on_progress (gpointer user_data)
{
  Send *self = user_data;
  const double seconds =
    (g_get_monotonic_time () - self->start_us) / (double) G_USEC_PER_SEC;

  tool_progress_show_counts (tool_session_count_takers (&self->session),
                             self->n_sent, ", %.3f MB, %.3f MB/s",
                             self->n_bytes / 1e6,
                             self->n_bytes / seconds / 1e6);
  return G_SOURCE_CONTINUE;
}

/* ---- results ---- */

static void
on_peer_removed (HeinBus *bus, HeinPeer *peer, const GError *error, Send *self)
{
  tool_attributes_complain (peer);
  if (hein_peer_get_messages_sent (peer) == 0)
    return;
  self->n_peers++;
  if (error == NULL)
    return;
  self->n_lost++;
  tool_complain ("%s was lost: %s", hein_peer_get_name (peer), error->message);
}

/* Discards messages from others, which would fill the inbox. */
static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer user_data)
{
}

static guint
get_linger_ms (Send *self)
{
  ToolSession *session = &self->session;
  gint64 left_us = session->end_us - g_get_monotonic_time ();

  if (session->status != TOOL_DONE)
    return INTERRUPT_LINGER_MS;
  if (session->end_us == 0)
    return LINGER_MS;
  return CLAMP (left_us / 1000, 1, LINGER_MS);
}

static ToolStatus
close_in_order (Send *self)
{
  ToolSession *session = &self->session;
  g_autoptr (GError) error = NULL;
  guint64 n_dropped;

  if (!tool_session_close (session, get_linger_ms (self), &error) &&
      session->status == TOOL_DONE)
    {
      tool_complain ("%s", error->message);
      return g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT) &&
                 session->end_us > 0
               ? TOOL_TIMED_OUT
               : TOOL_FAILED;
    }
  tool_progress_hide ();
  n_dropped = tool_losses_tell_unsent (session->bus, self->n_expired,
                                       session->is_verbose);
  if (!tool_posts_check (&self->posts, session->bus) &&
      session->status == TOOL_DONE)
    return TOOL_FAILED;
  if (session->status == TOOL_DONE && self->delivers)
    return tool_receipts_get_status (&self->receipts);
  if (session->status == TOOL_DONE && (n_dropped > 0 || self->n_lost > 0))
    return TOOL_FAILED;
  return session->status;
}

static GPtrArray *
list_peers (Send *self)
{
  HeinPeers *peers = hein_bus_get_peers (self->session.bus);
  GPtrArray *list = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < hein_peers_get_n_peers (peers); i++)
    g_ptr_array_add (list, g_object_ref (hein_peers_get_peer (peers, i)));
  return list;
}

static ToolStatus
print_summary (Send *self)
{
  g_autoptr (GString) json = g_string_new ("{");
  gint64 took_us = g_get_monotonic_time () - self->start_us;

  tool_json_append_number (json, "sent", self->n_sent);
  tool_json_append_number (json, "peers", self->n_peers);
  tool_json_append_number (json, "bytes", self->n_bytes);
  if (self->delivers)
    tool_receipts_append (&self->receipts, json);
  tool_json_append_number (json, "seconds", took_us / (double) G_USEC_PER_SEC);
  g_string_append (json, "}\n");
  return tool_output_print (json->str);
}

static ToolStatus
finish (Send *self)
{
  g_autoptr (GPtrArray) peers = list_peers (self);
  const gboolean is_medium = tool_audience_has_medium (&self->audience, FALSE);
  ToolStatus status;

  if (self->session.status == TOOL_TIMED_OUT)
    {
      tool_session_complain_timeout (&self->session, self->n_sent, "sent");
      tool_audience_complain (&self->audience);
    }
  g_clear_pointer (&self->pending, hein_message_unref);
  /* closing removes every peer, which is not a loss */
  g_signal_handlers_disconnect_by_func (self->session.bus, on_peer_removed,
                                        self);
  status = close_in_order (self);
  /* peers still hold what was queued for them: it has been counted by now */
  for (guint i = 0; i < peers->len; i++)
    {
      tool_attributes_complain (g_ptr_array_index (peers, i));
      if (hein_peer_get_messages_sent (g_ptr_array_index (peers, i)) > 0)
        self->n_peers++;
    }
  self->n_peers = MAX (self->n_peers, self->n_members);
  if (status == TOOL_DONE && !self->delivers && self->n_sent > 0 &&
      self->n_peers == 0 && !is_medium)
    {
      tool_complain ("nobody who is there has asked for the topic '%s'",
                     self->topic != NULL ? self->topic : "");
      status = TOOL_FAILED;
    }
  if (self->is_json && print_summary (self) != TOOL_DONE)
    return TOOL_FAILED;
  return status;
}

/* ---- the command ---- */

static gboolean
fill_queue (Send *self, int argc, char **argv)
{
  gboolean has_lines = FALSE;

  for (guint i = 0; self->files != NULL && self->files[i] != NULL; i++)
    tool_queue_add (&self->queue, TOOL_SOURCE_FILE, self->files[i]);
  for (int i = 1; i < argc; i++)
    {
      gboolean is_lines = g_str_equal (argv[i], "-");

      tool_queue_add (&self->queue,
                      is_lines ? TOOL_SOURCE_LINES : TOOL_SOURCE_TEXT, argv[i]);
      has_lines = has_lines || is_lines;
    }
  if (tool_queue_is_empty (&self->queue) && self->posts.path == NULL)
    tool_complain_usage ("TEXT, --file or - is missing");
  else if (self->from_json && self->files != NULL)
    tool_complain_usage ("--from-json takes TEXT or -, and no --file");
  else if (self->pacing.keeps_time &&
           (!self->from_json || self->n_passes != 1 ||
            self->pacing.interval_s > 0))
    tool_complain_usage ("--timestamp needs --from-json, and goes neither with "
                         "--repeat nor with --interval");
  else if (has_lines && self->n_passes != 1)
    tool_complain_usage ("standard input cannot be read again: - does not go "
                         "with --repeat");
  else
    return TRUE;
  return FALSE;
}

/* Done before waiting for peers, so that a wrong path is reported at once. */
static gboolean
check_files (Send *self)
{
  for (guint i = 0; self->files != NULL && self->files[i] != NULL; i++)
    {
      const char *path = self->files[i];

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        errno = EISDIR;
      else if (access (path, R_OK) == 0)
        continue;
      tool_complain ("%s: %s", path, g_strerror (errno));
      self->session.status = TOOL_FAILED;
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_type (const char *type)
{
  if (type == NULL ||
      (strlen (type) <= 255 && g_str_is_ascii (type) && type[0] != '\0'))
    return TRUE;
  tool_complain_usage ("--type takes 1 to 255 characters of ASCII");
  return FALSE;
}

static gboolean
check (Send *self)
{
  if ((self->audience.wait_peers < 0 &&
       self->audience.wait_peers != NOT_GIVEN) ||
      self->n_passes < 0)
    tool_complain_usage ("--wait-peers and --repeat take no negative numbers");
  else if (self->audience.to != NULL && self->strategy_name != NULL)
    tool_complain_usage ("--to and --strategy do not go together");
  else if (self->key != NULL && self->strategy_name == NULL)
    tool_complain_usage ("--key needs --strategy");
  else if (self->posts.path != NULL && !self->delivers)
    tool_complain_usage ("--spool needs --deliver");
  else if (self->posts.path != NULL && self->session.name == NULL)
    tool_complain_usage ("--spool needs --name: those who receive know by it "
                         "what they have handled");
  else if (self->key != NULL && self->delivers)
    tool_complain_usage ("--key and --deliver do not go together");
  else
    return tool_check_topic ("--topic", self->topic) &&
           tool_check_text ("--strategy", self->strategy_name) &&
           tool_check_text ("--key", self->key) &&
           tool_check_text ("--to", self->audience.to) &&
           check_type (self->type) &&
           tool_attributes_check (&self->attributes) &&
           tool_check_seconds ("--interval", self->pacing.interval_s);
  return FALSE;
}

static gboolean
make_strategy (Send *self)
{
  g_autoptr (GError) error = NULL;

  if (self->strategy_name == NULL)
    return TRUE;
  self->strategy = hein_strategy_new (self->strategy_name, &error);
  if (self->strategy != NULL)
    return TRUE;
  tool_complain ("%s", error->message);
  self->session.status = TOOL_FAILED;
  return FALSE;
}

static ToolStatus
run (Send *self)
{
  HeinBus *bus = self->session.bus;
  guint64 max_size;

  g_object_set (bus, "overflow", HEIN_OVERFLOW_WAIT, NULL);
  g_object_get (bus, "max-message-size", &max_size, NULL);
  self->receipts.is_json = self->is_json;
  self->posts.receipts = &self->receipts;
  self->queue.is_json = self->from_json;
  if (self->delivers && self->strategy != NULL)
    hein_bus_set_strategy (bus, self->strategy);
  if (self->posts.path != NULL && !tool_posts_open (&self->posts, bus))
    return TOOL_FAILED;
  tool_queue_start (&self->queue, self->topic, self->type, self->n_passes,
                    max_size);
  g_signal_connect (bus, "messages", G_CALLBACK (on_messages), NULL);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_peer_removed), self);
  self->start_us = g_get_monotonic_time ();
  tool_audience_plan_nobody (&self->audience);
  if (tool_progress_is_wanted () && !self->session.is_verbose)
    self->progress_id = g_timeout_add (PROGRESS_MS, on_progress, self);
  tool_session_run (&self->session, pump, self);
  return finish (self);
}

static void
clear (Send *self)
{
  tool_pacing_clear (&self->pacing);
  tool_audience_clear (&self->audience);
  g_clear_handle_id (&self->progress_id, g_source_remove);
  tool_queue_clear (&self->queue);
  g_clear_object (&self->strategy);
  tool_session_clear (&self->session);
  tool_posts_clear (&self->posts);
  g_strfreev (self->files);
  g_free (self->strategy_name);
  g_free (self->key);
  g_free (self->topic);
  tool_attributes_clear (&self->attributes);
  g_free (self->type);
}

int
tool_send (int argc, char **argv)
{
  Send self = { .audience.wait_peers = NOT_GIVEN, .n_passes = 1 };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  const GOptionEntry own[] = {
    { "topic", 't', 0, G_OPTION_ARG_FILENAME, &self.topic,
      "Topic of the messages; empty unless given", "T" },
    { "type", 'T', 0, G_OPTION_ARG_FILENAME, &self.type,
      "Content type: application/json, image/png, …", "T" },
    { "attribute", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &self.attributes.pairs,
      "What a message says of itself, such as id=7 or schema=lamp/1; may be "
      "given several times",
      "NAME=VALUE" },
    { "expires", 0, 0, G_OPTION_ARG_INT, &self.attributes.expires_ms,
      "Drop a message that nobody was given within MS milliseconds", "MS" },
    { "priority", 0, 0, G_OPTION_ARG_STRING, &self.attributes.priority,
      "high overtakes what waits for the same peer; normal unless given", "P" },
    { "strategy", 's', 0, G_OPTION_ARG_FILENAME, &self.strategy_name,
      "Who gets a message: publish (the default), round-robin, …", "S" },
    { "key", 'k', 0, G_OPTION_ARG_FILENAME, &self.key,
      "Key for the strategy, such as a name", "K" },
    { "to", 0, 0, G_OPTION_ARG_FILENAME, &self.audience.to,
      "Only to the peer of this name", "PEER" },
    { "wait-peers", 'w', 0, G_OPTION_ARG_INT, &self.audience.wait_peers,
      "Send while at least N peers are there; 1 unless given", "N" },
    { "repeat", 'r', 0, G_OPTION_ARG_INT, &self.n_passes,
      "Send everything N times; 0: until interrupted", "N" },
    { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &self.pacing.interval_s,
      "Pause S seconds after each message", "S" },
    { "file", 'f', 0, G_OPTION_ARG_FILENAME_ARRAY, &self.files,
      "Send the contents of this file; may be given several times", "F" },
    { "deliver", 0, 0, G_OPTION_ARG_NONE, &self.delivers,
      "Wait until every message was handled, and say which were not", NULL },
    { "spool", 0, 0, G_OPTION_ARG_FILENAME, &self.posts.path,
      "Keep what is to be delivered in this folder until it was handled; a "
      "later command with the same one goes on",
      "DIR" },
    { "from-json", 0, 0, G_OPTION_ARG_NONE, &self.from_json,
      "Each text or line is a message in JSON, as 'hein receive' prints it",
      NULL },
    { "timestamp", 0, 0, G_OPTION_ARG_NONE, &self.pacing.keeps_time,
      "Keep the distances of their times", NULL },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self.is_json,
      "Print a summary as JSON at the end", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, own, NULL };
  int status = TOOL_USAGE;

  self.audience.session = &self.session;
  tool_queue_init (&self.queue);
  tool_session_fill_options (&self.session, shared);
  self.session.is_mute = TRUE;
  if (tool_parse (&help, groups, &argc, &argv) && check (&self) &&
      fill_queue (&self, argc, argv))
    {
      gboolean is_open = check_files (&self) && make_strategy (&self) &&
                         tool_session_open (&self.session);

      status = is_open ? run (&self) : self.session.status;
    }
  clear (&self);
  return status;
}
