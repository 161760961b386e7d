/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-common.h"
#include "bench-filter.h"

#include <hein/hein.h>

/* hein under overflow `wait`: nothing is dropped, a publisher that
 * is told WOULD_BLOCK turns its bus until there is room. The variants are the
 * three ways a program can be given messages. */

/* until something happens; a bound only so that a lost wake-up shows as a
 * slow run and not as one that hangs */
#define TURN_MS 1000

/* what happens to each message of a bus */
typedef void (*Take) (gpointer user_data, HeinMessage *message);

typedef struct
{
  HeinBus *bus;
  Take take;
  gpointer user_data;
} Inlet;

typedef struct
{
  Bench *bench;
  guint index;
  gboolean is_last;
  guint64 n_answers;
  HeinBus *bus;
} Receiver;

static void
on_handler (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  Inlet *self = user_data;
  self->take (self->user_data, message);
}

static void
on_message (HeinBus *bus, HeinMessage *message, Inlet *self)
{
  self->take (self->user_data, message);
}

static void
on_messages (HeinBus *bus, GPtrArray *messages, Inlet *self)
{
  for (guint i = 0; i < messages->len; i++)
    self->take (self->user_data, g_ptr_array_index (messages, i));
}

static void
let_in (Bench *bench, Inlet *inlet)
{
  if (bench_is_variant (bench, "signal"))
    g_signal_connect (inlet->bus, "message", G_CALLBACK (on_message), inlet);
  else if (bench_is_variant (bench, "batch"))
    g_signal_connect (inlet->bus, "messages", G_CALLBACK (on_messages), inlet);
  else
    hein_bus_set_handler (inlet->bus, on_handler, inlet, NULL);
}

/* The limits of the bus are as they are, but for messages that are larger. */
static HeinBus *
open_bus (Bench *bench, const char *name)
{
  HeinBus *bus = hein_bus_new (name);
  guint64 largest;
  g_object_get (bus, "max-message-size", &largest, NULL);
  g_object_set (bus, "overflow", HEIN_OVERFLOW_WAIT, "max-message-size",
                MAX (largest, bench->size), NULL);
  return bus;
}

static guint
get_bound_port (HeinEndpoint *endpoint)
{
  g_autoptr (GError) error = NULL;
  const char *bound = hein_endpoint_get_bound_uri (endpoint);
  if (bound == NULL)
    bench_fail ("the bus listens nowhere");
  g_autoptr (GUri) uri = g_uri_parse (bound, G_URI_FLAGS_NONE, &error);
  if (uri == NULL || g_uri_get_port (uri) <= 0)
    bench_fail ("the bus listens on %s", bound);
  return g_uri_get_port (uri);
}

static char *
dup_unix_uri (Bench *bench)
{
  g_autofree char *path = bench_dup_path (bench);
  return g_strconcat ("unix:", path, NULL);
}

static gboolean
has_port (Bench *bench)
{
  return bench->transport == BENCH_TCP || bench->transport == BENCH_WS;
}

static char *
dup_listen_uri (Bench *bench)
{
  if (bench->transport == BENCH_WS)
    return g_strdup ("ws://127.0.0.1:0");
  if (bench->transport == BENCH_UNIX)
    return dup_unix_uri (bench);
  return g_strdup (bench->transport == BENCH_INPROC ? "inproc://bench"
                                                    : "tcp://127.0.0.1:0");
}

#define CERTIFICATE                                                            \
  "curve\n    public-key = \"" BENCH_CURVE_PUBLIC "\"\n"                       \
  "    secret-key = \"" BENCH_CURVE_SECRET "\"\n"
/* 64 hexadecimal digits; nobody else is to know better ones */
#define KEY "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"

/* Where a Unix socket would be; it goes when the run is over. */
static void
write_secret (Bench *bench, const char *text)
{
  g_autofree char *path = bench_dup_path (bench);
  g_autoptr (GError) error = NULL;
  if (!g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600,
                                 &error))
    bench_fail ("%s", error->message);
}

/* The publisher is the server. */
static char *
add_keys (Bench *bench, char *uri, gboolean is_server)
{
  g_autofree char *plain = uri;
  g_autofree char *path = bench_dup_path (bench);
  if (bench_is_variant (bench, "tls"))
    return g_strdup_printf ("%s?key-file=%s", plain, path);
  if (!bench_is_variant (bench, "curve"))
    return g_steal_pointer (&plain);
  return g_strdup_printf ("%s?curve-key=%s&curve-%s=%s", plain, path,
                          is_server ? "peers" : "server",
                          is_server ? "any" : path);
}

static HeinBus *
listen_somewhere (Bench *bench)
{
  g_autoptr (HeinBus) bus = open_bus (bench, "bench-hub");
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = add_keys (bench, dup_listen_uri (bench), TRUE);
  if (bench_is_variant (bench, "curve"))
    write_secret (bench, CERTIFICATE);
  else if (bench_is_variant (bench, "tls"))
    write_secret (bench, KEY);
  HeinEndpoint *endpoint = hein_bus_listen (bus, uri, &error);
  if (endpoint == NULL)
    bench_fail ("hein_bus_listen: %s", error->message);
  while (hein_endpoint_get_state (endpoint) == HEIN_ENDPOINT_STATE_OPENING)
    hein_bus_turn (bus, TURN_MS);
  bench_set_port (bench, has_port (bench) ? get_bound_port (endpoint) : 0);
  return g_steal_pointer (&bus);
}

static char *
dup_dial_uri (Bench *bench)
{
  /* waits until somebody listens */
  g_autofree char *tcp = bench_dup_url (bench);
  if (bench->transport == BENCH_WS)
    return g_strconcat ("ws", strchr (tcp, ':'), NULL);
  return bench->transport == BENCH_TCP ? g_steal_pointer (&tcp)
                                       : dup_listen_uri (bench);
}

static HeinBus *
open_guest (Bench *bench, guint index)
{
  g_autofree char *name = g_strdup_printf ("bench-%u", index);
  return open_bus (bench, name);
}

static void
dial_with (Bench *bench, HeinBus *bus)
{
  g_autofree char *url = add_keys (bench, dup_dial_uri (bench), FALSE);
  g_autoptr (GError) error = NULL;
  if (hein_bus_dial (bus, url, &error) == NULL)
    bench_fail ("hein_bus_dial: %s", error->message);
}

static HeinBus *
dial (Bench *bench, guint index)
{
  HeinBus *bus = open_guest (bench, index);
  dial_with (bench, bus);
  return bus;
}

static void
send_message (HeinBus *bus, const char *topic, const guint8 *data, gsize size)
{
  g_autoptr (HeinMessage) message = hein_message_new_data (topic, data, size);
  g_autoptr (GError) error = NULL;
  while (!hein_bus_send (bus, message, &error))
    {
      if (!g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
        bench_fail ("hein_bus_send: %s", error->message);
      g_clear_error (&error);
      hein_bus_turn (bus, TURN_MS);
    }
}

static void
turn_until_over (Bench *bench, HeinBus *bus)
{
  while (!bench_is_over (bench))
    hein_bus_turn (bus, 10);
}

static void
publish (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = listen_somewhere (bench);
  while (!bench_is_ready (bench))
    {
      for (guint i = 0; i < MAX (bench->n_topics, 1); i++)
        send_message (bus, bench_get_topic (bench, i), bench_get_probe (i),
                      BENCH_MIN_SIZE);
      hein_bus_turn (bus, 1);
    }
  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    send_message (bus, bench_get_topic (bench, i), bench_stamp (bench, i),
                  bench->size);
  turn_until_over (bench, bus);
}

static void
send_filtered (gpointer bus, const char *topic, const guint8 *data, gsize size)
{
  send_message (bus, topic, data, size);
}

static void
publish_filtered (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = listen_somewhere (bench);
  while (!bench_is_ready (bench))
    {
      bench_filter_probe (bench, send_filtered, bus);
      for (gint64 end_ns = bench_now_ns () + BENCH_PROBE_NS;
           !bench_is_ready (bench) && bench_now_ns () < end_ns;)
        hein_bus_turn (bus, 1);
    }
  bench_start (bench);
  for (guint64 i = 0; i < bench->count; i++)
    bench_filter_send (bench, send_filtered, bus, i);
  turn_until_over (bench, bus);
}

static void
take_published (gpointer user_data, HeinMessage *message)
{
  Receiver *self = user_data;
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  if (!bench_count (self->bench, self->index, data, size))
    self->is_last = TRUE;
}

static void
subscribe (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = dial (bench, index);
  Receiver self = { .bench = bench, .index = index };
  Inlet inlet = { bus, take_published, &self };
  let_in (bench, &inlet);
  if (bench->n_topics > 0)
    hein_bus_subscribe (bus, bench_get_topic (bench, index), NULL);
  while (!self.is_last)
    hein_bus_turn (bus, TURN_MS);
  bench_wait_over (bench);
}

static void
take_question (gpointer user_data, HeinMessage *message)
{
  Receiver *self = user_data;
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  send_message (self->bus, bench_get_topic (self->bench, 0), data, size);
  self->n_answers++;
}

static void
echo (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = listen_somewhere (bench);
  Receiver self = { .bench = bench, .bus = bus };
  Inlet inlet = { bus, take_question, &self };
  let_in (bench, &inlet);
  while (self.n_answers < bench->count)
    hein_bus_turn (bus, TURN_MS);
  turn_until_over (bench, bus);
}

static void
take_answer (gpointer user_data, HeinMessage *message)
{
  Receiver *self = user_data;
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  bench_count (self->bench, 0, data, size);
  self->n_answers++;
}

static void
ping (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = dial (bench, index);
  Receiver self = { .bench = bench, .bus = bus };
  Inlet inlet = { bus, take_answer, &self };
  let_in (bench, &inlet);
  while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 0)
    hein_bus_turn (bus, TURN_MS);
  for (guint64 i = 0; i < bench->count; i++)
    {
      const guint8 *question = bench_stamp (bench, i);
      gint64 start_ns = bench_now_ns ();
      send_message (bus, bench_get_topic (bench, 0), question, bench->size);
      while (self.n_answers <= i)
        hein_bus_turn (bus, TURN_MS);
      bench_add_round_trip (bench, i, start_ns);
    }
  turn_until_over (bench, bus);
}

/* ---- the test `requests` ---- */

static void
on_request (HeinBus *bus, HeinRequest *request, gpointer user_data)
{
  if (!hein_request_reply_message (request, hein_request_get_message (request),
                                   NULL))
    bench_fail ("a request cannot be answered");
}

static void
answer (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = listen_somewhere (bench);
  hein_bus_serve (bus, bench_get_topic (bench, 0), on_request, NULL, NULL,
                  NULL);
  turn_until_over (bench, bus);
}

typedef struct
{
  Bench *bench;
  HeinBus *bus;
  guint64 n_asked;
  gboolean is_last;
} Asker;

static void ask_next (Asker *self);

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Asker *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinMessage) message =
    hein_bus_request_finish (HEIN_BUS (source), result, &error);
  gsize size;
  if (message == NULL)
    bench_fail ("hein_bus_request_async: %s", error->message);
  const guint8 *data = hein_message_peek_data (message, &size);
  self->is_last = !bench_count (self->bench, 0, data, size);
  if (self->n_asked < self->bench->count)
    ask_next (self);
}

static void
ask_next (Asker *self)
{
  Bench *bench = self->bench;
  g_autoptr (HeinMessage) message =
    hein_message_new_data (bench_get_topic (bench, 0),
                           bench_stamp (bench, self->n_asked), bench->size);
  self->n_asked++;
  hein_bus_request_async (self->bus, message, -1, NULL, on_answer, self);
}

static void
ask (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = dial (bench, index);
  Asker self = { .bench = bench, .bus = bus };
  while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 0)
    hein_bus_turn (bus, TURN_MS);
  bench_start (bench);
  for (guint i = 0; i < MIN (bench->n_outstanding, bench->count); i++)
    ask_next (&self);
  while (!self.is_last)
    hein_bus_turn (bus, TURN_MS);
  turn_until_over (bench, bus);
}

/* ---- the test `deliveries` ---- */

static void
on_delivered (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  gsize size;
  const guint8 *data = hein_message_peek_data (message, &size);
  bench_count (user_data, 0, data, size);
}

static void
accept_all (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = listen_somewhere (bench);
  hein_bus_set_handler (bus, on_delivered, bench, NULL);
  turn_until_over (bench, bus);
}

typedef struct
{
  Bench *bench;
  HeinBus *bus;
  guint64 n_begun;
  guint64 n_ended;
} Deliverer;

static void deliver_next (Deliverer *self);

static void
on_receipt (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Deliverer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (HEIN_BUS (source), result, &error);
  if (receipt == NULL || !hein_receipt_check (receipt, &error))
    bench_fail ("hein_bus_deliver_async: %s", error->message);
  self->n_ended++;
  if (self->n_begun < self->bench->count)
    deliver_next (self);
}

static void
deliver_next (Deliverer *self)
{
  Bench *bench = self->bench;
  g_autoptr (HeinMessage) message =
    hein_message_new_data (bench_get_topic (bench, 0),
                           bench_stamp (bench, self->n_begun), bench->size);
  self->n_begun++;
  hein_bus_deliver_async (self->bus, message, -1, NULL, on_receipt, self);
}

static void
deliver (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = dial (bench, index);
  Deliverer self = { .bench = bench, .bus = bus };
  while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 0)
    hein_bus_turn (bus, TURN_MS);
  bench_start (bench);
  for (guint i = 0; i < MIN (bench->n_outstanding, bench->count); i++)
    deliver_next (&self);
  while (self.n_ended < bench->count)
    hein_bus_turn (bus, TURN_MS);
  turn_until_over (bench, bus);
}

static void
hub (Bench *bench, guint index)
{
  g_autoptr (HeinBus) bus = listen_somewhere (bench);
  while (!bench_is_over (bench))
    {
      hein_bus_turn (bus, 10);
      if (bench_take_broadcast (bench))
        send_message (bus, bench_get_topic (bench, 0), bench->payload,
                      bench->size);
    }
}

/* ---- the test `connect` ---- */

typedef struct
{
  HeinBus *bus;
  gboolean is_served;
} Guest;

static void
on_served (HeinBus *bus, HeinMessage *message, gpointer user_data)
{
  Guest *self = user_data;
  self->is_served = TRUE;
}

/* One after the other, as a handshake that others disturb costs more. */
static void
let_dial (Bench *bench, Guest *self, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      HeinBus *bus = self[i].bus;
      dial_with (bench, bus);
      while (hein_peers_get_n_peers (hein_bus_get_peers (bus)) == 0)
        hein_bus_turn (bus, TURN_MS);
    }
}

static guint
count_served (Guest *self, guint n)
{
  guint n_served = 0;
  for (guint i = 0; i < n; i++)
    {
      hein_bus_turn (self[i].bus, 0);
      n_served += self[i].is_served;
    }
  return n_served;
}

static void
guests (Bench *bench, guint index)
{
  const guint n = BENCH_N_PRIMED + bench->n_connections;
  g_autofree Guest *self = g_new0 (Guest, n);
  for (guint i = 0; i < n; i++)
    {
      self[i].bus = open_guest (bench, i);
      hein_bus_set_handler (self[i].bus, on_served, &self[i], NULL);
    }
  let_dial (bench, self, BENCH_N_PRIMED);
  bench_idle_primed (bench);
  let_dial (bench, self + BENCH_N_PRIMED, bench->n_connections);
  bench_idle_up (bench);
  while (count_served (self, n) < n)
    ;
  bench_idle_served (bench, n);
}

static char *
dup_version (void)
{
  return g_strdup_printf ("hein %d.%d.%d", HEIN_MAJOR_VERSION,
                          HEIN_MINOR_VERSION, HEIN_MICRO_VERSION);
}

static const BenchVariant variants[] = {
  { .name = "callback", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
  { .name = "batch", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
  { .name = "signal", .max_subscribers = BENCH_MAX_SUBSCRIBERS },
#ifdef HAS_CURVE
  { .name = "curve", .max_subscribers = 8 },
#endif
#ifdef HAS_TLS
  { .name = "tls", .max_subscribers = 8 },
#endif
  { 0 },
};

const BenchPeer bench_hein = {
  .name = "hein",
  .dup_version = dup_version,
  .variants = variants,
  .publish = publish,
  .subscribe = subscribe,
  .publish_filtered = publish_filtered,
  .echo = echo,
  .ping = ping,
  .answer = answer,
  .ask = ask,
  .accept = accept_all,
  .deliver = deliver,
  .hub = hub,
  .guests = guests,
  .hello = &bench_zmtp_hello,
  .last_transport = BENCH_WS,
  .has_topics = TRUE,
  .has_patterns = TRUE,
};

#ifndef BENCH_NO_MAIN
int
main (int argc, char **argv)
{
  return bench_main (argc, argv, &bench_hein);
}
#endif
