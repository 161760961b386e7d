/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-protocol.h>

#include <string.h>

/**
 * HeinProtocol:
 *
 * Turns bytes into messages and back, on one connection.
 *
 * A protocol is a pure state machine: bytes come in, events go out through the
 * [class@Wire], which also provides time and randomness. So it can be tested
 * without a socket, and be written in any language.
 *
 * Only the slots `consume` and `encode` are required.
 *
 * This API is younger than the one for applications, and may change until
 * version 1.2: programs in C define `HEIN_UNSTABLE_PLUGIN_API` before they
 * include `hein/hein.h`.
 *
 * Since: 0.9
 */

G_DEFINE_ABSTRACT_TYPE (HeinProtocol, hein_protocol, G_TYPE_OBJECT)

static void
hein_protocol_class_init (HeinProtocolClass *class)
{
}

static void
hein_protocol_init (HeinProtocol *self)
{
}

typedef struct
{
  const char *bytes;
  gsize size;
  const char *name;
} First;

#define FIRST(bytes, name)                                                     \
  {                                                                            \
    bytes, sizeof (bytes) - 1, name                                            \
  }

/* Of entries that begin alike, the longer ones come first. */
static const First firsts[] = {
  FIRST ("\xff\0\0\0\0\0\0\0\0\x7f", "ZMTP"),
  FIRST ("\xff\0\0\0\0\0\0\0\1\x7f", "ZMTP"),
  FIRST ("\xff", "tinyproto or ZMTP"),
  FIRST ("\x16", "TLS"),
  FIRST ("SSH-", "SSH"),
  FIRST ("HTTP/", "HTTP"),
  FIRST ("GET /", "HTTP"),
  FIRST ("PUT /", "HTTP"),
  FIRST ("POST /", "HTTP"),
  FIRST ("HEAD /", "HTTP"),
  FIRST ("DELETE /", "HTTP"),
  FIRST ("OPTIONS ", "HTTP"),
  FIRST ("CONNECT ", "HTTP"),
  FIRST ("{\"", "JSON, as socketengine (socket.engine)"),
  FIRST ("\0\0\0", "aiomsg"),
  FIRST ("\6", "soc"),
  FIRST ("\xaa", "soc, of dialect a"),
};

/**
 * hein_protocol_guess:
 * @bytes: (array length=size): the first bytes that the peer sent
 * @size: their number
 *
 * Guesses which protocol a peer speaks by the first bytes that it sent, for the
 * error of a protocol that expects others. Knows ZMTP, TLS, HTTP, SSH and the
 * protocols that come with hein.
 *
 * - Thread: any.
 *
 * Returns: (nullable): the name of the protocol, a static string; %NULL when it
 *   is unknown
 *
 * Since: 0.9
 */
const char *
hein_protocol_guess (const guint8 *bytes, gsize size)
{
  g_return_val_if_fail (bytes != NULL || size == 0, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++)
    if (size >= firsts[i].size &&
        memcmp (bytes, firsts[i].bytes, firsts[i].size) == 0)
      return firsts[i].name;
  return NULL;
}
