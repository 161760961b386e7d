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
  gboolean uses_jetstream;  /* for deliveries */
  char *bucket;             /* whose keys topics are; NULL: none */
  gboolean shakes_first;    /* TLS comes before INFO */
  gboolean follows_cluster; /* dials servers that the first one names */

  NatsState state;
  NatsInfo info;
  NatsFlush flush;
  NatsFilters filters;
  NatsSubscriptions subscriptions;
  NatsWatches watches;
  NatsInbox inbox;
  NatsSubject sent; /* of the last message that was sent */
  guint64 n_skip;   /* bytes of a message that is too large, still to come */
  char *topic;      /* of the last message; NULL: none yet */
  gsize topic_size;
};

G_END_DECLS
