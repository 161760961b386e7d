/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hein-test.h"

/* In a forked child every function of a bus, its endpoints and its peers may be
 * called, and the parent does not feel it. */

#define PAYLOAD       1000
#define RECEIVE_LIMIT 1000000

/* What the parent has, and the child inherits. */
typedef struct
{
  HeinTestBus *host;
  HeinTestBus *guest;
  HeinTestBus *neighbour; /* by inproc */
  HeinEndpoint *endpoint; /* over TCP, of the host */
  HeinEndpoint *in_file;  /* a socket in the file system */
  char *path;
  HeinPeer *peer; /* the guest, who is stopped: nobody takes what it sent */
  HeinPeer *guest_peer; /* the host, as the guest sees it */
  HeinMessage *message;
  HeinFilter *filter; /* of the host; owned */
} Parent;

/* ---- what the child does ---- */

static void
check_closed (gboolean ok, GError *error)
{
  g_assert_false (ok);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_CLOSED);
  g_error_free (error);
}

typedef struct
{
  gboolean is_done;
  GError *error;
} Outcome;

#define DEFINE_CALLBACK(name, source_type, finish, is_null)                    \
  static void on_##name (GObject *source, GAsyncResult *result, gpointer data) \
  {                                                                            \
    Outcome *outcome = data;                                                   \
                                                                               \
    g_assert_true (                                                            \
      is_null (finish ((source_type *) source, result, &outcome->error)));     \
    outcome->is_done = TRUE;                                                   \
  }

#define IS_NULL(value)  ((value) == NULL)
#define IS_FALSE(value) (!(value))

DEFINE_CALLBACK (dial, HeinBus, hein_bus_dial_finish, IS_NULL)
DEFINE_CALLBACK (wait, HeinBus, hein_bus_wait_for_peers_finish, IS_FALSE)
DEFINE_CALLBACK (confirm,
                 HeinBus,
                 hein_bus_confirm_subscriptions_finish,
                 IS_FALSE)
DEFINE_CALLBACK (send, HeinBus, hein_bus_send_finish, IS_FALSE)
DEFINE_CALLBACK (receive, HeinBus, hein_bus_receive_finish, IS_NULL)
DEFINE_CALLBACK (ping, HeinBus, hein_bus_ping_finish, IS_NULL)
DEFINE_CALLBACK (request, HeinBus, hein_bus_request_finish, IS_NULL)
DEFINE_CALLBACK (get, HeinBus, hein_bus_get_finish, IS_NULL)
DEFINE_CALLBACK (deliver, HeinBus, hein_bus_deliver_finish, IS_NULL)
DEFINE_CALLBACK (post, HeinBus, hein_bus_post_finish, IS_FALSE)
DEFINE_CALLBACK (close, HeinBus, hein_bus_close_finish, IS_FALSE)
DEFINE_CALLBACK (next, HeinReplies, hein_replies_next_finish, IS_NULL)
DEFINE_CALLBACK (peer_ping, HeinPeer, hein_peer_ping_finish, IS_FALSE)

static void
wait_for (Outcome *outcome)
{
  hein_test_wait (outcome->is_done);
  check_closed (FALSE, outcome->error);
}

/* Takes ownership of @replies. */
static void
begin_next (HeinReplies *replies, Outcome *outcome)
{
  hein_replies_next_async (replies, NULL, on_next, outcome);
  g_object_unref (replies);
}

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer data)
{
  g_assert_not_reached ();
}

static void
on_asked (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_assert_not_reached ();
}

static gboolean
take_data_ahead (HeinBus *bus, GError **error)
{
  g_autoptr (GArray) sizes = NULL;
  g_autoptr (GByteArray) kinds = NULL;
  g_autoptr (GPtrArray) models = NULL;
  g_autoptr (GByteArray) data =
    hein_bus_take_data_ahead (bus, 1, &sizes, &kinds, &models, error);

  return data != NULL;
}

static void
take_all (HeinBus *bus)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (bus, 1000);

  g_assert_cmpuint (messages->len, ==, 0);
}

/* Lets everything through. */
typedef GObject OpenFilter;
typedef GObjectClass OpenFilterClass;

static GType open_filter_get_type (void);

static HeinMessage *
pass (HeinFilter *filter, HeinMessage *message, GError **error)
{
  return hein_message_ref (message);
}

static HeinMessage *
pass_in (HeinFilter *filter,
         HeinPeer *peer,
         HeinMessage *message,
         GError **error)
{
  return hein_message_ref (message);
}

static void
open_filter_iface_init (HeinFilterInterface *iface)
{
  iface->send = pass;
  iface->receive = pass_in;
}

G_DEFINE_TYPE_WITH_CODE (OpenFilter,
                         open_filter,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                open_filter_iface_init))

static void
open_filter_class_init (OpenFilterClass *class)
{
}

static void
open_filter_init (OpenFilter *self)
{
}

static void
add_and_remove_filter (HeinBus *bus)
{
  g_autoptr (HeinFilter) filter = g_object_new (open_filter_get_type (), NULL);

  hein_bus_add_filter (bus, filter);
  hein_bus_remove_filter (bus, filter);
}

static void
remove_inherited_filter (Parent *self)
{
  hein_bus_remove_filter (self->host->bus, self->filter);
}

static void
ask_for_latest (HeinBus *bus)
{
  g_autoptr (GPtrArray) a = hein_bus_get_latest (bus, "t");
}

static void
replace_strategy (HeinBus *bus)
{
  g_autoptr (HeinStrategy) strategy = hein_strategy_new ("round-robin", NULL);

  hein_bus_set_strategy (bus, strategy);
}

/* Each is one child. `E` is the error, `O` the outcome of an asynchronous call.
 */
#define DEEDS                                                                  \
  DEED (hein_bus_new, g_object_unref (hein_bus_new (NULL)))                    \
  DEED (hein_bus_get_name, hein_bus_get_name (bus))                            \
  DEED (hein_bus_get_instance, hein_bus_get_instance (bus))                    \
  DEED (hein_bus_get_strategy, hein_bus_get_strategy (bus))                    \
  DEED (hein_bus_set_strategy, replace_strategy (bus))                         \
  DEED (hein_bus_get_peers, hein_bus_get_peers (bus))                          \
  DEED (hein_bus_get_endpoints, hein_bus_get_endpoints (bus))                  \
  DEED (hein_bus_get_is_closed, g_assert_true (hein_bus_get_is_closed (bus)))  \
  DEED (hein_bus_get_n_dropped,                                                \
        hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_CLOSED))                 \
  DEED (hein_bus_get_memory_used, hein_bus_get_memory_used (bus))              \
  FAIL (hein_bus_listen, hein_bus_listen (bus, "tcp://127.0.0.1:0", &error))   \
  FAIL (hein_bus_dial, hein_bus_dial (bus, "tcp://127.0.0.1:1", &error))       \
  CALL (hein_bus_dial_async, hein_bus_dial_finish,                             \
        hein_bus_dial_async (bus, "tcp://127.0.0.1:1", NULL, on_dial, &o))     \
  CALL (hein_bus_wait_for_peers_async, hein_bus_wait_for_peers_finish,         \
        hein_bus_wait_for_peers_async (bus, 9, 1, NULL, on_wait, &o))          \
  FAIL (hein_bus_send, hein_bus_send (bus, message, &error))                   \
  FAIL (hein_bus_send_data, hein_bus_send_data (bus, "t", NULL, 0, &error))    \
  FAIL (hein_bus_send_to, hein_bus_send_to (bus, "guest", message, &error))    \
  FAIL (hein_bus_send_with,                                                    \
        hein_bus_send_with (bus, hein_bus_get_strategy (bus), NULL, message,   \
                            &error))                                           \
  CALL (hein_bus_send_async, hein_bus_send_finish,                             \
        hein_bus_send_async (bus, message, NULL, on_send, &o))                 \
  CALL (hein_bus_request_async, hein_bus_request_finish,                       \
        hein_bus_request_async (bus, message, 1000, NULL, on_request, &o))     \
  CALL (hein_bus_get_async, hein_bus_get_finish,                               \
        hein_bus_get_async (bus, "t", 1000, NULL, on_get, &o))                 \
  CALL (hein_bus_request_to_async, hein_bus_request_finish,                    \
        hein_bus_request_to_async (bus, "guest", message, 1000, NULL,          \
                                   on_request, &o))                            \
  CALL (hein_bus_deliver_async, hein_bus_deliver_finish,                       \
        hein_bus_deliver_async (bus, message, 1000, NULL, on_deliver, &o))     \
  CALL (hein_bus_deliver_to_async, hein_bus_deliver_finish,                    \
        hein_bus_deliver_to_async (bus, "guest", message, 1000, NULL,          \
                                   on_deliver, &o))                            \
  FAIL (hein_bus_open_spool,                                                   \
        hein_bus_open_spool (bus, "/proc/nowhere", 0, &error))                 \
  CALL (hein_bus_post_async, hein_bus_post_finish,                             \
        hein_bus_post_async (bus, message, NULL, on_post, &o))                 \
  CALL (hein_bus_post_to_async, hein_bus_post_finish,                          \
        hein_bus_post_to_async (bus, "guest", message, NULL, on_post, &o))     \
  DEED (hein_bus_get_n_posted, hein_bus_get_n_posted (bus))                    \
  CALL (hein_bus_request_many, hein_replies_next_finish,                       \
        begin_next (hein_bus_request_many (bus, message, 1000, 0), &o))        \
  CALL (hein_bus_request_many_to, hein_replies_next_finish,                    \
        begin_next (hein_bus_request_many_to (bus, "guest", message, 1000, 0), \
                    &o))                                                       \
  FAIL (hein_bus_serve,                                                        \
        hein_bus_serve (bus, "t", on_asked, NULL, NULL, &error))               \
  DEED (hein_bus_unserve, hein_bus_unserve (bus, "t"))                         \
  FAIL (hein_bus_subscribe, hein_bus_subscribe (bus, "other", &error))         \
  DEED (hein_bus_unsubscribe, hein_bus_unsubscribe (bus, "t"))                 \
  FAIL (hein_bus_subscribe_pattern,                                            \
        hein_bus_subscribe_pattern (bus, "other", &error))                     \
  DEED (hein_bus_unsubscribe_pattern,                                          \
        hein_bus_unsubscribe_pattern (bus, "t/*"))                             \
  CALL (hein_bus_confirm_subscriptions_async,                                  \
        hein_bus_confirm_subscriptions_finish,                                 \
        hein_bus_confirm_subscriptions_async (bus, 1, NULL, on_confirm, &o))   \
  FAIL (hein_bus_receive, hein_bus_receive (guest, 1000, &error) != NULL)      \
  CALL (hein_bus_receive_async, hein_bus_receive_finish,                       \
        hein_bus_receive_async (bus, 1, NULL, on_receive, &o))                 \
  DEED (hein_bus_take, take_all (bus))                                         \
  DEED (hein_bus_take_one, g_assert_null (hein_bus_take_one (bus)))            \
  FAIL (hein_bus_take_ahead, hein_bus_take_ahead (bus, 1, &error) != NULL)     \
  FAIL (hein_bus_take_data_ahead, take_data_ahead (bus, &error))               \
  DEED (hein_bus_note_taken, hein_bus_note_taken (bus, 1))                     \
  DEED (hein_bus_get_latest, ask_for_latest (bus))                             \
  CALL (hein_bus_ping_async, hein_bus_ping_finish,                             \
        hein_bus_ping_async (bus, 1000, NULL, on_ping, &o))                    \
  DEED (hein_bus_add_filter, add_and_remove_filter (bus))                      \
  DEED (hein_bus_remove_filter, remove_inherited_filter (self))                \
  DEED (hein_bus_set_handler,                                                  \
        hein_bus_set_handler (bus, on_message, NULL, NULL))                    \
  DEED (hein_bus_get_fd, g_assert_cmpint (hein_bus_get_fd (bus), ==, -1))      \
  DEED (hein_bus_turn, hein_bus_turn (bus, 1000))                              \
  FAIL (hein_bus_move_to_context,                                              \
        hein_bus_move_to_context (bus, NULL, &error))                          \
  FAIL (hein_bus_check_thread, hein_bus_check_thread (bus, &error))            \
  FAIL (hein_bus_check_turn, hein_bus_check_turn (bus, &error))                \
  DEED (hein_bus_close, hein_bus_close (bus))                                  \
  CALL (hein_bus_close_async, hein_bus_close_finish,                           \
        hein_bus_close_async (bus, NULL, on_close, &o))                        \
  DEED (hein_endpoint_get_bus, hein_endpoint_get_bus (endpoint))               \
  DEED (hein_endpoint_get_uri, hein_endpoint_get_uri (endpoint))               \
  DEED (hein_endpoint_get_bound_uri, hein_endpoint_get_bound_uri (endpoint))   \
  DEED (hein_endpoint_get_role, hein_endpoint_get_role (endpoint))             \
  DEED (hein_endpoint_get_state, hein_endpoint_get_state (endpoint))           \
  DEED (hein_endpoint_get_error, hein_endpoint_get_error (endpoint))           \
  DEED (hein_endpoint_get_n_connections,                                       \
        hein_endpoint_get_n_connections (endpoint))                            \
  DEED (hein_endpoint_get_reaches_all,                                         \
        hein_endpoint_get_reaches_all (endpoint))                              \
  DEED (hein_endpoint_get_knows_peers,                                         \
        hein_endpoint_get_knows_peers (endpoint))                              \
  DEED (hein_endpoint_close,                                                   \
        (hein_endpoint_close (endpoint), hein_endpoint_close (self->in_file))) \
  DEED (hein_peer_get_name, hein_peer_get_name (peer))                         \
  DEED (hein_peer_get_raw_identity, hein_peer_get_raw_identity (peer))         \
  DEED (hein_peer_get_instance, hein_peer_get_instance (peer))                 \
  DEED (hein_peer_get_address, hein_peer_get_address (peer))                   \
  DEED (hein_peer_get_origin, hein_peer_get_origin (peer))                     \
  DEED (hein_peer_get_endpoint, hein_peer_get_endpoint (peer))                 \
  DEED (hein_peer_get_transport_name, hein_peer_get_transport_name (peer))     \
  DEED (hein_peer_get_protocol_name, hein_peer_get_protocol_name (peer))       \
  DEED (hein_peer_get_security, hein_peer_get_security (peer))                 \
  DEED (hein_peer_get_is_up, hein_peer_get_is_up (peer))                       \
  DEED (hein_peer_get_accepts_messages, hein_peer_get_accepts_messages (peer)) \
  DEED (hein_peer_get_has_room, hein_peer_get_has_room (peer))                 \
  DEED (hein_peer_can_take, hein_peer_can_take (peer, message))                \
  DEED (hein_peer_get_queued_bytes, hein_peer_get_queued_bytes (peer))         \
  DEED (hein_peer_get_rtt_us, hein_peer_get_rtt_us (peer))                     \
  DEED (hein_peer_get_messages_sent, hein_peer_get_messages_sent (peer))       \
  DEED (hein_peer_get_messages_received,                                       \
        hein_peer_get_messages_received (peer))                                \
  DEED (hein_peer_get_messages_dropped, hein_peer_get_messages_dropped (peer)) \
  DEED (hein_peer_get_n_dropped,                                               \
        hein_peer_get_n_dropped (peer, HEIN_DROP_REASON_LOST))                 \
  DEED (hein_peer_get_attributes_dropped,                                      \
        hein_peer_get_attributes_dropped (peer))                               \
  DEED (hein_peer_get_bytes_sent, hein_peer_get_bytes_sent (peer))             \
  DEED (hein_peer_get_bytes_received, hein_peer_get_bytes_received (peer))     \
  DEED (hein_peer_get_latest, hein_peer_get_latest (peer, "t"))                \
  CALL (hein_peer_ping_async, hein_peer_ping_finish,                           \
        hein_peer_ping_async (peer, 1000, NULL, on_peer_ping, &o))             \
  DEED (hein_peer_close, hein_peer_close (peer))                               \
  DEED (hein_peers_get_n_peers,                                                \
        hein_peers_get_n_peers (hein_bus_get_peers (bus)))                     \
  DEED (hein_peers_get_peer,                                                   \
        hein_peers_get_peer (hein_bus_get_peers (bus), 0))                     \
  DEED (hein_peers_lookup, hein_peers_lookup (hein_bus_get_peers (bus), "x"))  \
  DEED (g_object_set, set_properties (bus))                                    \
  DEED (g_object_run_dispose, g_object_run_dispose (G_OBJECT (bus)))           \
  DEED (g_object_unref, drop_all (self))

static void
set_properties (HeinBus *bus)
{
  g_object_set (bus, "send-limit", (guint64) 1000, "receive-limit",
                (guint64) 100000000, "overflow", HEIN_OVERFLOW_LATEST,
                "heartbeat-ms", 10, NULL);
}

/* Nobody in the child has a bus any more, and none of its objects either. */
static void
drop_all (Parent *self)
{
  HeinTestBus *buses[] = { self->host, self->guest, self->neighbour };

  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_ptr_array_set_size (buses[i]->messages, 0);
      g_ptr_array_set_size (buses[i]->added, 0);
      g_assert_finalize_object (buses[i]->bus);
    }
}

#define DEED(name, what)                                                       \
  static void do_##name (Parent *self)                                         \
  {                                                                            \
    HeinBus *const bus G_GNUC_UNUSED = self->host->bus;                        \
    HeinEndpoint *const endpoint G_GNUC_UNUSED = self->endpoint;               \
    HeinPeer *const peer G_GNUC_UNUSED = self->peer;                           \
    HeinMessage *const message G_GNUC_UNUSED = self->message;                  \
                                                                               \
    what;                                                                      \
  }
#define FAIL(name, what)                                                       \
  static void do_##name (Parent *self)                                         \
  {                                                                            \
    HeinBus *const bus G_GNUC_UNUSED = self->host->bus;                        \
    HeinBus *const guest G_GNUC_UNUSED = self->guest->bus;                     \
    HeinMessage *const message G_GNUC_UNUSED = self->message;                  \
    GError *error = NULL;                                                      \
    gboolean ok = (what) != 0;                                                 \
                                                                               \
    check_closed (ok, error);                                                  \
  }
#define CALL(name, finish, what)                                               \
  static void do_##name (Parent *self)                                         \
  {                                                                            \
    HeinBus *const bus G_GNUC_UNUSED = self->host->bus;                        \
    HeinPeer *const peer G_GNUC_UNUSED = self->peer;                           \
    HeinMessage *const message G_GNUC_UNUSED = self->message;                  \
    Outcome o = { 0 };                                                         \
                                                                               \
    what;                                                                      \
    wait_for (&o);                                                             \
  }

DEEDS

#undef DEED
#undef FAIL
#undef CALL
#define DEED(name, what)         { #name, NULL, do_##name },
#define FAIL(name, what)         { #name, NULL, do_##name },
#define CALL(name, finish, what) { #name, #finish, do_##name },

static const struct
{
  const char *name;
  const char *finish;
  void (*run) (Parent *self);
} deeds[] = { DEEDS };

/* ---- the parent ---- */

static gboolean
fill (HeinTestBus *self, HeinMessage *message)
{
  while (hein_bus_send (self->bus, message, NULL))
    ;
  return hein_bus_get_memory_used (self->bus) > 100000;
}

static Parent *
parent_new (void)
{
  Parent *self = g_new0 (Parent, 1);
  g_autofree char *payload = g_strnfill (PAYLOAD, 'x');
  g_autofree char *uri = NULL;

  self->message = hein_message_new_text ("t", payload);
  self->host = hein_test_bus_new ("host");
  self->guest = hein_test_bus_new ("guest");
  self->neighbour = hein_test_bus_new ("neighbour");
  self->filter = g_object_new (open_filter_get_type (), NULL);
  hein_bus_add_filter (self->host->bus, self->filter);
  /* the guest is stopped at a quarter of it, so that others still get in */
  g_object_set (self->host->bus, "receive-limit", (guint64) RECEIVE_LIMIT,
                NULL);
  g_object_set (self->guest->bus, "send-limit", (guint64) 200000, "overflow",
                HEIN_OVERFLOW_WAIT, NULL);
  hein_bus_subscribe (self->host->bus, "t", NULL);
  self->path =
    g_strdup_printf ("%s/hein-test-fork-%d", g_get_tmp_dir (), getpid ());
  uri = g_strconcat ("unix:", self->path, NULL);
  self->endpoint = hein_test_bus_listen (self->host, "tcp://127.0.0.1:0");
  self->in_file = hein_test_bus_listen (self->host, uri);
  hein_test_bus_listen (self->host, "inproc://fork");
  hein_test_bus_dial (self->neighbour, "inproc://fork");
  hein_test_bus_dial (self->guest,
                      hein_endpoint_get_bound_uri (self->endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->host) == 2 &&
                  hein_test_bus_count_peers (self->guest) == 1);
  self->peer = hein_test_bus_find_peer (self->host, "guest");
  self->guest_peer = hein_test_bus_find_peer (self->guest, "host");
  /* nobody takes what it sends: it is stopped, and its connection is full */
  hein_test_bus_set_takes (self->host, FALSE);
  hein_test_wait (fill (self->guest, self->message) &&
                  hein_bus_get_memory_used (self->host->bus) >
                    RECEIVE_LIMIT / 4);
  return self;
}

static void
parent_free (Parent *self)
{
  hein_message_unref (self->message);
  hein_test_bus_free (self->guest);
  hein_test_bus_free (self->neighbour);
  hein_test_bus_free (self->host);
  g_object_unref (self->filter);
  g_free (self->path);
  g_free (self);
}

static void
run_in_child (Parent *self, void (*run) (Parent *self), const char *name)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      alarm ((guint) hein_test_get_patience () * 2);
      run (self);
      /* not _exit: valgrind would call the parent's locals lost in here */
      execlp ("true", "true", NULL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (status != 0)
    g_test_message ("the child that called %s", name);
  g_assert_cmpint (status, ==, 0);
}

/* It falls asleep: nothing is left that would make it look again and again. */
static gboolean
is_asleep (HeinTestBus *self)
{
  struct pollfd fd = { .fd = hein_bus_get_fd (self->bus), .events = POLLIN };

  hein_bus_turn (self->bus, 0);
  return poll (&fd, 1, 0) == 0;
}

static void
on_timed_out (GObject *source, GAsyncResult *result, gpointer data)
{
  GError **error = data;

  hein_bus_wait_for_peers_finish (HEIN_BUS (source), result, error);
}

/* A newcomer is let in, and hears and is heard. */
static void
check_newcomer (Parent *self, const char *uri)
{
  HeinTestBus *newcomer = hein_test_bus_new ("newcomer");
  guint n_removed = self->host->removed->len;

  hein_test_bus_dial (newcomer, uri);
  hein_test_wait (hein_test_bus_count_peers (newcomer) == 1);
  hein_test_wait (hein_test_bus_find_peer (self->host, "newcomer") != NULL);
  hein_test_bus_send (self->host, "newcomer", "t", "hello");
  hein_test_wait (newcomer->messages->len == 1);
  hein_test_bus_free (newcomer);
  hein_test_wait (self->host->removed->len == n_removed + 1);
}

static void
check_parent (Parent *self)
{
  g_autofree char *in_file = g_strconcat ("unix:", self->path, NULL);
  g_autoptr (GError) error = NULL;

  hein_test_wait (is_asleep (self->host));
  check_newcomer (self, hein_endpoint_get_bound_uri (self->endpoint));
  check_newcomer (self, in_file);
  hein_bus_wait_for_peers_async (self->host->bus, 9, 1, NULL, on_timed_out,
                                 &error);
  hein_test_wait (error != NULL);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT);
  g_assert_true (hein_peer_get_is_up (self->peer));
}

static gboolean
has_taken_all (Parent *self)
{
  g_autoptr (GPtrArray) messages = hein_bus_take (self->host->bus, 1000);

  return hein_peer_get_queued_bytes (self->guest_peer) == 0;
}

static void
test_child (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  Parent *self = parent_new ();

  hein_test_wait (is_asleep (self->host));
  run_in_child (self, deeds[i].run, deeds[i].name);
  check_parent (self);
  /* what had stopped goes on when it is taken, and nothing was taken away */
  hein_test_wait (has_taken_all (self));
  parent_free (self);
}

/* What is held for longer than the bus knows that it is gone. */
static void
try_what_is_left (Parent *self)
{
  g_autoptr (HeinEndpoint) endpoint = g_object_ref (self->endpoint);
  g_autoptr (HeinEndpoint) in_file = g_object_ref (self->in_file);
  g_autoptr (HeinPeer) peer = g_object_ref (self->peer);

  drop_all (self);
  g_assert_null (hein_endpoint_get_bus (endpoint));
  g_assert_cmpint (hein_endpoint_get_state (endpoint), ==,
                   HEIN_ENDPOINT_STATE_CLOSED);
  g_assert_false (hein_peer_get_is_up (peer));
  g_assert_cmpuint (hein_peer_get_queued_bytes (peer), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    if (g_str_has_prefix (deeds[i].name, "hein_endpoint_") ||
        g_str_has_prefix (deeds[i].name, "hein_peer_"))
      deeds[i].run (self);
}

static void
test_left (void)
{
  Parent *self = parent_new ();

  hein_test_wait (is_asleep (self->host));
  run_in_child (self, try_what_is_left, "what is left of a bus");
  check_parent (self);
  parent_free (self);
}

/* ---- what the parent has begun ---- */

static GCancellable *cancellable; /* of the calls that are pending */
static guint n_ended;

static void
on_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  n_ended++;
}

static void
keep_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  g_set_object ((HeinRequest **) data, request);
}

static HeinRequest *kept; /* of the neighbour; owned */

static void
begin_calls (Parent *self)
{
  n_ended = 0;
  cancellable = g_cancellable_new ();
  hein_test_bus_set_takes (self->neighbour, FALSE);
  hein_bus_receive_async (self->neighbour->bus, 1, cancellable, on_ended, NULL);
  hein_bus_wait_for_peers_async (self->host->bus, 9, 3600000, cancellable,
                                 on_ended, NULL);
  hein_bus_wait_for_peers_async (self->guest->bus, 9, 3600000, cancellable,
                                 on_ended, NULL);
  hein_bus_serve (self->neighbour->bus, "t", keep_request, &kept, NULL, NULL);
  hein_bus_request_to_async (self->host->bus, "neighbour", self->message,
                             3600000, NULL, on_ended, NULL);
  hein_test_wait (kept != NULL);
}

static void
turn_all (Parent *self)
{
  for (guint i = 0; i < 100; i++)
    {
      g_main_context_iteration (NULL, FALSE);
      hein_bus_turn (self->host->bus, 0);
      hein_bus_turn (self->guest->bus, 0);
      hein_bus_turn (self->neighbour->bus, 0);
    }
}

/* Whatever the child does, they do not end there: what they are for would be
 * done twice. */
static void
end_calls (Parent *self)
{
  turn_all (self);
  g_cancellable_cancel (cancellable);
  turn_all (self);
  hein_bus_close (self->host->bus);
  hein_bus_close (self->guest->bus);
  hein_bus_close (self->neighbour->bus);
  turn_all (self);
  g_object_run_dispose (G_OBJECT (self->neighbour->bus));
  g_assert_false (
    g_cancellable_is_cancelled (hein_request_get_cancellable (kept)));
  g_assert_false (hein_request_reply (kept, NULL, NULL));
  g_assert_cmpuint (n_ended, ==, 0);
}

static void
test_pending (void)
{
  Parent *self = parent_new ();

  begin_calls (self);
  hein_test_wait (is_asleep (self->host));
  run_in_child (self, end_calls, "what ends calls");
  check_parent (self);
  g_assert_cmpuint (n_ended, ==, 0);
  g_cancellable_cancel (cancellable);
  hein_test_wait (n_ended == 3);
  g_assert_true (hein_request_reply (kept, NULL, NULL));
  hein_test_wait (n_ended == 4);
  g_clear_object (&kept);
  g_object_unref (cancellable);
  parent_free (self);
}

/* ---- every function is tried ---- */

static gboolean
is_tried (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    if (g_str_equal (deeds[i].name, name) ||
        g_strcmp0 (deeds[i].finish, name) == 0)
      return TRUE;
  return g_str_has_suffix (name, "_get_type");
}

static void
check_header (const char *file)
{
  g_autofree char *path =
    g_build_filename (g_test_get_dir (G_TEST_DIST), "..", "hein", file, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  regex = g_regex_new ("^(?:\\w[^(\\n]*[ *])?(hein_\\w+) \\(",
                       G_REGEX_MULTILINE, 0, NULL);
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);

      n++;
      if (!is_tried (name))
        g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, name,
                             "is tried in no forked child");
    }
  g_assert_cmpuint (n, >, 2);
}

/* Those of transports, wires and selections are for plugins, whose slots nobody
 * calls in a child; those of messages and plugins know no bus. */
static void
test_complete (void)
{
  const char *const files[] = { "hein-bus.h", "hein-endpoint.h", "hein-peer.h",
                                "hein-peers.h" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    check_header (files[i]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fork/complete", test_complete);
  g_test_add_func ("/fork/left", test_left);
  g_test_add_func ("/fork/pending", test_pending);
  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    {
      g_autofree char *path = g_strconcat ("/fork/", deeds[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_child);
    }
  return g_test_run ();
}
