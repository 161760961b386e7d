/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What has happened in a simulation, written down: as text for its program, and
 * as lines of JSON in the file HEIN_SIMULATION_TRACE, for `hein simulate`. */

G_BEGIN_DECLS

/* Members are NULL or 0 where an event has none. */
typedef struct
{
  const char *kind;
  const char *host; /* where it happens */
  const char *bus;
  const char *other_host; /* whom it concerns, too */
  const char *other_bus;
  const char *topic;
  gsize size;      /* bytes */
  gint64 since_us; /* when what arrives was sent */
} HeinSimNote;

typedef struct
{
  GString *text; /* owned; NULL: the program wants none */
  int fd;        /* -1: there is no file */
  gsize n_written;
} HeinSimTrace;

/* Opens the file, if the environment names one, and begins it with @seed. */
void hein_sim_trace_init (HeinSimTrace *self, guint64 seed, gboolean is_own);
void hein_sim_trace_begin_text (HeinSimTrace *self);
void hein_sim_trace_end_file (HeinSimTrace *self);
void hein_sim_trace_clear (HeinSimTrace *self);
void hein_sim_trace_add (HeinSimTrace *self,
                         gint64 now_us,
                         const HeinSimNote *note,
                         const char *text);

static inline gboolean
hein_sim_trace_is_wanted (const HeinSimTrace *self)
{
  return self->text != NULL || self->fd >= 0;
}

G_END_DECLS
