/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "fuzz.h"
#include "tls/tls-keys.h"
#include "tls/tls-peers.h"

/* Files of lines, of peers and of keys: each name in them is one that a bus can have,
 * each line is found by what it says, or there is an error that shows no digits. */

static void
check_peers (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (TlsPeers) peers =
    tls_peers_new_from_text ("file", text, size, &error);
  static const guint8 pin[TLS_PIN_SIZE] = { 0 };
  const char *name;

  g_assert_true ((peers == NULL) == (error != NULL));
  if (peers == NULL)
    return;
  name = tls_peers_find (peers, pin);
  if (name == NULL)
    return;
  g_assert_true (hein_name_is_valid (name, strlen (name)));
  g_assert_true (tls_peers_have_name (peers, name));
  g_assert_nonnull (memmem (data, size, name, strlen (name)));
}

static void
check_keys (const uint8_t *data, size_t size, gboolean is_ring)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (TlsKeys) keys =
    tls_keys_new_from_text ("file", text, size, is_ring, &error);

  g_assert_true ((keys == NULL) == (error != NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  check_peers (data, size);
  check_keys (data, size, TRUE);
  check_keys (data, size, FALSE);
  return 0;
}
