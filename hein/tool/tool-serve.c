/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <unistd.h>

#include "tool-commands.h"
#include "tool-exec.h"
#include "tool-json.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-session.h"
#include "tool-status.h"

/* The command `hein serve`: answers requests by running a command. */

#define ANY_NUMBER      G_MININT64
#define JOBS            16
#define CLOSE_LINGER_MS 5000

typedef struct
{
  ToolSession session;

  /* options */
  char *command;
  gint64 count; /* ANY_NUMBER unless given */
  int n_jobs;
  gboolean by_line;
  gboolean is_json;

  /* while it runs */
  ToolOutput output;
  GQueue waiting; /* owned HeinRequest */
  int n_running;
  guint64 n_served;
} Serve;

/* A request whose command is running. */
typedef struct
{
  Serve *serve;
  HeinRequest *request; /* owned */
  gint64 start_us;
} Job;

static const ToolHelp help = {
  "[PATTERN…]",
  "Answers requests by running a command.",
  "The command runs in a shell. Its standard input is the payload of the\n"
  "request, its output is the answer, and HEIN_TOPIC and HEIN_PEER are the\n"
  "topic and the name of the peer that asked. When it fails, that peer gets\n"
  "its exit status and what it wrote to standard error. It is terminated when\n"
  "nobody wants the answer any more.\n\n"
  "With --lines each line of its output is an answer of its own, at once, to "
  "a\n"
  "peer that asked for many (hein request --many). The command waits while "
  "the\n"
  "peer does not take them.\n\n"
  "A pattern says which topics are served; all unless given. Topics have "
  "levels\n"
  "separated by '/': '*' stands for one level, '**' for any number of them.\n\n"
  "With --json an object is printed for each request that was answered.\n\n"
  "Exit status: 0 done, 1 failed, 2 wrong usage, 3 when --timeout came before\n"
  "--count requests.\n\n"
  "An address that leaves this machine unencrypted needs ?plaintext=yes.\n\n"
  "Examples:\n"
  "  hein serve --listen tcp://localhost:7000 --exec 'tr a-z A-Z' shout\n"
  "  hein request --dial tcp://localhost:7000 shout 'good morning'\n"
  "  hein serve --listen tcp://localhost:7000 --lines --exec 'tail -f log' log",
};

/* ---- the result of a request ---- */

static void
put_json (Job *self, const ToolExecResult *result)
{
  GString *json = self->serve->output.buffer;
  HeinPeer *peer = hein_request_get_peer (self->request);

  g_string_append_c (json, '{');
  tool_json_append_member (json, "topic",
                           hein_request_get_topic (self->request));
  tool_json_append_member (json, "from", hein_peer_get_name (peer));
  tool_json_append_number (json, "status", result->code);
  tool_json_append_number (json, "ms",
                           (g_get_monotonic_time () - self->start_us) / 1000.0);
  if (result->text == NULL)
    tool_json_append_number (json, "size", result->size);
  else
    tool_json_append_member (json, "error", result->text);
  g_string_append (json, "}\n");
  while (!tool_output_flush (&self->serve->output))
    tool_output_watch (&self->serve->output);
}

static void
answer (HeinRequest *request, const ToolExecResult *result)
{
  g_autoptr (GError) error = NULL;

  if (hein_request_get_is_over (request))
    return; /* the request was cancelled */
  if (result->is_given)
    hein_request_end (request, &error);
  else if (result->output != NULL)
    hein_request_reply (request, result->output, &error);
  else
    hein_request_refuse (request, result->code, result->text, &error);
  if (error != NULL)
    tool_complain ("%s", error->message);
}

static void start_more (Serve *self);

static void
on_done (const ToolExecResult *result, gpointer user_data)
{
  g_autofree Job *self = user_data;
  g_autoptr (HeinRequest) request = self->request;
  Serve *serve = self->serve;

  answer (request, result);
  if (serve->is_json)
    put_json (self, result);
  serve->n_running--;
  serve->n_served++;
  if (serve->count >= 0 && serve->n_served >= (guint64) serve->count)
    tool_session_end (&serve->session, TOOL_DONE);
  else
    start_more (serve);
}

static void
start (Serve *self, HeinRequest *request)
{
  Job *job = g_new (Job, 1);

  *job = (Job){ self, g_object_ref (request), g_get_monotonic_time () };
  self->n_running++;
  tool_exec (self->command, request, self->by_line, on_done, job);
}

static void
start_more (Serve *self)
{
  while (self->n_running < self->n_jobs && self->waiting.length > 0)
    {
      g_autoptr (HeinRequest) request = g_queue_pop_head (&self->waiting);

      if (!hein_request_get_is_over (request))
        start (self, request);
    }
}

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer user_data)
{
  Serve *self = user_data;

  if (self->session.is_over)
    return;
  g_queue_push_tail (&self->waiting, g_object_ref (request));
  start_more (self);
}

static void
pump (gpointer user_data)
{
  Serve *self = user_data;
  ToolSession *session = &self->session;

  if (session->n_interrupts > 0)
    tool_session_end (session, self->count < 0 ? TOOL_DONE : TOOL_FAILED);
  else if (session->end_us > 0 && g_get_monotonic_time () >= session->end_us)
    tool_session_end (session, self->count < 0 ? TOOL_DONE : TOOL_TIMED_OUT);
}

/* ---- the command ---- */

/* Discards messages from others, which would fill the inbox. */
static void
on_messages (HeinBus *bus, GPtrArray *messages, gpointer user_data)
{
}

static gboolean
serve_all (Serve *self, int n_patterns, char **patterns)
{
  static char *all[] = { (char *) "**" };

  if (n_patterns == 0)
    {
      n_patterns = 1;
      patterns = all;
    }
  for (int i = 0; i < n_patterns; i++)
    {
      g_autoptr (GError) error = NULL;

      /* other messages need not come, of which a server may have many */
      if (hein_bus_serve (self->session.bus, patterns[i], on_request, self,
                          NULL, &error) &&
          (patterns == all ||
           hein_bus_subscribe_pattern (self->session.bus, patterns[i], &error)))
        continue;
      tool_complain_usage ("%s", error->message);
      tool_session_end (&self->session, TOOL_USAGE);
      return FALSE;
    }
  return TRUE;
}

static void
run (Serve *self, int argc, char **argv)
{
  tool_output_init (&self->output, STDOUT_FILENO);
  g_signal_connect (self->session.bus, "messages", G_CALLBACK (on_messages),
                    NULL);
  if (serve_all (self, argc - 1, argv + 1))
    tool_session_run (&self->session, pump, self);
  if (self->session.status == TOOL_TIMED_OUT)
    tool_session_complain_timeout (&self->session, self->n_served,
                                   "was answered");
  /* flushes the answers, and terminates commands that still run */
  tool_session_close (&self->session, CLOSE_LINGER_MS, NULL);
  g_object_run_dispose (G_OBJECT (self->session.bus));
  while (self->n_running > 0)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
check (Serve *self)
{
  if (self->command == NULL)
    {
      tool_complain_usage ("--exec is missing: it says what answers");
      return FALSE;
    }
  if (self->count < 1 && self->count != ANY_NUMBER)
    {
      tool_complain_usage ("--count takes a number of at least 1");
      return FALSE;
    }
  if (self->n_jobs >= 1)
    return TRUE;
  tool_complain_usage ("--jobs takes a number of at least 1");
  return FALSE;
}

static void
clear (Serve *self)
{
  g_queue_clear_full (&self->waiting, g_object_unref);
  if (self->output.buffer != NULL)
    tool_output_clear (&self->output);
  tool_session_clear (&self->session);
  g_free (self->command);
}

int
tool_serve (int argc, char **argv)
{
  Serve self = { .count = ANY_NUMBER, .n_jobs = JOBS };
  GOptionEntry shared[TOOL_SESSION_N_OPTIONS];
  const GOptionEntry own[] = {
    { "exec", 'x', 0, G_OPTION_ARG_FILENAME, &self.command,
      "The command that answers a request", "CMD" },
    { "lines", 0, 0, G_OPTION_ARG_NONE, &self.by_line,
      "Give each line as an answer to who wants many", NULL },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &self.n_jobs,
      "Run up to N commands at once; 16 unless given", "N" },
    { "count", 'c', 0, G_OPTION_ARG_INT64, &self.count, "End after N requests",
      "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self.is_json,
      "Report each request on standard output", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { shared, own, NULL };
  int status = TOOL_USAGE;

  tool_session_fill_options (&self.session, shared);
  if (tool_parse (&help, groups, &argc, &argv) && check (&self))
    {
      if (tool_session_open (&self.session))
        run (&self, argc, argv);
      status = self.session.status;
    }
  clear (&self);
  return status;
}
