/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-bench-hein.h"

#include <string.h>
#include <unistd.h>

#include "tool-bench-run.h"
#include "tool-options.h"

/* Benchmarks of hein itself: messages per second, and round trips. */

#define ADDRESS_SIZE 256
#define N_WARM_UP    100
/* The clock is read once for so many messages. */
#define CLOCK_INTERVAL 64

typedef struct
{
  gboolean is_echo;
  gboolean is_done;
  guint64 n_messages;
  gint64 first_us;
  gint64 last_us;
} Server;

static HeinBus *
make_bus (void)
{
  HeinBus *bus = hein_bus_new (NULL);

  g_object_set (bus, "overflow", HEIN_OVERFLOW_WAIT, "linger-ms", 30000, NULL);
  return bus;
}

static gboolean
complain (const GError *error)
{
  tool_complain ("%s", error->message);
  return FALSE;
}

/* ---- the process that listens ---- */

static void
on_messages (HeinBus *bus, GPtrArray *messages, Server *self)
{
  self->last_us = g_get_monotonic_time ();
  if (self->n_messages == 0)
    self->first_us = self->last_us;
  self->n_messages += messages->len;
  for (guint i = 0; self->is_echo && i < messages->len; i++)
    {
      g_autoptr (HeinMessage) answer =
        hein_message_new (NULL, hein_message_get_payload (
                                  g_ptr_array_index (messages, i)));

      hein_bus_send (bus, answer, NULL);
    }
}

static void
on_peer_removed (HeinBus *bus,
                 HeinPeer *peer,
                 const GError *error,
                 Server *self)
{
  self->is_done = TRUE;
}

static gboolean
tell_address (const ToolBench *bench, HeinBus *bus)
{
  g_autoptr (GError) error = NULL;
  HeinEndpoint *endpoint = hein_bus_listen (bus, "tcp://127.0.0.1:0", &error);
  char address[ADDRESS_SIZE] = "";

  if (endpoint == NULL)
    return complain (error);
  while (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPENING)
    hein_bus_turn (bus, -1);
  g_strlcpy (address, hein_endpoint_get_bound_uri (endpoint), sizeof address);
  return write (bench->address_fds[1], address, sizeof address) ==
         sizeof address;
}

static gboolean
serve (const ToolBench *bench, gboolean is_echo, ToolBenchResult *result)
{
  g_autoptr (HeinBus) bus = make_bus ();
  Server self = { .is_echo = is_echo };

  g_signal_connect (bus, "messages", G_CALLBACK (on_messages), &self);
  g_signal_connect (bus, "peer-removed", G_CALLBACK (on_peer_removed), &self);
  if (!tell_address (bench, bus))
    return FALSE;
  while (!self.is_done)
    hein_bus_turn (bus, -1);
  result->n_messages = self.n_messages;
  result->seconds = (self.last_us - self.first_us) / (double) G_USEC_PER_SEC;
  return TRUE;
}

gboolean
tool_bench_hein_count (const ToolBench *bench, ToolBenchResult *result)
{
  return serve (bench, FALSE, result);
}

gboolean
tool_bench_hein_echo (const ToolBench *bench, ToolBenchResult *result)
{
  return serve (bench, TRUE, result);
}

/* ---- the process that dials ---- */

static HeinBus *
reach (const ToolBench *bench)
{
  g_autoptr (HeinBus) bus = make_bus ();
  HeinPeers *peers = hein_bus_get_peers (bus);
  g_autoptr (GError) error = NULL;
  char address[ADDRESS_SIZE];

  if (read (bench->address_fds[0], address, sizeof address) != sizeof address)
    return NULL;
  if (hein_bus_dial (bus, address, &error) == NULL)
    {
      complain (error);
      return NULL;
    }
  while (hein_peers_get_n_peers (peers) == 0)
    hein_bus_turn (bus, -1);
  return g_steal_pointer (&bus);
}

static gboolean
send_message (HeinBus *bus, const guint8 *data, gsize size)
{
  g_autoptr (HeinMessage) message = hein_message_new_data (NULL, data, size);
  g_autoptr (GError) error = NULL;

  while (!hein_bus_send (bus, message, &error))
    {
      if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
        return complain (error);
      g_clear_error (&error);
      hein_bus_turn (bus, -1);
    }
  return TRUE;
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *is_closed = user_data;

  *is_closed = TRUE;
}

static void
close_in_order (HeinBus *bus)
{
  gboolean is_closed = FALSE;

  hein_bus_close_async (bus, NULL, on_closed, &is_closed);
  while (!is_closed)
    hein_bus_turn (bus, -1);
}

gboolean
tool_bench_hein_send (const ToolBench *bench, ToolBenchResult *result)
{
  g_autoptr (HeinBus) bus = reach (bench);
  g_autofree guint8 *data = g_malloc0 (bench->size);
  gint64 end_us =
    g_get_monotonic_time () + (gint64) (bench->seconds * G_USEC_PER_SEC);

  if (bus == NULL)
    return FALSE;
  do
    for (guint i = 0; i < CLOCK_INTERVAL; i++, result->n_messages++)
      if (!send_message (bus, data, bench->size))
        return FALSE;
  while (g_get_monotonic_time () < end_us);
  close_in_order (bus);
  return TRUE;
}

static void
on_answer (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  gboolean *has_answer = user_data;

  *has_answer = TRUE;
}

gboolean
tool_bench_hein_ping (const ToolBench *bench, ToolBenchResult *result)
{
  g_autoptr (HeinBus) bus = reach (bench);
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autofree guint8 *data = g_malloc0 (bench->size);
  gint64 now_us = g_get_monotonic_time ();
  gint64 end_us = now_us + (gint64) (bench->seconds * G_USEC_PER_SEC);
  gboolean has_answer;

  if (bus == NULL)
    return FALSE;
  hein_bus_set_handler (bus, on_answer, &has_answer, NULL);
  for (guint i = 0; i <= N_WARM_UP || now_us < end_us; i++)
    {
      gint64 took_us = now_us = g_get_monotonic_time ();

      has_answer = FALSE;
      if (!send_message (bus, data, bench->size))
        return FALSE;
      while (!has_answer)
        hein_bus_turn (bus, -1);
      took_us = g_get_monotonic_time () - now_us;
      if (i >= N_WARM_UP)
        g_array_append_val (times, took_us);
    }
  tool_bench_set_trips (result, times);
  close_in_order (bus);
  return TRUE;
}
