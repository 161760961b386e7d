/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-ws-key.h"

#include <string.h>

#include "io/hein-world.h"

/* Makes keys, and answers them: no secret, but what no HTTP server would say
 * that knows nothing of WebSocket. */

#define KEY_SIZE  16
#define KEY_TEXT  24 /* characters of a key in base64 */
#define WEBSOCKET "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

char *
hein_ws_key_make (void)
{
  guint8 key[KEY_SIZE];

  hein_world_draw_any (key, sizeof key);
  return g_base64_encode (key, sizeof key);
}

/* What g_base64_decode skips is no key, so the text is compared. */
gboolean
hein_ws_key_is_valid (const char *key)
{
  g_autofree guchar *bytes = NULL;
  g_autofree char *again = NULL;
  gsize size;

  if (strlen (key) != KEY_TEXT)
    return FALSE;
  bytes = g_base64_decode (key, &size);
  if (size != KEY_SIZE)
    return FALSE;
  again = g_base64_encode (bytes, size);
  return g_str_equal (key, again);
}

char *
hein_ws_key_dup_answer (const char *key)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) key, -1);
  g_checksum_update (sum, (const guchar *) WEBSOCKET, -1);
  g_checksum_get_digest (sum, digest, &size);
  return g_base64_encode (digest, size);
}
