/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-pair-dialog.h"

#include <hein/hein.h>
#include <string.h>

#include "monitor-keys.h"
#include "monitor-text.h"

/* Pairs by a code, which is shown here or entered here. */

#define TICK_MS 200

struct _MonitorPairDialog
{
  AdwWindow parent_instance;

  HeinPairing *pairing;      /* nullable */
  GCancellable *cancellable; /* of that */
  guint tick_id;             /* 0: no code is shown */

  GtkWidget *problem_revealer;
  GtkWidget *problem;
  GtkWidget *stack;
  GtkWidget *name;
  GtkWidget *address;
  GtkWidget *typed;
  GtkWidget *code;
  GtkWidget *code_address;
  GtkWidget *remaining;
  GtkWidget *done;
};

G_DEFINE_FINAL_TYPE (MonitorPairDialog, monitor_pair_dialog, ADW_TYPE_WINDOW)

static void
show (MonitorPairDialog *self, const char *page)
{
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), page);
}

static void
show_problem (MonitorPairDialog *self, const char *what)
{
  g_autofree char *shown =
    what != NULL ? hein_error_dup_printable (what, strlen (what)) : NULL;

  if (shown != NULL)
    gtk_label_set_text (GTK_LABEL (self->problem), shown);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->problem_revealer),
                                 shown != NULL);
}

/* ---- the end ---- */

/* @other: the name of the other side, or NULL with @error. */
static void
end (MonitorPairDialog *self, const char *other, const GError *error)
{
  g_autofree char *printable = NULL;
  g_autofree char *said = NULL;
  g_autofree char *escaped = NULL;

  g_clear_handle_id (&self->tick_id, g_source_remove);
  if (other == NULL)
    {
      show_problem (self, error->message);
      show (self, "begin");
      return;
    }
  printable = monitor_text_dup_printable (other, strlen (other), FALSE);
  said = g_strdup_printf ("Paired with %s", printable);
  escaped = g_markup_escape_text (said, -1);
  adw_status_page_set_title (ADW_STATUS_PAGE (self->done), escaped);
  show (self, "done");
}

static void
on_listened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (MonitorPairDialog) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *other =
    hein_pairing_listen_finish (HEIN_PAIRING (source), result, &error);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    end (self, other, error);
}

static void
on_dialled (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (MonitorPairDialog) self = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *other =
    hein_pairing_dial_finish (HEIN_PAIRING (source), result, &error);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    end (self, other, error);
}

/* ---- the beginning ---- */

/* The name is in the identity, once there is one. */
static gboolean
prepare (MonitorPairDialog *self)
{
  g_autofree char *identity = monitor_keys_dup_identity ();
  g_autofree char *peers = monitor_keys_dup_peers ();
  const gboolean is_new = !g_file_test (identity, G_FILE_TEST_EXISTS);
  g_autoptr (GError) error = NULL;

  g_clear_object (&self->pairing);
  self->pairing =
    hein_pairing_new (identity, peers,
                      is_new ? gtk_editable_get_text (GTK_EDITABLE (self->name))
                             : NULL);
  show_problem (self, NULL);
  if (monitor_keys_make_folder (&error) &&
      hein_pairing_prepare (self->pairing, &error))
    return TRUE;
  show_problem (self, error->message);
  return FALSE;
}

static gboolean
on_tick (gpointer data)
{
  MonitorPairDialog *self = data;

  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->remaining),
                                 (double) hein_pairing_get_remaining (
                                   self->pairing) /
                                   hein_pairing_get_life_ms (self->pairing));
  return G_SOURCE_CONTINUE;
}

static void
on_show_code (MonitorPairDialog *self)
{
  g_autofree char *where = NULL;

  if (!prepare (self))
    return;
  hein_pairing_listen_async (self->pairing, NULL, self->cancellable,
                             on_listened, g_object_ref (self));
  if (hein_pairing_get_code (self->pairing) == NULL)
    return; /* the callback says why */
  where = g_strdup_printf ("at the address %s",
                           hein_pairing_get_address (self->pairing));
  gtk_label_set_text (GTK_LABEL (self->code),
                      hein_pairing_get_code (self->pairing));
  gtk_label_set_text (GTK_LABEL (self->code_address), where);
  self->tick_id = g_timeout_add (TICK_MS, on_tick, self);
  on_tick (self);
  show (self, "code");
}

static void
on_enter_code (MonitorPairDialog *self)
{
  const char *address = gtk_editable_get_text (GTK_EDITABLE (self->address));
  const char *code = gtk_editable_get_text (GTK_EDITABLE (self->typed));

  if (!prepare (self))
    return;
  show (self, "wait");
  hein_pairing_dial_async (self->pairing, address, *code != '\0' ? code : NULL,
                           self->cancellable, on_dialled, g_object_ref (self));
}

/* ---- class ---- */

static gboolean
monitor_pair_dialog_close_request (GtkWindow *window)
{
  MonitorPairDialog *self = MONITOR_PAIR_DIALOG (window);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->tick_id, g_source_remove);
  return GTK_WINDOW_CLASS (monitor_pair_dialog_parent_class)
    ->close_request (window);
}

static void
monitor_pair_dialog_dispose (GObject *object)
{
  MonitorPairDialog *self = MONITOR_PAIR_DIALOG (object);

  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->pairing);
  G_OBJECT_CLASS (monitor_pair_dialog_parent_class)->dispose (object);
}

static void
monitor_pair_dialog_finalize (GObject *object)
{
  g_object_unref (MONITOR_PAIR_DIALOG (object)->cancellable);
  G_OBJECT_CLASS (monitor_pair_dialog_parent_class)->finalize (object);
}

static void
bind (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog,
                                        problem_revealer);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog,
                                        problem);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog, name);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog,
                                        address);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog, typed);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog, code);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog,
                                        code_address);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog,
                                        remaining);
  gtk_widget_class_bind_template_child (widget_class, MonitorPairDialog, done);
  gtk_widget_class_bind_template_callback (widget_class, on_show_code);
  gtk_widget_class_bind_template_callback (widget_class, on_enter_code);
}

static void
monitor_pair_dialog_class_init (MonitorPairDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = monitor_pair_dialog_dispose;
  G_OBJECT_CLASS (klass)->finalize = monitor_pair_dialog_finalize;
  GTK_WINDOW_CLASS (klass)->close_request = monitor_pair_dialog_close_request;
  gtk_widget_class_set_template_from_resource (
    widget_class, "/org/hein/Monitor/pair-dialog.ui");
  bind (widget_class);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0,
                                       "window.close", NULL);
}

static void
monitor_pair_dialog_init (MonitorPairDialog *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* The name was given when the identity was made. */
static void
fill_in_name (MonitorPairDialog *self)
{
  g_autofree char *identity = monitor_keys_dup_identity ();
  g_autofree char *name = NULL;
  g_autofree char *line = hein_identity_read (identity, &name, NULL);

  gtk_editable_set_text (GTK_EDITABLE (self->name),
                         name != NULL ? name : g_get_host_name ());
  gtk_editable_set_editable (GTK_EDITABLE (self->name), line == NULL);
}

GtkWindow *
monitor_pair_dialog_new (GtkWindow *parent)
{
  MonitorPairDialog *self =
    g_object_new (MONITOR_TYPE_PAIR_DIALOG, "transient-for", parent, NULL);

  fill_in_name (self);
  return GTK_WINDOW (self);
}
