/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor-application.h"

/* A window that looks into buses: who is there, what is said, what is lost. */

int
main (int argc, char **argv)
{
  g_autoptr (MonitorApplication) application = monitor_application_new ();

  g_set_prgname ("hein-monitor");
  return g_application_run (G_APPLICATION (application), argc, argv);
}
