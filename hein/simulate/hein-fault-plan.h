/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Which faults happen when, as data and as text: a line for each fault. */

G_BEGIN_DECLS

typedef enum
{
  HEIN_FAULT_CUT,
  HEIN_FAULT_PARTITION,
  HEIN_FAULT_PAUSE,
  HEIN_FAULT_SLOW,
  HEIN_FAULT_CRASH,
} HeinFaultKind;

#define HEIN_FAULT_N_KINDS (HEIN_FAULT_CRASH + 1)

/* The numbers of a fault, in µs; not every kind has the last two. */
typedef enum
{
  HEIN_FAULT_BEGIN,  /* from the beginning of the plan on */
  HEIN_FAULT_LENGTH, /* for how long */
  HEIN_FAULT_DELAY,  /* how much longer bytes are on their way */
} HeinFaultNumber;

#define HEIN_FAULT_N_NUMBERS (HEIN_FAULT_DELAY + 1)

typedef struct
{
  HeinFaultKind kind;
  char *host;
  char *other; /* NULL: all others, or the kind has none */
  gint64 numbers[HEIN_FAULT_N_NUMBERS];
} HeinFault;

/* What plans are drawn from. */
typedef struct
{
  guint64 seed;
  const char *const *hosts;
  const char *const *kinds; /* NULL: those that need nothing of the test */
  gint64 within_us;         /* all faults are over by then */
} HeinFaultChoice;

HeinFault *hein_fault_copy (const HeinFault *self);
void hein_fault_free (HeinFault *self);

/* What it is called in the text. */
const char *hein_fault_get_name (const HeinFault *self);
gboolean hein_fault_is_kind (const char *name);
/* Names stand between blanks in the text. */
gboolean hein_fault_is_host (const char *name);

/* A plan is an array of HeinFault, owned. */
GPtrArray *hein_fault_plan_new (void);
GPtrArray *hein_fault_plan_draw (const HeinFaultChoice *choice);
GPtrArray *hein_fault_plan_parse (const char *text, GError **error);
char *hein_fault_plan_print (const GPtrArray *self);
/* All but @n from @first on. */
GPtrArray *
hein_fault_plan_copy_without (const GPtrArray *self, guint first, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinFault, hein_fault_free)

G_END_DECLS
