/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <semaphore.h>
#include <stdatomic.h>

#include <glib.h>

/* A message has its number in its first and last eight octets, so that one
 * that is lost, cut or mixed up is seen. */
#define BENCH_MIN_SIZE 16

/* the last of BENCH_MAX_TOPICS numbers, for messages that only ask whether a
 * subscriber hears */
#define BENCH_PROBE G_MAXUINT64

/* connections that are up before a hub is looked at first: code and tables that
 * the first connection touches are no cost of the others */
#define BENCH_N_PRIMED 16

#define BENCH_MAX_SUBSCRIBERS 512
#define BENCH_MAX_TOPICS      8

/* what may be on its way to one subscriber, the same for every peer: a
 * message counts as its size and BENCH_OVERHEAD */
#define BENCH_BUDGET_BYTES (8 * 1024 * 1024)
#define BENCH_OVERHEAD     128

typedef struct _BenchPeer BenchPeer;
typedef struct _Bench Bench;

/* one process; returns when its part is done */
typedef void (*BenchRole) (Bench *bench, guint index);

/* written by one subscriber, on cache lines of its own */
typedef struct
{
  _Alignas(128) _Atomic guint64 n_received;
  _Atomic guint64 n_passed; /* received, or lost before what was received */
  _Atomic guint64 n_wrong;
  _Atomic gint64 end_ns;
  guint64 expected;
  gboolean is_ready;
} BenchCounter;

/* shared by all processes of a run */
typedef struct
{
  sem_t bound;  /* the listener has a port; whoever passes posts again */
  sem_t ready;  /* a subscriber hears */
  sem_t credit; /* a windowed subscriber took a part of its window */
  sem_t done;   /* a subscriber has its last message */
  sem_t over;   /* every child may leave; whoever passes posts again */
  sem_t primed; /* idle: the first connections are up */
  sem_t begin;  /* idle: make the others */
  sem_t up;     /* idle: all are up */

  _Atomic guint port;
  _Atomic guint n_ready;
  _Atomic gint64 start_ns;
  _Atomic gboolean is_over;
  _Atomic gboolean must_broadcast;
  _Atomic guint64 faults_before; /* page faults before messages were counted */
  gint64 next_broadcast_ns;      /* of the hub */
  _Atomic gint64 connect_ns;
  _Atomic gint64 start_cpu_ns; /* of the publisher, when it began to send */
  int pid;       /* of the parent: names the socket of the transport unix */
  int credit_fd; /* an eventfd that is posted with `credit`, for multicast */

  BenchCounter counters[BENCH_MAX_SUBSCRIBERS];
  gint64 round_trip_ns[];
} BenchShared;

typedef enum
{
  BENCH_TCP,
  BENCH_UNIX,
  BENCH_INPROC, /* both are threads of one process */
  BENCH_WS,
  BENCH_MULTICAST
} BenchTransport;

struct _Bench
{
  const BenchPeer *peer;
  const char *variant;
  gsize size;
  gsize max_size; /* sizes are mixed, from `size` to this one */
  guint64 count;
  guint n_subscribers;
  guint n_connections;
  guint n_outstanding; /* requests or deliveries that are open at a time */
  /* 0, or as many topics as go round: a subscriber asks for one of them */
  guint n_topics;
  /* 0, or how many each of `n_connections` subscribers has, which one process
   * holds (bench-filter.c) */
  guint n_prefixes;
  gboolean has_patterns; /* these are patterns of hein */
  BenchTransport transport;
  gboolean has_no_topic;  /* the empty one: a frame less */
  gboolean must_announce; /* writes a line when it is bound */
  /* 0, or a power of two: for a peer that drops when it is behind, the
   * publisher waits for a subscriber this many messages back */
  guint window;
  guint64 n_arrived;   /* at the slowest, when the publisher looked last */
  gint64 moved_ns;     /* when that was more than before */
  gboolean may_lose;   /* as its variant says */
  guint loss_permille; /* that a subscriber forgets of what comes */
  guint8 *payload;
  BenchShared *shared;
  BenchRole pair[2]; /* what the two threads of one process do */
};

typedef struct
{
  const char *name;
  guint max_subscribers; /* 1 for what shares messages out */
  guint max_window;      /* 0: it pushes back by itself */
  gsize max_bytes;       /* of that window; 0: BENCH_BUDGET_BYTES */
  gboolean is_fixture;   /* only for the test of the harness */
  gboolean may_lose;     /* a loss is a figure, and no failure */
} BenchVariant;

/* What an idle connection says, from a plain socket. */
typedef struct
{
  const guint8 *first;
  gsize first_size;
  const guint8 *second; /* when `second_after` octets have come */
  gsize second_size;
  gsize second_after;
  /* the other side's welcome is complete; -1 when it is not one */
  int (*is_welcome) (const guint8 *data, gsize size);
} BenchHello;

struct _BenchPeer
{
  const char *name;
  char *(*dup_version) (void);
  const BenchVariant *variants; /* the first is the default; NULL name ends */
  BenchRole publish;
  BenchRole subscribe;
  /* sends each message to one of many who filter; NULL: cannot */
  BenchRole publish_filtered;
  BenchRole echo; /* answers `count` messages */
  BenchRole ping; /* asks `count` times, one after the other */
  /* requests and replies, of which `count` are made; NULL: has none */
  BenchRole answer;
  BenchRole ask;
  /* messages and their receipts, of which `count` are made; NULL: has none */
  BenchRole accept;
  BenchRole deliver;
  BenchRole hub; /* holds connections until bench_is_over() */
  /* makes BENCH_N_PRIMED connections to a hub, then `n_connections`, as
   * bench_idle_client does, but those of its own library; NULL: has none */
  BenchRole guests;
  const BenchHello *hello;
  BenchTransport first_transport;
  BenchTransport last_transport; /* it has all up to this one */
  gboolean has_topics;
  gboolean has_patterns; /* what publish_filtered serves may say patterns */
};

typedef void (*BenchSend) (gpointer socket, const guint8 *data, gsize size);

int bench_main (int argc, char **argv, const BenchPeer *peer);
void bench_idle_client (Bench *bench, guint index);

/* For guests: the first are up; all are up; so many of all have heard the hub.
 * The first and the last return when it is time to go on. */
void bench_idle_primed (Bench *bench);
void bench_idle_up (Bench *bench);
void bench_idle_served (Bench *bench, guint n_served);

extern const BenchHello bench_zmtp_hello;

/* One pair of CurveZMQ's keys for both ends: that of the manual of
 * zmq_curve_keypair. */
#define BENCH_CURVE_PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define BENCH_CURVE_SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
extern const BenchPeer bench_hein;
extern const BenchPeer bench_zmq;

void bench_fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;
gint64 bench_now_ns (void);
gboolean bench_is_variant (Bench *bench, const char *name);
guint bench_get_room (Bench *bench, gsize budget);

void bench_set_port (Bench *bench, guint port);
guint bench_wait_port (Bench *bench);
char *bench_dup_path (Bench *bench);
char *bench_dup_url (Bench *bench);
/* "bench", or where topics go round the one of this message or subscriber */
const char *bench_get_topic (Bench *bench, guint64 number);

gsize bench_get_size (Bench *bench, guint64 number);
const guint8 *bench_stamp (Bench *bench, guint64 number);
const guint8 *bench_get_probe (guint topic);
gboolean bench_is_probe (guint64 number);
gboolean bench_is_ready (Bench *bench);
void bench_pause (Bench *bench);
void bench_start (Bench *bench);
gboolean bench_may_send (Bench *bench, guint64 number);
void bench_publish (Bench *bench, BenchSend send, gpointer socket);

/* The subscriber hears. */
void bench_mark_ready (Bench *bench, guint index);
/* Notes how often a page was missing so far in this process. */
void bench_begin_faults (Bench *bench);
gboolean bench_count (Bench *bench, guint index, const void *data, gsize size);
void bench_add_round_trip (Bench *bench, guint64 number, gint64 start_ns);

gboolean bench_take_broadcast (Bench *bench);
gboolean bench_is_over (Bench *bench);
void bench_wait_over (Bench *bench);
gboolean bench_wait_until (sem_t *semaphore, gint64 deadline_ns);
