/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* The subcommands. argv[0] is the name that error messages use. */

int tool_receive (int argc, char **argv);
int tool_send (int argc, char **argv);
int tool_get (int argc, char **argv);
int tool_request (int argc, char **argv);
int tool_serve (int argc, char **argv);
int tool_bridge (int argc, char **argv);
int tool_record (int argc, char **argv);
int tool_replay (int argc, char **argv);
int tool_inspect (int argc, char **argv);
int tool_spool (int argc, char **argv);
int tool_ps (int argc, char **argv);
int tool_peers (int argc, char **argv);
int tool_top (int argc, char **argv);
int tool_ping (int argc, char **argv);
int tool_stats (int argc, char **argv);
int tool_log (int argc, char **argv);
int tool_simulate (int argc, char **argv);
int tool_bench (int argc, char **argv);
int tool_keygen (int argc, char **argv);
int tool_pair (int argc, char **argv);
int tool_doctor (int argc, char **argv);
int tool_check (int argc, char **argv);
int tool_new (int argc, char **argv);

G_END_DECLS
