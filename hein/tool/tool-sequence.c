/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-sequence.h"

#include <string.h>

#include "tool-text.h"
#include "tool-timeline.h"

/*
 * Events have a row each, in their order, whatever the time between them is:
 * nothing happens for hours, and then much within a millisecond. What a host
 * does is drawn on the lines of all its buses.
 */

#define MARGIN_LEFT 110 /* of the times */
#define COLUMN      170
#define HEAD        70
#define ROW         22
#define LABEL_MAX   24 /* characters; the rest is a tooltip */
#define ACROSS_MAX  60

typedef struct
{
  char *host;
  char *bus; /* NULL: none of its host has been heard of */
  double x;
  double begin_y;    /* of the part that is not drawn yet */
  double paused_y;   /* where a pause began; 0: it runs */
  gboolean is_ended; /* closed, or crashed */
  GHashTable *taken; /* place of a sender -> its next event to be looked at */
} Line;

typedef struct
{
  const ToolTrace *trace;
  GPtrArray *events; /* borrowed: those that are drawn */
  guint n_left_out;
  GPtrArray *lines;      /* owned Line */
  gboolean *has_arrived; /* by event, of what was sent */
  GString *back;         /* what lies behind the rest */
  GString *front;
  gint64 shown_us; /* the time that was written last */
} Picture;

/* ---- text ---- */

/* What a terminal must not get is nothing for an XML document either. */
static char *
dup_label (const char *text, glong max)
{
  g_autoptr (GString) shown = g_string_new (NULL);
  g_autofree char *all = NULL;
  g_autofree char *begun = NULL;

  tool_text_append (shown, text, strlen (text));
  all = g_markup_escape_text (shown->str, -1);
  if (g_utf8_strlen (shown->str, -1) <= max)
    return g_steal_pointer (&all);
  g_string_truncate (shown,
                     g_utf8_offset_to_pointer (shown->str, max) - shown->str);
  begun = g_markup_escape_text (shown->str, -1);
  return g_strdup_printf ("%s…<title>%s</title>", begun, all);
}

static void
add_text (
  Picture *self, double x, double y, const char *class, const char *text)
{
  g_autofree char *label =
    dup_label (text, g_str_equal (class, "all") ? ACROSS_MAX : LABEL_MAX);

  g_string_append_printf (
    self->front, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", class,
    x, y, label);
}

static void
add_cross (Picture *self, double x, double y)
{
  g_string_append_printf (
    self->front,
    "<path class=\"cross\" d=\"M%.0f %.0fl8 8m0 -8l-8 8\"/>"
    "\n",
    x - 4, y - 4);
}

/* ---- lines ---- */

static void
line_free (gpointer data)
{
  Line *self = data;

  g_hash_table_unref (self->taken);
  g_free (self->host);
  g_free (self->bus);
  g_free (self);
}

/* @bus NULL: any of the host. */
static Line *
find_line (Picture *self, const char *host, const char *bus)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      if (g_strcmp0 (line->host, host) == 0 &&
          (bus == NULL || g_strcmp0 (line->bus, bus) == 0))
        return line;
    }
  return NULL;
}

static void
add_line (Picture *self, const char *host, const char *bus)
{
  Line *line;

  if ((host == NULL && bus == NULL) || find_line (self, host, bus) != NULL)
    return;
  line = bus != NULL ? find_line (self, host, NULL) : NULL;
  if (line != NULL && line->bus == NULL)
    {
      line->bus = g_strdup (bus);
      return;
    }
  line = g_new0 (Line, 1);
  line->host = g_strdup (host);
  line->bus = g_strdup (bus);
  line->x = MARGIN_LEFT + COLUMN * (self->lines->len + 0.5);
  line->begin_y = HEAD - 20;
  line->taken =
    g_hash_table_new_full (hein_hash_text, g_str_equal, g_free, NULL);
  g_ptr_array_add (self->lines, line);
}

/* ---- who sent what ---- */

static gboolean
is_kind (const ToolTraceEvent *event, const char *kind)
{
  return g_str_equal (event->kind, kind);
}

static gboolean
is_sent_as (const ToolTraceEvent *sent, const ToolTraceEvent *got)
{
  return is_kind (sent, "send") && sent->size == got->size &&
         g_strcmp0 (sent->topic, got->topic) == 0 &&
         g_strcmp0 (sent->bus, got->other_bus) == 0 &&
         g_strcmp0 (sent->host, got->other_host) == 0;
}

/* What arrives has the order of what was sent; what is missing was lost.
 * Returns -1 when it was sent before the picture, or by no program. */
static int
find_sent (Picture *self, Line *line, guint i)
{
  const ToolTraceEvent *got = g_ptr_array_index (self->events, i);
  g_autofree char *sender =
    tool_timeline_dup_place (got->other_host, got->other_bus);
  guint j = GPOINTER_TO_UINT (g_hash_table_lookup (line->taken, sender));

  for (; j < i; j++)
    if (is_sent_as (g_ptr_array_index (self->events, j), got))
      {
        g_hash_table_insert (line->taken, g_steal_pointer (&sender),
                             GUINT_TO_POINTER (j + 1));
        return (int) j;
      }
  return -1;
}

/* ---- events ---- */

static double
get_y (guint row)
{
  return HEAD + ROW * (row + 1.0);
}

static void
add_arrow (
  Picture *self, const char *class, double x1, double y1, double x2, double y2)
{
  g_string_append_printf (
    self->front,
    "<line class=\"%s\" x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"/>\n",
    class, x1, y1, x2, y2);
}

static const char *
get_topic (const ToolTraceEvent *event)
{
  return event->topic != NULL ? event->topic : "";
}

static void
draw_receive (Picture *self, const ToolTraceEvent *event, guint i)
{
  Line *to = find_line (self, event->host, event->bus);
  const Line *from = find_line (self, event->other_host, event->other_bus);
  const int sent = find_sent (self, to, i);
  const double begin_y = get_y (sent >= 0 ? (guint) sent : i);

  if (sent >= 0)
    self->has_arrived[sent] = TRUE;
  else
    add_text (self, to->x + 6, get_y (i) - 4, "label", get_topic (event));
  if (from != NULL)
    add_arrow (self, "message", from->x, begin_y, to->x, get_y (i));
}

static void
draw_send (Picture *self, const ToolTraceEvent *event, guint i)
{
  const Line *from = find_line (self, event->host, event->bus);

  g_string_append_printf (self->front,
                          "<circle cx=\"%.0f\" cy=\"%.0f\" r=\"3\"/>\n",
                          from->x, get_y (i));
  add_text (self, from->x + 6, get_y (i) - 4, "label", get_topic (event));
}

/* Once all that has arrived is known. */
static void
draw_losses (Picture *self)
{
  for (guint i = 0; i < self->events->len; i++)
    {
      const ToolTraceEvent *event = g_ptr_array_index (self->events, i);
      const Line *from;

      if (!is_kind (event, "send") || self->has_arrived[i])
        continue;
      from = find_line (self, event->host, event->bus);
      add_arrow (self, "lost", from->x, get_y (i), from->x + 50, get_y (i) + 5);
      add_cross (self, from->x + 54, get_y (i) + 5);
    }
}

/* From host to host: with a connection, or a datagram. */
static void
draw_way (Picture *self, const ToolTraceEvent *event, guint i, gboolean is_lost)
{
  const Line *from = find_line (self, event->host, NULL);
  const Line *to = find_line (self, event->other_host, NULL);
  const double y = get_y (i);
  const double end_x = is_lost ? (from->x + to->x) / 2 : to->x;

  add_arrow (self, is_lost ? "failed" : "dial", from->x, y, end_x, y);
  if (is_lost)
    add_cross (self, end_x, y);
  add_text (self, MIN (from->x, end_x) + 6, y - 4, "quiet", event->kind);
}

static void
draw_partition (Picture *self, const ToolTraceEvent *event, guint i)
{
  const Line *one = find_line (self, event->host, NULL);
  const Line *other = find_line (self, event->other_host, NULL);

  g_string_append_printf (
    self->front,
    "<line class=\"fault\" x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"/>\n",
    one->x, get_y (i), other->x, get_y (i));
  add_text (self, MIN (one->x, other->x) + 6, get_y (i) - 4, "bad", "parted");
}

/* To everybody. */
static void
draw_across (Picture *self, const ToolTraceEvent *event, guint i)
{
  g_string_append_printf (
    self->back,
    "<line class=\"across\" x1=\"%d\" y1=\"%.0f\" x2=\"%d\" y2=\"%.0f\"/>\n",
    MARGIN_LEFT, get_y (i), MARGIN_LEFT + COLUMN * (int) self->lines->len,
    get_y (i));
  add_text (self, MARGIN_LEFT + 4, get_y (i) - 4, "all",
            event->text != NULL ? event->text : event->kind);
}

static void
end_pause (Picture *self, Line *line, double y)
{
  if (line->paused_y > 0)
    g_string_append_printf (self->back,
                            "<rect class=\"pause\" x=\"%.0f\" y=\"%.0f\" "
                            "width=\"12\" height=\"%.0f\"/>\n",
                            line->x - 6, line->paused_y, y - line->paused_y);
  line->paused_y = 0;
}

/* Draws it up to here, as it was so far. */
static void
end_part (Picture *self, Line *line, double y, gboolean is_ended)
{
  end_pause (self, line, y);
  g_string_append_printf (
    self->back,
    "<line class=\"%s\" x1=\"%.0f\" y1=\"%.0f\" x2=\"%.0f\" y2=\"%.0f\"/>\n",
    line->is_ended ? "gone" : "life", line->x, line->begin_y, line->x, y);
  line->begin_y = y;
  line->is_ended = is_ended;
}

static void
change_line (Picture *self, Line *line, const ToolTraceEvent *event, double y)
{
  if (is_kind (event, "pause"))
    line->paused_y = y;
  else if (is_kind (event, "resume"))
    end_pause (self, line, y);
  else if (is_kind (event, "crash") || is_kind (event, "kill"))
    {
      end_part (self, line, y, TRUE);
      add_cross (self, line->x, y);
    }
  else if (is_kind (event, "close") != line->is_ended)
    end_part (self, line, y, is_kind (event, "close"));
}

/* What one side does by itself. */
static void
draw_alone (Picture *self, const ToolTraceEvent *event, guint i)
{
  static const char *const bad[] = { "crash",        "cutting", "dropped",
                                     "failed",       "kill",    "pause",
                                     "peer-removed", NULL };
  gboolean is_said = FALSE;

  for (guint j = 0; j < self->lines->len; j++)
    {
      Line *line = g_ptr_array_index (self->lines, j);

      if (g_strcmp0 (line->host, event->host) != 0 ||
          (event->bus != NULL && g_strcmp0 (line->bus, event->bus) != 0))
        continue;
      change_line (self, line, event, get_y (i));
      if (!is_said)
        add_text (self, line->x + 6, get_y (i) + 4,
                  g_strv_contains (bad, event->kind) ? "bad" : "quiet",
                  event->text != NULL ? event->text : event->kind);
      is_said = TRUE;
    }
}

static void
draw_time (Picture *self, const ToolTraceEvent *event, guint i)
{
  g_autofree char *text = NULL;

  if (event->time_us == self->shown_us)
    return;
  self->shown_us = event->time_us;
  text = g_strdup_printf ("%" G_GINT64_FORMAT ".%06d",
                          event->time_us / G_USEC_PER_SEC,
                          (int) (event->time_us % G_USEC_PER_SEC));
  add_text (self, 8, get_y (i) + 4, "time", text);
}

static void
draw_event (Picture *self, guint i)
{
  const ToolTraceEvent *event = g_ptr_array_index (self->events, i);
  const gboolean is_lost =
    is_kind (event, "refused") || is_kind (event, "datagram-lost");

  draw_time (self, event, i);
  if (is_kind (event, "receive") && event->bus != NULL)
    draw_receive (self, event, i);
  else if (is_kind (event, "send") && event->bus != NULL)
    draw_send (self, event, i);
  else if (event->host == NULL)
    draw_across (self, event, i);
  else if (is_kind (event, "partition") && event->other_host != NULL)
    draw_partition (self, event, i);
  else if ((is_lost || is_kind (event, "dial") || is_kind (event, "cut")) &&
           event->other_host != NULL)
    draw_way (self, event, i, is_lost || is_kind (event, "cut"));
  else
    draw_alone (self, event, i);
}

/* ---- the picture ---- */

static void
choose_events (Picture *self)
{
  const GPtrArray *all = self->trace->events;

  self->events = g_ptr_array_new ();
  for (guint i = 0; i < all->len; i++)
    if (tool_trace_event_is_plain (g_ptr_array_index (all, i)))
      g_ptr_array_add (self->events, g_ptr_array_index (all, i));
  if (self->events->len > TOOL_SEQUENCE_MAX)
    {
      self->n_left_out = self->events->len - TOOL_SEQUENCE_MAX;
      g_ptr_array_remove_range (self->events, 0, self->n_left_out);
    }
}

static void
make_lines (Picture *self)
{
  self->lines = g_ptr_array_new_with_free_func (line_free);
  for (guint i = 0; i < self->events->len; i++)
    {
      const ToolTraceEvent *event = g_ptr_array_index (self->events, i);

      add_line (self, event->host, event->bus);
      add_line (self, event->other_host, event->other_bus);
    }
}

static void
draw_heads (Picture *self, double end_y)
{
  for (guint i = 0; i < self->lines->len; i++)
    {
      Line *line = g_ptr_array_index (self->lines, i);

      end_part (self, line, end_y, line->is_ended);
      add_text (self, line->x, HEAD - 42, "host",
                line->host != NULL ? line->host : "");
      if (line->bus != NULL && g_strcmp0 (line->bus, line->host) != 0)
        add_text (self, line->x, HEAD - 26, "bus", line->bus);
    }
}

static const char style[] =
  "<style>\n"
  "text { font: 11px sans-serif; fill: #222 }\n"
  ".host { font-weight: bold; font-size: 13px; text-anchor: middle }\n"
  ".bus { text-anchor: middle }\n"
  ".time { font-family: monospace; fill: #777 }\n"
  ".quiet, .all { fill: #777 }\n"
  ".bad { fill: #b00 }\n"
  ".life { stroke: #888 }\n"
  ".gone { stroke: #ccc; stroke-dasharray: 2 4 }\n"
  ".across { stroke: #cc9; stroke-dasharray: 6 3 }\n"
  ".pause { fill: #ddd }\n"
  ".message { stroke: #05a; stroke-width: 1.5; marker-end: url(#tip) }\n"
  ".dial { stroke: #999; stroke-dasharray: 4 3; marker-end: url(#tip) }\n"
  ".lost, .failed { stroke: #b00; stroke-dasharray: 4 3 }\n"
  ".fault { stroke: #b00; stroke-width: 2; stroke-dasharray: 8 4 }\n"
  ".cross { stroke: #b00; stroke-width: 2; fill: none }\n"
  "circle { fill: #05a }\n"
  "</style>\n"
  "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
  "markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" "
  "orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#05a\"/></marker></defs>\n";

static char *
finish (const Picture *self, double height)
{
  const int width =
    MAX (MARGIN_LEFT + COLUMN * (int) self->lines->len + COLUMN / 2, 400);
  g_autofree char *left_out = NULL;

  if (self->n_left_out > 0)
    left_out =
      g_strdup_printf (", without the %u events before", self->n_left_out);
  return g_strdup_printf (
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
    "viewBox=\"0 0 %d %.0f\">\n%s"
    "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
    "<text x=\"8\" y=\"16\">seed %" G_GUINT64_FORMAT "%s</text>\n%s%s</svg>\n",
    width, height, width, height, style, self->trace->seed,
    left_out != NULL ? left_out : "", self->back->str, self->front->str);
}

char *
tool_sequence_draw (const ToolTrace *trace)
{
  Picture self = {
    .trace = trace,
    .back = g_string_new (NULL),
    .front = g_string_new (NULL),
    .shown_us = -1,
  };
  double height;
  char *text;

  choose_events (&self);
  make_lines (&self);
  height = get_y (self.events->len);
  self.has_arrived = g_new0 (gboolean, self.events->len + 1);
  for (guint i = 0; i < self.events->len; i++)
    draw_event (&self, i);
  draw_losses (&self);
  draw_heads (&self, height);
  text = finish (&self, height + ROW);
  g_free (self.has_arrived);
  g_ptr_array_unref (self.events);
  g_ptr_array_unref (self.lines);
  g_string_free (self.back, TRUE);
  g_string_free (self.front, TRUE);
  return text;
}
