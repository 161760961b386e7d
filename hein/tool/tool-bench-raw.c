/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-bench-raw.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "tool-bench-run.h"

/* A plain socket at its best, as the yardstick: sizes and payloads in large
 * writes. */

#define BUFFER_SIZE (256 * 1024)
#define N_WARM_UP   100

typedef guint32 Size;

static int
make_socket (struct sockaddr_in *address)
{
  const int on = 1;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  *address = (struct sockaddr_in){ .sin_family = AF_INET };
  address->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return fd;
}

static int
serve (const ToolBench *bench)
{
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  int listener = make_socket (&address);
  int fd = -1;

  if (bind (listener, (struct sockaddr *) &address, size) == 0 &&
      listen (listener, 1) == 0 &&
      getsockname (listener, (struct sockaddr *) &address, &size) == 0 &&
      write (bench->address_fds[1], &address.sin_port,
             sizeof address.sin_port) == sizeof address.sin_port)
    fd = accept (listener, NULL, NULL);
  close (listener);
  return fd;
}

static int
reach (const ToolBench *bench)
{
  struct sockaddr_in address;
  int fd = make_socket (&address);

  if (read (bench->address_fds[0], &address.sin_port,
            sizeof address.sin_port) == sizeof address.sin_port &&
      connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  close (fd);
  return -1;
}

static gboolean
write_all (int fd, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, data, size);

      if (n <= 0)
        return FALSE;
      data += n;
      size -= n;
    }
  return TRUE;
}

static gboolean
read_all (int fd, guint8 *data, gsize size)
{
  while (size > 0)
    {
      gssize n = read (fd, data, size);

      if (n <= 0)
        return FALSE;
      data += n;
      size -= n;
    }
  return TRUE;
}

/* Counts the bytes of [data, data + size) that belong to complete messages. */
static gsize
count_whole (const guint8 *data, gsize size, guint64 *n_messages)
{
  gsize at = 0;
  Size length;

  while (size - at >= sizeof length)
    {
      memcpy (&length, data + at, sizeof length);
      if (size - at < sizeof length + length)
        break;
      at += sizeof length + length;
      ++*n_messages;
    }
  return at;
}

gboolean
tool_bench_raw_count (const ToolBench *bench, ToolBenchResult *result)
{
  gsize room = BUFFER_SIZE + sizeof (Size) + bench->size;
  g_autofree guint8 *data = g_malloc (room);
  int fd = serve (bench);
  gint64 first_us = 0;
  gsize used = 0;
  gssize n;

  while ((n = read (fd, data + used, room - used)) > 0)
    {
      gsize whole;

      if (first_us == 0)
        first_us = g_get_monotonic_time ();
      used += n;
      whole = count_whole (data, used, &result->n_messages);
      used -= whole;
      memmove (data, data + whole, used);
    }
  result->seconds =
    (g_get_monotonic_time () - first_us) / (double) G_USEC_PER_SEC;
  close (fd);
  return n == 0 && used == 0;
}

gboolean
tool_bench_raw_send (const ToolBench *bench, ToolBenchResult *result)
{
  const Size length = bench->size;
  const gsize step = sizeof length + length;
  const guint n = MAX (1, BUFFER_SIZE / step);
  g_autofree guint8 *data = g_malloc0 (n * step);
  int fd = reach (bench);
  gint64 end_us =
    g_get_monotonic_time () + (gint64) (bench->seconds * G_USEC_PER_SEC);
  gboolean ok = fd >= 0;

  for (guint i = 0; i < n; i++)
    memcpy (data + i * step, &length, sizeof length);
  while (ok && g_get_monotonic_time () < end_us)
    {
      ok = write_all (fd, data, n * step);
      result->n_messages += n;
    }
  close (fd);
  return ok;
}

gboolean
tool_bench_raw_echo (const ToolBench *bench, ToolBenchResult *result)
{
  g_autofree guint8 *data = g_malloc (bench->size);
  int fd = serve (bench);

  if (fd < 0)
    return FALSE;
  while (read_all (fd, data, bench->size) && write_all (fd, data, bench->size))
    result->n_messages++;
  close (fd);
  return TRUE;
}

gboolean
tool_bench_raw_ping (const ToolBench *bench, ToolBenchResult *result)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree guint8 *data = g_malloc0 (bench->size);
  int fd = reach (bench);
  gint64 now_us = g_get_monotonic_time ();
  gint64 end_us = now_us + (gint64) (bench->seconds * G_USEC_PER_SEC);

  for (guint i = 0; i <= N_WARM_UP || now_us < end_us; i++)
    {
      gint64 took_us = now_us = g_get_monotonic_time ();

      if (!write_all (fd, data, bench->size) ||
          !read_all (fd, data, bench->size))
        return FALSE;
      took_us = g_get_monotonic_time () - now_us;
      if (i >= N_WARM_UP)
        g_array_append_val (times, took_us);
    }
  tool_bench_set_trips (result, times);
  close (fd);
  return TRUE;
}
