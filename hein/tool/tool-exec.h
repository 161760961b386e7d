/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The result of a command. */
typedef struct
{
  GBytes *output;    /* owned: the answer; NULL: the command failed, or */
  gboolean is_given; /* the output has been given, line by line */
  gsize size;        /* of the output, in bytes */
  int code;          /* its exit status, or 128 and the number of a signal */
  char *text;        /* owned, nullable: why it failed */
} ToolExecResult;

typedef void (*ToolExecDone) (const ToolExecResult *result, gpointer user_data);

/*
 * Runs @command in a shell for @request: the payload is its standard input, its
 * output is the answer, and HEIN_TOPIC and HEIN_PEER are set in its
 * environment. If it is @by_line and many answers are wanted, each line is
 * given as one of them; their end is up to the caller. The command is
 * terminated when the request is cancelled. @done is called once, later.
 */
void tool_exec (const char *command,
                HeinRequest *request,
                gboolean by_line,
                ToolExecDone done,
                gpointer user_data);

G_END_DECLS
