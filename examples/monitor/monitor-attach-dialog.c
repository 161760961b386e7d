/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-attach-dialog.h"

#include <string.h>

#include "monitor-keys.h"

/* Asks for the address of a bus, and makes one that listens there or dials. */

enum
{
  ROLE_DIAL,
  ROLE_LISTEN
};

enum
{
  SECURITY_OF_ADDRESS,
  SECURITY_KEY_FILE,
  SECURITY_PAIRED
};

struct _MonitorAttachDialog
{
  AdwWindow parent_instance;

  GtkWidget *attach;
  GtkWidget *problem;
  GtkWidget *problem_revealer;
  GtkWidget *role;
  GtkWidget *address;
  GtkWidget *name;
  GtkWidget *prefix;
  GtkWidget *security;
  GtkWidget *key_file;
};

static guint attached_signal;

G_DEFINE_FINAL_TYPE (MonitorAttachDialog,
                     monitor_attach_dialog,
                     ADW_TYPE_WINDOW)

static const char *
get_text (GtkWidget *entry)
{
  return gtk_editable_get_text (GTK_EDITABLE (entry));
}

static void
show_problem (MonitorAttachDialog *self, const char *what)
{
  g_autofree char *shown =
    what != NULL ? hein_error_dup_printable (what, strlen (what)) : NULL;

  if (shown != NULL)
    gtk_label_set_text (GTK_LABEL (self->problem), shown);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->problem_revealer),
                                 shown != NULL);
}

/* The address with what was chosen beside it. */
static char *
dup_uri (MonitorAttachDialog *self)
{
  const guint security =
    adw_combo_row_get_selected (ADW_COMBO_ROW (self->security));
  const char *address = get_text (self->address);
  g_autofree char *identity = monitor_keys_dup_identity ();
  g_autofree char *peers = monitor_keys_dup_peers ();
  g_autofree char *uri = NULL;

  if (security == SECURITY_KEY_FILE)
    return monitor_keys_add_option (address, "key-file",
                                    get_text (self->key_file));
  if (security == SECURITY_OF_ADDRESS)
    return g_strdup (address);
  uri = monitor_keys_add_option (address, "identity", identity);
  return monitor_keys_add_option (uri, "peers", peers);
}

static void
on_attach (GtkButton *button, gpointer data)
{
  MonitorAttachDialog *self = MONITOR_ATTACH_DIALOG (data);
  g_autofree char *uri = dup_uri (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (MonitorAttached) bus =
    monitor_attached_new (get_text (self->name), uri,
                          adw_combo_row_get_selected (
                            ADW_COMBO_ROW (self->role)) == ROLE_LISTEN,
                          get_text (self->prefix), &error);

  if (bus == NULL)
    {
      show_problem (self, error->message);
      return;
    }
  g_signal_emit (self, attached_signal, 0, bus);
  gtk_window_close (GTK_WINDOW (self));
}

static void
on_changed (GtkEditable *editable, gpointer data)
{
  MonitorAttachDialog *self = MONITOR_ATTACH_DIALOG (data);
  const char *name = get_text (self->name);

  gtk_widget_set_sensitive (self->attach,
                            *get_text (self->address) != '\0' &&
                              hein_name_is_valid (name, strlen (name)));
  show_problem (self, NULL);
}

static void
on_security (AdwComboRow *row, GParamSpec *pspec, gpointer data)
{
  MonitorAttachDialog *self = MONITOR_ATTACH_DIALOG (data);

  gtk_widget_set_visible (self->key_file, adw_combo_row_get_selected (row) ==
                                            SECURITY_KEY_FILE);
}

static void
on_chosen (GtkNativeDialog *chooser, int response, gpointer data)
{
  g_autoptr (MonitorAttachDialog) self = data;
  g_autoptr (GFile) file =
    gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));

  if (response == GTK_RESPONSE_ACCEPT && file != NULL)
    gtk_editable_set_text (GTK_EDITABLE (self->key_file),
                           g_file_peek_path (file));
  g_object_unref (chooser);
}

static void
on_choose (GtkButton *button, gpointer data)
{
  MonitorAttachDialog *self = MONITOR_ATTACH_DIALOG (data);
  GtkFileChooserNative *chooser =
    gtk_file_chooser_native_new ("Key File", GTK_WINDOW (self),
                                 GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);

  g_signal_connect (chooser, "response", G_CALLBACK (on_chosen),
                    g_object_ref (self));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (chooser));
}

static void
monitor_attach_dialog_class_init (MonitorAttachDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/org/hein/Monitor/attach-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        attach);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        problem);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        problem_revealer);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        role);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        address);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        name);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        prefix);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        security);
  gtk_widget_class_bind_template_child (widget_class, MonitorAttachDialog,
                                        key_file);
  gtk_widget_class_bind_template_callback (widget_class, on_attach);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_security);
  gtk_widget_class_bind_template_callback (widget_class, on_choose);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0,
                                       "window.close", NULL);
  attached_signal =
    g_signal_new ("attached", MONITOR_TYPE_ATTACH_DIALOG, G_SIGNAL_RUN_LAST, 0,
                  NULL, NULL, NULL, G_TYPE_NONE, 1, MONITOR_TYPE_ATTACHED);
}

static void
monitor_attach_dialog_init (MonitorAttachDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWindow *
monitor_attach_dialog_new (GtkWindow *parent, const char *address)
{
  MonitorAttachDialog *self =
    g_object_new (MONITOR_TYPE_ATTACH_DIALOG, "transient-for", parent, NULL);

  if (address != NULL)
    gtk_editable_set_text (GTK_EDITABLE (self->address), address);
  gtk_widget_grab_focus (self->address);
  return GTK_WINDOW (self);
}
