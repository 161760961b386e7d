/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* Giving each line that a command prints as one of many answers. */

G_BEGIN_DECLS

/* @size: of all lines that were given; @complaint: what the command has written
 * to standard error. */
typedef void (*ToolExecLinesDone) (gsize size,
                                   GBytes *complaint,
                                   gpointer user_data);

/*
 * Feeds @process the payload of @request, and gives each line that it prints as
 * one of many answers, no faster than there is room for them; a command that
 * prints faster waits. @done is called once, when the process has ended. It
 * must have been started with three pipes.
 */
void tool_exec_lines (GSubprocess *process,
                      HeinRequest *request,
                      ToolExecLinesDone done,
                      gpointer user_data);

G_END_DECLS
