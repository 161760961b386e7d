/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-filters.h"
#include "nats-identity.h"
#include "nats-info.h"

G_BEGIN_DECLS

typedef enum
{
  NATS_BEGINS,  /* INFO has not come */
  NATS_SECURES, /* INFO has come, and TLS is to begin */
  NATS_WAITS,   /* for the answer to CONNECT */
  NATS_OFFERED, /* for the verdict on its name */
  NATS_UP,
  NATS_OVER
} NatsState;

/*
 * The server answers each PING by a PONG, in order, once it has done all that came
 * before: so a PONG says that what was sent before its PING has been taken. Both
 * are numbered from 1.
 */
typedef struct
{
  guint64 n_pings;
  guint64 n_pongs;
  guint64 rtt_ping;     /* whose answer is measured; 0: none */
  gint64 pinged_us;     /* that one */
  guint64 flush_ping;   /* whose answer confirms; 0: none is awaited */
  gint64 flushed_us;    /* the last one of these */
  guint64 n_sent;       /* messages written before it */
  gboolean is_flushing; /* some are not confirmed */
} NatsFlush;

/* What the server has been told of subscriptions. */
typedef struct
{
  GHashTable *by_sid;     /* sid -> owned NatsSubscription; NULL until used */
  GHashTable *by_subject; /* their borrowed subjects -> the same, while they are
                             wanted */
  GHashTable *changes;    /* owned subject -> whether it is wanted */
  guint last_sid;
  guint64 confirm_ping; /* whose answer confirms them; 0: nobody has asked */
  guint confirm_number;
  gboolean is_collecting;
} NatsSubscriptions;

/* What watches a bucket. */
typedef struct
{
  GPtrArray *all;   /* owned NatsWatch, the oldest first; NULL until used */
  gint64 due_us;    /* when silence is looked for */
  guint64 ask_ping; /* whose answer shows it; 0: none is awaited */
} NatsWatches;

/* Messages of a durable consumer of which the server does not know what became. */
typedef struct
{
  GHashTable *by_sequence; /* numbers of the stream; NULL until used */
  gsize n_bytes;           /* of their replies */
} NatsOpen;

typedef enum
{
  NATS_DURABLE_IDLE,  /* it is not known what the bus wants */
  NATS_DURABLE_ASKS,  /* whether it is there */
  NATS_DURABLE_MAKES, /* as it is not */
  NATS_DURABLE_BOUND
} NatsDurableState;

/* What comes from a durable consumer of a stream. */
typedef struct
{
  NatsDurableState state;
  GPtrArray *wants; /* owned subjects, "" where none has it; NULL until used */
  char *filter;     /* of the one that is bound; NULL: none */
  gboolean has_others; /* as a filter */
  NatsOpen open;
  guint sid;        /* by which its messages come */
  guint64 n_asked;  /* questions, and what was pulled: the last one's number */
  guint64 n_wanted; /* messages that were pulled and have not come */
  guint max_batch;  /* messages that are pulled at a time */
  gint64 wait_us;   /* for which the server keeps what was pulled */
  gint64 progress_us; /* how often it is told what is still open */
  gint64 review_us;   /* when the wants are looked at; G_MAXINT64: never */
  gint64 retry_us;    /* when it is asked again; the same */
  gint64 due_us;      /* when silence is looked for; the same */
  gint64 go_on_us;    /* when it is told what is open; the same */
  guint64 ask_ping;   /* whose answer shows silence; 0: none is awaited */
  gboolean is_heard;  /* since it was looked at */
} NatsDurable;

/* Where answers to requests come. */
typedef struct
{
  guint64 key[2];
  guint sid; /* 0: the server does not know it yet */
} NatsInbox;

/* A topic, and the subject that it became. */
typedef struct
{
  char
    *topic; /* NULL: none yet; the subject lies HEIN_TOPIC_MAX bytes behind */
  gsize size;
} NatsSubject;

typedef struct _HeinNats HeinNats;

struct _HeinNats
{
  HeinProtocol parent_instance;

  /* options */
  char *user;
  char *password_file;
  char *token_file;
  NatsIdentity identity;
  gboolean subscribes;
  char *queue_group;
  gboolean uses_jetstream; /* for deliveries */
  char *bucket;            /* whose keys topics are; NULL: none */
  char *stream;            /* from which things come by a durable; NULL: none */
  char *durable;           /* its name; NULL like the stream */
  gboolean shakes_first;   /* TLS comes before INFO */
  gboolean follows_cluster; /* dials servers that the first one names */

  NatsState state;
  NatsInfo info;
  NatsFlush flush;
  NatsFilters filters;
  NatsSubscriptions subscriptions;
  NatsWatches watches;
  NatsDurable consumer;
  NatsInbox inbox;
  NatsSubject sent; /* of the last message that was sent */
  guint64 n_skip;   /* bytes of a message that is too large, still to come */
  char *topic;      /* of the last message; NULL: none yet */
  gsize topic_size;
};

G_END_DECLS
