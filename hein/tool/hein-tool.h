/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* What a command ends with: its exit code. */
typedef enum
{
  TOOL_DONE,
  TOOL_FAILED,
  TOOL_USAGE,
  TOOL_TIMED_OUT
} ToolStatus;

/* ---- the subcommands: argv[0] is what messages call them ---- */

int tool_receive (int argc, char **argv);
int tool_send (int argc, char **argv);
int tool_inspect (int argc, char **argv);
int tool_bench (int argc, char **argv);
int tool_keygen (int argc, char **argv);
int tool_doctor (int argc, char **argv);

/* ---- tool-options.c ---- */

typedef struct
{
  const char *parameters; /* after the options, for --help */
  const char *summary;
  const char *examples;
} ToolHelp;

/* Prints "hein: " and the text, and a line end, to stderr. */
void tool_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* The same with a hint at --help; returns TOOL_USAGE. */
int tool_complain_usage (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* FALSE: it has complained. What is left in @argv are the arguments. */
gboolean tool_parse (const ToolHelp *help,
                     const GOptionEntry *const *groups,
                     int *argc,
                     char ***argv);
gboolean tool_check_topic (const char *option, const char *topic);
gboolean tool_check_seconds (const char *option, double seconds);

/* FALSE: it is no UTF-8, and it has complained. In which locale somebody types
 * does not matter: options are text in UTF-8, and taken as file names are. */
gboolean tool_check_text (const char *option, const char *text);

/* ---- tool-suggest.c ---- */

/* Which of @names was meant by @word; NULL: nobody knows. @names ends with NULL. */
const char *tool_suggest (const char *word, const char *const *names);

/* ---- tool-session.c: a bus, and the loop that runs until it is over ---- */

typedef struct
{
  /* options */
  char **listens;
  char **dials;
  char *name;
  char *log_file;
  double timeout_s;
  gboolean is_verbose;

  /* while it runs */
  HeinBus *bus;
  GPtrArray *unbound; /* owned HeinEndpoint that is to be announced */
  gint64 end_us;      /* 0: no end */
  guint n_interrupts;
  gboolean has_met_peer;
  gboolean is_over;
  ToolStatus status;
} ToolSession;

typedef void (*ToolPump) (gpointer user_data);

/* Options of @self; lives as long as @self does. End with a NULL entry. */
#define TOOL_SESSION_N_OPTIONS 7
void tool_session_fill_options (ToolSession *self, GOptionEntry *entries);
/* FALSE: it has complained, and `status` says how to end. */
gboolean tool_session_open (ToolSession *self);
/* Calls @pump after whatever happened, until tool_session_end(). */
void tool_session_run (ToolSession *self, ToolPump pump, gpointer user_data);
/* The first call counts. */
void tool_session_end (ToolSession *self, ToolStatus status);
/* Closes in order; another interrupt gives up waiting. */
gboolean
tool_session_close (ToolSession *self, guint linger_ms, GError **error);
/* Tells what came of it, "1 message came", and what keeps its endpoints from
 * being connected. */
void tool_session_complain_timeout (ToolSession *self,
                                    guint64 n_messages,
                                    const char *what);
void tool_session_clear (ToolSession *self);
const char *tool_get_drop_nick (HeinDropReason reason);

/* ---- tool-log.c ---- */

/* What is logged goes to <prefix>_<date>.log, too, line by line with the first
 * five characters of @name; missing folders are made. @is_verbose: what hein
 * has to say of level info also goes to standard error, as plain lines. Call it
 * once; @prefix NULL: no file. FALSE: it has complained. */
gboolean
tool_log_open (const char *prefix, const char *name, gboolean is_verbose);

/* ---- tool-text.c ---- */

/* Appends what a terminal may get: controls, what is no UTF-8 and what turns
 * the direction of writing become \n, \t, \\ or \xNN. */
void tool_text_append (GString *text, const char *data, gsize size);
void tool_text_append_hex (GString *text, const guint8 *data, gsize size);
/* Whether a character may stand in output as it is. */
gboolean tool_text_is_plain (gunichar c);

/* ---- tool-json.c ---- */

/* A JSON string; @data must be UTF-8. */
void tool_json_append (GString *json, const char *data, gssize size);
/* "name":"value" or "name":null, after a comma where one is needed */
void
tool_json_append_member (GString *json, const char *name, const char *value);
void tool_json_append_name (GString *json, const char *name);
/* "payload":"…" when it is UTF-8, else "payload-base64":"…" */
void tool_json_append_payload (GString *json, const guint8 *data, gsize size);
/* A number that every locale writes alike. */
void tool_json_append_number (GString *json, const char *name, double value);

/* ---- tool-output.c: standard output that never stops the bus ---- */

typedef struct
{
  int fd;
  GString *buffer;
  gsize offset; /* what has been written of it */
  gboolean is_file;
  gboolean is_closed; /* nobody reads it any more */
  GError *error;
  guint watch_id;
} ToolOutput;

void tool_output_init (ToolOutput *self, int fd);
void tool_output_clear (ToolOutput *self);
/* Writes what can be written without waiting; TRUE when nothing is left. */
gboolean tool_output_flush (ToolOutput *self);
/* Makes the main loop turn once when there is room again. */
void tool_output_watch (ToolOutput *self);
/* Writes all of it, waiting; complains. */
ToolStatus tool_output_print (const char *text);

/* ---- tool-lines.c: lines of standard input ---- */

typedef struct
{
  int fd;
  char *buffer;
  gsize size;
  gsize begin; /* of what has not been taken */
  gsize end;
  gsize scanned; /* no newline before it */
  gsize max_size;
  guint64 n_lines;
  gboolean is_at_end;
  guint watch_id;
} ToolLines;

void tool_lines_init (ToolLines *self, int fd, gsize max_size);
void tool_lines_clear (ToolLines *self);
/* The next line without its newline, until the next call; NULL when none is
 * complete. */
const char *tool_lines_take (ToolLines *self, gsize *size);
/* Reads what is there, without waiting. FALSE: nothing is, or @error. */
gboolean tool_lines_fill (ToolLines *self, GError **error);
/* Makes the main loop turn once when there is something to read. */
void tool_lines_watch (ToolLines *self);

/* ---- tool-queue.c: what `send` is to send ---- */

typedef enum
{
  TOOL_SOURCE_TEXT,
  TOOL_SOURCE_FILE,
  TOOL_SOURCE_LINES
} ToolSourceKind;

typedef struct
{
  GArray *sources;
  guint at;
  gboolean is_endless;
  int n_passes_left;
  const char *topic; /* borrowed, nullable */
  const char *type;  /* the same: of the content */
  gsize max_size;
  ToolLines lines;
} ToolQueue;

void tool_queue_init (ToolQueue *self);
void tool_queue_clear (ToolQueue *self);
/* @text is borrowed. */
void tool_queue_add (ToolQueue *self, ToolSourceKind kind, const char *text);
/* @n_passes 0: for ever. @topic and @type are borrowed. */
void tool_queue_start (ToolQueue *self,
                       const char *topic,
                       const char *type,
                       int n_passes,
                       gsize max_size);
/* Nothing is left, and nothing will come. */
gboolean tool_queue_is_empty (ToolQueue *self);
/* NULL without an error when there is nothing now, or nothing any more. */
HeinMessage *tool_queue_take (ToolQueue *self, GError **error);
/* Makes the main loop turn when standard input has more, if that is next. */
void tool_queue_watch (ToolQueue *self);

/* ---- tool-format.c: a message as output ---- */

typedef void (*ToolFormat) (GString *text, HeinMessage *message);

/* NULL when there is none of that name. */
ToolFormat tool_format_find (const char *name);

G_END_DECLS
