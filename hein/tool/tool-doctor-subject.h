/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-report.h"

G_BEGIN_DECLS

/* The address that is examined, split into its parts. */

typedef struct
{
  const char *uri;
  char *shown;     /* the URI without secrets */
  char *transport; /* the scheme */
  char *host;
  int port; /* -1: none */
  char *path;
  char *query;          /* as written; NULL: none */
  GHashTable *options;  /* owned name -> owned value */
  GObjectClass *class;  /* of the transport; NULL: there is no such plugin */
  gboolean dials;       /* rather than seeing whether it could listen */
  gboolean tries_joins; /* may join groups, which the network can notice */
  ToolReport report;
} ToolDoctor;

/* Returns the value of an option; NULL when the address does not set it. */
const char *tool_doctor_get (ToolDoctor *self, const char *option);
gboolean tool_doctor_get_flag (ToolDoctor *self, const char *option);
/* Returns the option's value, else the plugin's default, else @otherwise. */
gint64
tool_doctor_get_number (ToolDoctor *self, const char *option, gint64 otherwise);

G_END_DECLS
