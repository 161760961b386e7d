/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-application.h"

#include <hein/hein.h>

#include "monitor-attached.h"
#include "monitor-local.h"
#include "monitor-locals.h"
#include "monitor-window.h"

/* Knows the buses, and looks at all of them once per second. */

struct _MonitorApplication
{
  AdwApplication parent_instance;

  GListStore *attached; /* of MonitorAttached */
  GListStore *local;    /* of MonitorLocal */
  guint refresh_id;
};

G_DEFINE_FINAL_TYPE (MonitorApplication,
                     monitor_application,
                     ADW_TYPE_APPLICATION)

/* ---- looking ---- */

static void
refresh_all (GListStore *store)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (store)); i++)
    {
      g_autoptr (MonitorBus) bus =
        g_list_model_get_item (G_LIST_MODEL (store), i);

      monitor_bus_refresh (bus);
    }
}

static gboolean
on_refresh (gpointer data)
{
  MonitorApplication *self = data;

  monitor_locals_update (self->local);
  refresh_all (self->attached);
  refresh_all (self->local);
  return G_SOURCE_CONTINUE;
}

/* ---- actions ---- */

static void
show_about (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  adw_show_about_window (
    gtk_application_get_active_window (GTK_APPLICATION (data)),
    "application-name", "Hein Monitor", "application-icon", "org.hein.Monitor",
    "developer-name", "The hein authors", "version", VERSION, "license-type",
    GTK_LICENSE_LGPL_2_1, "comments",
    "Looks into buses of hein: who is there, what is said, and what is lost.",
    NULL);
}

static void
quit (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  GtkWindow *window =
    gtk_application_get_active_window (GTK_APPLICATION (data));

  if (window != NULL)
    gtk_window_close (window);
}

static const GActionEntry actions[] = {
  { .name = "about", .activate = show_about },
  { .name = "quit", .activate = quit },
};

static const struct
{
  const char *action;
  const char *keys[2];
} keys[] = {
  { "app.quit", { "<Control>q" } },
  { "win.attach", { "<Control>n" } },
  { "win.detach", { "<Control>d" } },
  { "win.pair", { "<Control>p" } },
  { "win.back", { "<Alt>Left" } },
  { "win.show-page::peers", { "<Alt>1" } },
  { "win.show-page::topics", { "<Alt>2" } },
  { "win.show-page::plots", { "<Alt>3" } },
  { "win.show-page::send", { "<Alt>4" } },
};

/* ---- class ---- */

static void
monitor_application_startup (GApplication *application)
{
  MonitorApplication *self = MONITOR_APPLICATION (application);

  G_APPLICATION_CLASS (monitor_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions,
                                   G_N_ELEMENTS (actions), self);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    gtk_application_set_accels_for_action (GTK_APPLICATION (self),
                                           keys[i].action,
                                           (const char *[]){ keys[i].keys[0],
                                                             NULL });
  self->refresh_id = g_timeout_add_seconds (1, on_refresh, self);
}

static void
monitor_application_activate (GApplication *application)
{
  MonitorApplication *self = MONITOR_APPLICATION (application);
  GtkWindow *window =
    gtk_application_get_active_window (GTK_APPLICATION (self));

  if (window == NULL)
    window =
      monitor_window_new (GTK_APPLICATION (self), self->attached, self->local);
  on_refresh (self);
  gtk_window_present (window);
}

static void
monitor_application_shutdown (GApplication *application)
{
  MonitorApplication *self = MONITOR_APPLICATION (application);

  g_clear_handle_id (&self->refresh_id, g_source_remove);
  for (guint i = 0;
       i < g_list_model_get_n_items (G_LIST_MODEL (self->attached)); i++)
    {
      g_autoptr (MonitorAttached) bus =
        g_list_model_get_item (G_LIST_MODEL (self->attached), i);

      monitor_attached_finish (bus);
    }
  G_APPLICATION_CLASS (monitor_application_parent_class)
    ->shutdown (application);
}

static void
monitor_application_finalize (GObject *object)
{
  MonitorApplication *self = MONITOR_APPLICATION (object);

  g_object_unref (self->attached);
  g_object_unref (self->local);
  G_OBJECT_CLASS (monitor_application_parent_class)->finalize (object);
}

static void
monitor_application_class_init (MonitorApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = monitor_application_finalize;
  application_class->startup = monitor_application_startup;
  application_class->activate = monitor_application_activate;
  application_class->shutdown = monitor_application_shutdown;
}

static void
monitor_application_init (MonitorApplication *self)
{
  self->attached = g_list_store_new (MONITOR_TYPE_ATTACHED);
  self->local = g_list_store_new (MONITOR_TYPE_LOCAL);
}

MonitorApplication *
monitor_application_new (void)
{
  return g_object_new (MONITOR_TYPE_APPLICATION, "application-id",
                       "org.hein.Monitor", "resource-base-path",
                       "/org/hein/Monitor", NULL);
}
