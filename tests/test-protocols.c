/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol-suite.h"

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  hein_protocol_suite_add ("zmtp");
  hein_protocol_suite_add ("socketengine");
  return g_test_run ();
}
