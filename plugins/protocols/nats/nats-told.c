/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-told.h"

typedef struct
{
  NatsWant *want;
  guint64 seen;
} Line;

struct _NatsTold
{
  GArray *lines;
  guint64 end;
};

static void
clear_line (gpointer data)
{
  nats_want_unref (((Line *) data)->want);
}

NatsTold *
nats_told_new (void)
{
  NatsTold *self = g_rc_box_new0 (NatsTold);

  self->lines = g_array_new (FALSE, FALSE, sizeof (Line));
  g_array_set_clear_func (self->lines, clear_line);
  return self;
}

NatsTold *
nats_told_ref (NatsTold *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  g_array_unref (((NatsTold *) data)->lines);
}

void
nats_told_unref (NatsTold *self)
{
  g_rc_box_release_full (self, clear);
}

void
nats_told_append (NatsTold *self, NatsWant *want, guint64 seen)
{
  const Line line = { nats_want_ref (want), seen };

  g_array_append_val (self->lines, line);
  self->end = MAX (self->end, seen);
}

guint64
nats_told_get_end (const NatsTold *self)
{
  return self->end;
}

gboolean
nats_told_has (const NatsTold *self, const NatsSpan *key, guint64 sequence)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      const Line *line = &g_array_index (self->lines, Line, i);

      if (nats_want_has (line->want, key))
        return sequence <= line->seen;
    }
  return FALSE;
}
