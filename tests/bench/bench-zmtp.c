/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"

#include <string.h>

/* What a ZeroMQ SUB says by ZMTP 3.0 (23/ZMTP), mechanism NULL: an idle
 * connection to any peer of that family. Minor version 0 gets no PING, which
 * nobody here would answer. */

#define GREETING_SIZE 64

/* signature, version 3.0, mechanism, as-server 0, filler */
static const guint8 greeting[GREETING_SIZE] = {
  0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0, 'N', 'U', 'L', 'L',
};

/* READY with its socket type, then the message that subscribes to all */
static const guint8 ready[] = "\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB"
                              "\x00\x01\x01";

static int
is_welcome (const guint8 *data, gsize size)
{
  const guint8 *command = data + GREETING_SIZE;
  if (size < GREETING_SIZE + 8)
    return 0;
  if (data[0] != 0xff || command[0] != 0x04 ||
      memcmp (command + 2, "\x05READY", 6) != 0)
    return -1;
  return size >= GREETING_SIZE + 2 + (gsize) command[1];
}

const BenchHello bench_zmtp_hello = {
  .first = greeting,
  .first_size = sizeof greeting,
  .second = ready,
  .second_size = sizeof ready - 1,
  .second_after = GREETING_SIZE,
  .is_welcome = is_welcome,
};
