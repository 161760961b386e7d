/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-send-page.h"

#include <string.h>

#include "monitor-json.h"

/* Makes a message of what somebody writes, and sends it. */

/* Names that can be chosen from. */
#define NAMES_MAX 500

enum
{
  KIND_TEXT,
  KIND_JSON,
  KIND_VARIANT
};

struct _MonitorSendPage
{
  AdwBin parent_instance;

  MonitorAttached *bus;
  GtkWidget *topic;
  GtkWidget *audience;
  GtkStringList *names;
  GtkWidget *kind;
  GtkWidget *text;
  GtkWidget *result;
};

G_DEFINE_FINAL_TYPE (MonitorSendPage, monitor_send_page, ADW_TYPE_BIN)

/* ---- the message ---- */

static HeinMessage *
make_variant (const char *topic, const char *text, GError **error)
{
  g_autoptr (GVariant) value = g_variant_parse (NULL, text, NULL, NULL, error);

  return value != NULL ? hein_message_new_variant (topic, value) : NULL;
}

static HeinMessage *
make_json (const char *topic, const char *text, GError **error)
{
  g_autofree char *array = g_strdup_printf ("[%s]", text);
  g_autofree char *pretty = monitor_json_dup_pretty (array, strlen (array));
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));

  if (pretty != NULL && *text != '\0')
    return hein_message_new_typed (topic, "application/json", payload);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       "that is not JSON");
  return NULL;
}

static HeinMessage *
make_message (MonitorSendPage *self, GError **error)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->text));
  const char *topic = gtk_editable_get_text (GTK_EDITABLE (self->topic));
  const guint kind = adw_combo_row_get_selected (ADW_COMBO_ROW (self->kind));
  g_autofree char *text = NULL;

  g_object_get (buffer, "text", &text, NULL);
  if (strlen (topic) > HEIN_TOPIC_MAX)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "the topic has %" G_GSIZE_FORMAT " bytes, %d are possible",
                 strlen (topic), HEIN_TOPIC_MAX);
  else if (kind == KIND_VARIANT)
    return make_variant (topic, text, error);
  else if (kind == KIND_JSON)
    return make_json (topic, text, error);
  else
    return hein_message_new_text (topic, text);
  return NULL;
}

/* ---- sending ---- */

/* NULL: everybody. */
static const char *
get_audience (MonitorSendPage *self)
{
  const guint at = adw_combo_row_get_selected (ADW_COMBO_ROW (self->audience));

  return at != GTK_INVALID_LIST_POSITION && at > 0
           ? gtk_string_list_get_string (self->names, at)
           : NULL;
}

static void
tell (MonitorSendPage *self, const GError *error, const char *audience)
{
  const guint n =
    hein_peers_get_n_peers (monitor_attached_get_hein_peers (self->bus));
  g_autofree char *said = NULL;

  if (error != NULL)
    said = hein_error_dup_printable (error->message, strlen (error->message));
  else if (audience != NULL)
    said = g_strdup_printf ("Sent to %s", audience);
  else
    said = g_strdup_printf (n == 1 ? "Sent to %u peer" : "Sent to %u peers", n);
  gtk_label_set_text (GTK_LABEL (self->result), said);
  gtk_widget_remove_css_class (self->result,
                               error != NULL ? "dim-label" : "error");
  gtk_widget_add_css_class (self->result,
                            error != NULL ? "error" : "dim-label");
}

static void
on_send (MonitorSendPage *self)
{
  const char *audience = get_audience (self);
  HeinPeers *peers = monitor_attached_get_hein_peers (self->bus);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message = make_message (self, &error);

  if (message != NULL && audience == NULL &&
      hein_peers_get_n_peers (peers) == 0)
    g_set_error_literal (&error, HEIN_ERROR, HEIN_ERROR_NO_PEER,
                         "there is no peer that could get it");
  if (message != NULL && error == NULL)
    monitor_attached_send (self->bus, audience, message, &error);
  tell (self, error, audience);
}

static gboolean
on_shortcut (GtkWidget *widget, GVariant *arguments, gpointer data)
{
  on_send (MONITOR_SEND_PAGE (widget));
  return TRUE;
}

/* ---- who is there ---- */

static guint
find_name (MonitorSendPage *self, const char *name)
{
  const guint n = g_list_model_get_n_items (G_LIST_MODEL (self->names));

  for (guint i = 1; name != NULL && i < n; i++)
    if (strcmp (gtk_string_list_get_string (self->names, i), name) == 0)
      return i;
  return 0;
}

static void
on_peers_changed (HeinPeers *peers,
                  guint position,
                  guint removed,
                  guint added,
                  MonitorSendPage *self)
{
  const guint n = MIN (hein_peers_get_n_peers (peers), NAMES_MAX);
  g_autofree char *chosen = g_strdup (get_audience (self));
  g_autofree const char **names = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    names[i] = hein_peer_get_name (hein_peers_get_peer (peers, i));
  gtk_string_list_splice (self->names, 1,
                          g_list_model_get_n_items (
                            G_LIST_MODEL (self->names)) -
                            1,
                          names);
  adw_combo_row_set_selected (ADW_COMBO_ROW (self->audience),
                              find_name (self, chosen));
}

/* ---- class ---- */

static void
monitor_send_page_dispose (GObject *object)
{
  MonitorSendPage *self = MONITOR_SEND_PAGE (object);

  g_clear_object (&self->bus);
  G_OBJECT_CLASS (monitor_send_page_parent_class)->dispose (object);
}

static void
monitor_send_page_class_init (MonitorSendPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = monitor_send_page_dispose;
  gtk_widget_class_set_template_from_resource (
    widget_class, "/org/hein/Monitor/send-page.ui");
  gtk_widget_class_bind_template_child (widget_class, MonitorSendPage, topic);
  gtk_widget_class_bind_template_child (widget_class, MonitorSendPage,
                                        audience);
  gtk_widget_class_bind_template_child (widget_class, MonitorSendPage, names);
  gtk_widget_class_bind_template_child (widget_class, MonitorSendPage, kind);
  gtk_widget_class_bind_template_child (widget_class, MonitorSendPage, text);
  gtk_widget_class_bind_template_child (widget_class, MonitorSendPage, result);
  gtk_widget_class_bind_template_callback (widget_class, on_send);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK,
                                on_shortcut, NULL);
}

static void
monitor_send_page_init (MonitorSendPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
monitor_send_page_new (MonitorAttached *bus)
{
  MonitorSendPage *self = g_object_new (MONITOR_TYPE_SEND_PAGE, NULL);
  HeinPeers *peers = monitor_attached_get_hein_peers (bus);

  self->bus = g_object_ref (bus);
  g_signal_connect_object (peers, "items-changed",
                           G_CALLBACK (on_peers_changed), self, 0);
  on_peers_changed (peers, 0, 0, 0, self);
  return GTK_WIDGET (self);
}
