/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gmodule.h>

#include "trust-ends.h"

/* Sessions that are old get new keys: here soon, by a function of the module that is
 * for this test alone. */

#define HUB  "identity=%s/hub.id&peers=%s/hub.peers"
#define KIRK "identity=%s/kirk.id&peers=%s/kirk.peers"

#define DAY_US (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

static int (*set_renewal) (gint64 after_us);

static void
set_up (TrustEnds *self, gconstpointer data)
{
  trust_ends_set_up (self, data);
  trust_ends_make_files (self);
}

static void
meet (TrustEnds *self, gboolean has_identities)
{
  trust_ends_listen (self, has_identities ? HUB : "key-file=%s/lamps.key");
  trust_ends_dial (self, has_identities ? KIRK : "key-file=%s/lamps.key");
  trust_ends_wait_for_both (self);
}

/* @data: whether with identities. New keys, more than once, and what is said before,
 * between and after arrives. */
static void
test_renewed (TrustEnds *self, gconstpointer data)
{
  int n = set_renewal (1);

  meet (self, data != NULL);
  for (guint round = 0; round < 3; round++)
    {
      trust_ends_exchange (self);
      hein_test_wait (set_renewal (1) >= n + 2);
      n = set_renewal (1);
      trust_ends_exchange (self);
    }
  g_assert_cmpuint (self->hub->removed->len, ==, 0);
  g_assert_cmpuint (self->kirk->removed->len, ==, 0);
  set_renewal (DAY_US);
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  GModule *module;

  g_test_init (&argc, &argv, NULL);
  path = g_test_build_filename (G_TEST_BUILT, "..", "hein", "tls",
                                "hein-tls.so", NULL);
  module = g_module_open (path, G_MODULE_BIND_LOCAL);
  if (module == NULL)
    g_error ("%s", g_module_error ());
  if (!g_module_symbol (module, "hein_tls_set_renewal",
                        (gpointer *) &set_renewal))
    g_error ("%s", g_module_error ());
  g_test_add ("/tls-renewal/shared", TrustEnds, NULL, set_up, test_renewed,
              trust_ends_tear_down);
  g_test_add ("/tls-renewal/identities", TrustEnds, "yes", set_up, test_renewed,
              trust_ends_tear_down);
  return g_test_run ();
}
