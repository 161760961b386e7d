/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A law that plugins of a kind keep: a test, and what it says in plain words. */

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  const char *text;
  GTestDataFunc func;
} HeinLaw;

typedef void (*HeinLawFunc) (const HeinLaw *law, gpointer data);

G_END_DECLS
