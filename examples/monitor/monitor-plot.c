/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-plot.h"

#include <adwaita.h>
#include <math.h>
#include <string.h>

#include "monitor-text.h"

/* Draws series as lines over the last two minutes. */

#define LINES_MAX  4
#define HEIGHT     160
#define MARGIN     8
#define N_RULES    5 /* lines across, with what they stand for */
#define RULE_ALPHA 0.15
#define TEXT_ALPHA 0.7

struct _MonitorPlot
{
  GtkWidget parent_instance;

  char *title;
  MonitorSeries *series[LINES_MAX]; /* owned */
  MonitorColor colors[LINES_MAX];
  guint n_series;
};

/* What is drawn, and where. */
typedef struct
{
  cairo_t *cr;
  double x, y, width, height; /* of the lines, in pixels */
  double bottom, top;         /* values */
  GdkRGBA foreground;
} Canvas;

G_DEFINE_FINAL_TYPE (MonitorPlot, monitor_plot, GTK_TYPE_WIDGET)

/* ---- the range ---- */

/* 1, 2 or 5 times a power of ten, and not below @value. */
static double
round_up (double value)
{
  const double power = pow (10, floor (log10 (value)));

  for (guint i = 1; i <= 10; i = i == 2 ? 5 : i * 2)
    if (value <= power * i)
      return power * i;
  return power * 10;
}

/* Zero is always in it. */
static void
find_range (MonitorPlot *self, double *bottom, double *top)
{
  double low = 0, high = 0;

  for (guint i = 0; i < self->n_series; i++)
    for (guint j = 0; j < monitor_series_get_n_values (self->series[i]); j++)
      {
        const double value = monitor_series_get_value (self->series[i], j);

        low = isnan (value) ? low : MIN (low, value);
        high = isnan (value) ? high : MAX (high, value);
      }
  *top = high > 0 ? round_up (high) : low < 0 ? 0 : 1;
  *bottom = low < 0 ? -round_up (-low) : 0;
}

/* ---- drawing ---- */

static double
get_y (const Canvas *canvas, double value)
{
  return canvas->y + canvas->height * (canvas->top - value) /
                       (canvas->top - canvas->bottom);
}

static void
draw_text (MonitorPlot *self,
           const Canvas *canvas,
           const char *text,
           double x,
           double y,
           double alignment)
{
  g_autoptr (PangoLayout) layout =
    gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
  int width, height;

  pango_layout_get_pixel_size (layout, &width, &height);
  cairo_move_to (canvas->cr, x - width * alignment, y - height / 2.0);
  cairo_set_source_rgba (canvas->cr, canvas->foreground.red,
                         canvas->foreground.green, canvas->foreground.blue,
                         TEXT_ALPHA);
  pango_cairo_show_layout (canvas->cr, layout);
}

static void
draw_rules (MonitorPlot *self, const Canvas *canvas)
{
  for (guint i = 0; i <= N_RULES; i++)
    {
      const double value =
        canvas->bottom + (canvas->top - canvas->bottom) * i / N_RULES;
      const double y = floor (get_y (canvas, value)) + 0.5;
      g_autofree char *text = monitor_text_dup_number (value);

      cairo_set_source_rgba (canvas->cr, canvas->foreground.red,
                             canvas->foreground.green, canvas->foreground.blue,
                             RULE_ALPHA);
      cairo_set_line_width (canvas->cr, 1);
      cairo_move_to (canvas->cr, canvas->x, y);
      cairo_line_to (canvas->cr, canvas->x + canvas->width, y);
      cairo_stroke (canvas->cr);
      draw_text (self, canvas, text, canvas->x - MARGIN, y, 1);
    }
}

static void
draw_line (const Canvas *canvas, MonitorSeries *series, const GdkRGBA *color)
{
  const guint n = monitor_series_get_n_values (series);
  gboolean is_drawing = FALSE;

  gdk_cairo_set_source_rgba (canvas->cr, color);
  cairo_set_line_width (canvas->cr, 2);
  cairo_set_line_join (canvas->cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (canvas->cr, CAIRO_LINE_CAP_ROUND);
  for (guint i = 0; i < n; i++)
    {
      const double value = monitor_series_get_value (series, i);
      const double x = canvas->x + canvas->width *
                                     (MONITOR_SERIES_MAX - n + i) /
                                     (MONITOR_SERIES_MAX - 1.0);

      if (isnan (value))
        is_drawing = FALSE;
      else if (is_drawing)
        cairo_line_to (canvas->cr, x, get_y (canvas, value));
      else
        {
          cairo_move_to (canvas->cr, x, get_y (canvas, value));
          is_drawing = TRUE;
        }
    }
  cairo_stroke (canvas->cr);
}

/* As in the palette of GNOME, brighter on a dark ground. */
static GdkRGBA
get_color (MonitorColor color)
{
  static const char *const light[] = { "#1c71d8", "#26a269", "#c01c28",
                                       "#813d9c" };
  static const char *const dark[] = { "#78aeed", "#57e389", "#ff7b63",
                                      "#dc8add" };
  const gboolean is_dark =
    adw_style_manager_get_dark (adw_style_manager_get_default ());
  GdkRGBA found;

  gdk_rgba_parse (&found, is_dark ? dark[color] : light[color]);
  return found;
}

/* Room for the texts on the left, and below. */
static void
find_room (MonitorPlot *self, Canvas *canvas)
{
  g_autoptr (PangoLayout) layout =
    gtk_widget_create_pango_layout (GTK_WIDGET (self), "−000M");
  int width, height;

  pango_layout_get_pixel_size (layout, &width, &height);
  canvas->x = width + MARGIN;
  canvas->y = height / 2.0 + 1;
  canvas->width = gtk_widget_get_width (GTK_WIDGET (self)) - canvas->x - MARGIN;
  canvas->height = gtk_widget_get_height (GTK_WIDGET (self)) - 2.5 * height - 1;
}

static void
monitor_plot_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MonitorPlot *self = MONITOR_PLOT (widget);
  graphene_rect_t bounds =
    GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                        (float) gtk_widget_get_height (widget));
  Canvas canvas = { 0 };
  double below;

  find_room (self, &canvas);
  if (canvas.width <= 0 || canvas.height <= 0)
    return;
  canvas.cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  find_range (self, &canvas.bottom, &canvas.top);
  gtk_style_context_get_color (gtk_widget_get_style_context (widget),
                               &canvas.foreground);
  draw_rules (self, &canvas);
  below = (canvas.y + canvas.height + bounds.size.height) / 2 + MARGIN / 2.0;
  draw_text (self, &canvas, "2 min ago", canvas.x, below, 0);
  draw_text (self, &canvas, "now", canvas.x + canvas.width, below, 1);
  for (guint i = 0; i < self->n_series; i++)
    {
      const GdkRGBA color = get_color (self->colors[i]);

      draw_line (&canvas, self->series[i], &color);
    }
  cairo_destroy (canvas.cr);
}

static void
monitor_plot_measure (GtkWidget *widget,
                      GtkOrientation orientation,
                      int for_size,
                      int *minimum,
                      int *natural,
                      int *minimum_baseline,
                      int *natural_baseline)
{
  *minimum = *natural = HEIGHT;
}

/* ---- class ---- */

static void
monitor_plot_finalize (GObject *object)
{
  MonitorPlot *self = MONITOR_PLOT (object);

  monitor_plot_clear (self);
  g_free (self->title);
  G_OBJECT_CLASS (monitor_plot_parent_class)->finalize (object);
}

static void
monitor_plot_class_init (MonitorPlotClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = monitor_plot_finalize;
  widget_class->snapshot = monitor_plot_snapshot;
  widget_class->measure = monitor_plot_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
monitor_plot_init (MonitorPlot *self)
{
}

GtkWidget *
monitor_plot_new (const char *title)
{
  MonitorPlot *self =
    g_object_new (MONITOR_TYPE_PLOT, "hexpand", TRUE, "css-classes",
                  (const char *[]){ "caption", "numeric", NULL }, NULL);

  self->title = g_strdup (title);
  monitor_plot_update (self);
  return GTK_WIDGET (self);
}

void
monitor_plot_add (MonitorPlot *self, MonitorSeries *series, MonitorColor color)
{
  g_return_if_fail (self->n_series < LINES_MAX);

  self->series[self->n_series] = g_object_ref (series);
  self->colors[self->n_series++] = color;
  monitor_plot_update (self);
}

void
monitor_plot_clear (MonitorPlot *self)
{
  for (guint i = 0; i < self->n_series; i++)
    g_clear_object (&self->series[i]);
  self->n_series = 0;
}

/* What a plot shows last is said in words as well. */
void
monitor_plot_update (MonitorPlot *self)
{
  g_autoptr (GString) said = g_string_new (self->title);

  for (guint i = 0; i < self->n_series; i++)
    {
      const double value = monitor_series_get_last (self->series[i]);
      g_autofree char *text =
        isnan (value) ? g_strdup ("unknown") : g_strdup_printf ("%g", value);

      g_string_append_printf (said, "%s %s %s", i > 0 ? "," : ":",
                              monitor_series_get_name (self->series[i]), text);
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, said->str, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
