/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-topic-view.h"

#include <string.h>

#include "monitor-picture.h"
#include "monitor-text.h"
#include "monitor-value.h"

/* Shows the latest message of a topic: text, JSON, GVariant, a picture, bytes. */

struct _MonitorTopicView
{
  AdwBin parent_instance;

  MonitorAttached *bus;
  MonitorTopic *topic;  /* nullable */
  HeinMessage *shown;   /* nullable */
  gboolean is_reading;  /* a picture; the next one waits for it */
  gboolean is_updating; /* the button is not toggled by somebody */

  GtkWidget *stack;
  GtkWidget *title;
  GtkWidget *caption;
  GtkWidget *plot;
  GtkWidget *values;
  GtkWidget *text;
  GtkWidget *picture;
  GtkWidget *problem;
};

G_DEFINE_FINAL_TYPE (MonitorTopicView, monitor_topic_view, ADW_TYPE_BIN)

static void update (MonitorTopicView *self);

/* ---- values ---- */

static void
show_text (MonitorTopicView *self, HeinMessage *message)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->text));
  g_autofree char *text = monitor_value_dup_text (message);

  gtk_text_buffer_set_text (buffer, text, -1);
  gtk_stack_set_visible_child_name (GTK_STACK (self->values), "text");
}

static void
show_problem (MonitorTopicView *self, const char *why)
{
  g_autofree char *shown = hein_error_dup_printable (why, strlen (why));
  g_autofree char *escaped = g_markup_escape_text (shown, -1);

  adw_status_page_set_description (ADW_STATUS_PAGE (self->problem), escaped);
  gtk_stack_set_visible_child_name (GTK_STACK (self->values), "problem");
}

static void
show_texture (MonitorTopicView *self, GdkTexture *texture)
{
  g_autofree char *said = g_strdup_printf ("Picture of %d × %d pixels",
                                           gdk_texture_get_width (texture),
                                           gdk_texture_get_height (texture));

  gtk_picture_set_paintable (GTK_PICTURE (self->picture),
                             GDK_PAINTABLE (texture));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->picture),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, said, -1);
  gtk_stack_set_visible_child_name (GTK_STACK (self->values), "picture");
}

/* What came meanwhile is shown next. */
static void
on_picture (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (MonitorTopicView) self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = monitor_picture_read_finish (result, &error);

  self->is_reading = FALSE;
  if (self->topic == NULL)
    return;
  if (monitor_topic_get_latest (self->topic) != self->shown)
    {
      update (self);
      return;
    }
  if (texture != NULL)
    show_texture (self, texture);
  else
    show_problem (self, error->message);
}

static void
show_picture (MonitorTopicView *self, HeinMessage *message)
{
  if (monitor_topic_get_size (self->topic) >
      monitor_topic_get_kept (self->topic))
    {
      show_problem (self, "The picture is larger than what is kept.");
      return;
    }
  self->is_reading = TRUE;
  monitor_picture_read_async (message, NULL, on_picture, g_object_ref (self));
}

/* ---- the rest ---- */

static char *
dup_caption (MonitorTopicView *self, HeinMessage *message)
{
  const gsize size = monitor_topic_get_size (self->topic);
  const gsize kept = monitor_topic_get_kept (self->topic);
  const char *sender = monitor_topic_get_sender (self->topic);
  g_autofree char *all = monitor_text_dup_size (size);
  g_autofree char *some = monitor_text_dup_size (kept);
  g_autofree char *cut =
    kept < size ? g_strdup_printf (", of which the first %s are kept", some)
                : NULL;

  return g_strdup_printf ("%s, %s%s%s%s · %" G_GUINT64_FORMAT " received",
                          monitor_value_get_kind_name (
                            monitor_value_get_kind (message)),
                          all, cut != NULL ? cut : "",
                          sender != NULL ? ", from " : "",
                          sender != NULL ? sender : "",
                          monitor_topic_get_n_messages (self->topic));
}

static void
update_plot (MonitorTopicView *self, HeinMessage *message)
{
  double number;
  const gboolean is_plotted =
    monitor_attached_get_plotted (self->bus) == self->topic;

  gtk_widget_set_visible (self->plot,
                          is_plotted ||
                            monitor_value_read_number (message, &number));
  self->is_updating = TRUE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->plot), is_plotted);
  self->is_updating = FALSE;
}

static void
update_value (MonitorTopicView *self, HeinMessage *message)
{
  if (message == self->shown || self->is_reading)
    return;
  g_clear_pointer (&self->shown, hein_message_unref);
  self->shown = hein_message_ref (message);
  if (monitor_value_get_kind (message) == MONITOR_VALUE_PICTURE)
    show_picture (self, message);
  else
    show_text (self, message);
}

static void
update (MonitorTopicView *self)
{
  HeinMessage *latest =
    self->topic != NULL ? monitor_topic_get_latest (self->topic) : NULL;
  g_autofree char *caption = NULL;

  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    latest != NULL ? "topic" : "none");
  if (latest == NULL)
    return;
  caption = dup_caption (self, latest);
  gtk_label_set_text (GTK_LABEL (self->title),
                      monitor_topic_get_title (self->topic));
  gtk_label_set_text (GTK_LABEL (self->caption), caption);
  update_plot (self, latest);
  update_value (self, latest);
}

static void
on_plot_toggled (GtkToggleButton *button, gpointer data)
{
  MonitorTopicView *self = MONITOR_TOPIC_VIEW (data);

  if (!self->is_updating)
    monitor_attached_set_plotted (self->bus,
                                  gtk_toggle_button_get_active (button)
                                    ? self->topic
                                    : NULL);
}

void
monitor_topic_view_set_topic (MonitorTopicView *self, MonitorTopic *topic)
{
  if (self->topic == topic)
    return;
  if (self->topic != NULL)
    g_signal_handlers_disconnect_by_data (self->topic, self);
  g_set_object (&self->topic, topic);
  g_clear_pointer (&self->shown, hein_message_unref);
  if (topic != NULL)
    g_signal_connect_swapped (topic, "changed", G_CALLBACK (update), self);
  update (self);
}

/* ---- class ---- */

static void
monitor_topic_view_dispose (GObject *object)
{
  MonitorTopicView *self = MONITOR_TOPIC_VIEW (object);

  if (self->topic != NULL)
    g_signal_handlers_disconnect_by_data (self->topic, self);
  g_clear_object (&self->topic);
  g_clear_object (&self->bus);
  g_clear_pointer (&self->shown, hein_message_unref);
  G_OBJECT_CLASS (monitor_topic_view_parent_class)->dispose (object);
}

static void
monitor_topic_view_class_init (MonitorTopicViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = monitor_topic_view_dispose;
  gtk_widget_class_set_template_from_resource (
    widget_class, "/org/hein/Monitor/topic-view.ui");
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView, stack);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView, title);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView,
                                        caption);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView, plot);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView, values);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView, text);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView,
                                        picture);
  gtk_widget_class_bind_template_child (widget_class, MonitorTopicView,
                                        problem);
  gtk_widget_class_bind_template_callback (widget_class, on_plot_toggled);
}

static void
monitor_topic_view_init (MonitorTopicView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
monitor_topic_view_new (MonitorAttached *bus)
{
  MonitorTopicView *self = g_object_new (MONITOR_TYPE_TOPIC_VIEW, NULL);

  self->bus = g_object_ref (bus);
  update (self);
  return GTK_WIDGET (self);
}
