/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "json/hein-json.h"
#include "tool-status.h"

/*
 * The control sockets of the buses that can be looked into. What is behind one
 * may hang, or be hostile: everything has a limit, and nothing that it says is
 * printed as it is.
 */

G_BEGIN_DECLS

typedef struct
{
  char *path;    /* of the socket */
  char *name;    /* of the bus, from the name of the file: may be cut short */
  pid_t pid;     /* of the process that listens, as the kernel says */
  char *program; /* what that process runs; empty where nobody can tell */
  int fd;        /* -1: not connected */
  char *problem; /* owned: why there is no answer; NULL: there is one */
  gboolean is_late; /* it did not answer in time */

  /* while it is asked */
  gboolean is_asked;
  GString *input;
  gsize scanned;        /* where the next line begins */
  gboolean is_followed; /* the answer has no end */
  gsize n_bytes;        /* of this answer */
} ToolControl;

/* Called for each line of an answer, which is an object of JSON. */
typedef void (*ToolControlLine) (ToolControl *self,
                                 const HeinJsonSpan *line,
                                 gpointer user_data);

/* Finds the buses of this machine and user, by PID and name; @who (nullable):
 * only those of that process id or name. NULL: it has complained. */
GPtrArray *tool_control_find (const char *who);
/* Asks all of @controls at once, and calls @func for what they say, until each
 * has answered or @end_us (of the monotonic clock) has come. */
void tool_control_ask (GPtrArray *controls,
                       const char *request,
                       gint64 end_us,
                       ToolControlLine func,
                       gpointer user_data);
/* Asks all of @controls, and calls @func for what they say, until all are gone
 * or @is_over, which is looked at after each line and each signal. */
void tool_control_follow (GPtrArray *controls,
                          const char *request,
                          gboolean (*is_over) (gpointer user_data),
                          ToolControlLine func,
                          gpointer user_data);
/* TOOL_DONE when all have answered, TOOL_TIMED_OUT when some were late. */
ToolStatus tool_control_get_status (GPtrArray *controls);
/* The same, and complains about those that have not. */
ToolStatus tool_control_tell_problems (GPtrArray *controls);

/* Finds the member @name of an object; FALSE: there is none. */
gboolean tool_control_get (const HeinJsonSpan *object,
                           const char *name,
                           HeinJsonSpan *value);
/* The text of a member, as it was said (owned); NULL: it has none. */
char *tool_control_dup_text (const HeinJsonSpan *object, const char *name);
/* The number of a member; 0: it has none. */
guint64 tool_control_get_number (const HeinJsonSpan *object, const char *name);

G_END_DECLS
