/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

/* The two ends of requests: who asks, who answers, and what connects them. */

G_BEGIN_DECLS

#define MS (hein_test_get_patience () * 1000)

/* What became of a request. */
typedef struct
{
  HeinTestBus *bus;
  guint n_done;
  guint *n_all; /* nullable: counted with others */
  HeinMessage *answer;
  GError *error;
} Asked;

void asked_clear (Asked *self);
/* For hein_bus_request_async and the like. */
void asked_on_done (GObject *source, GAsyncResult *result, gpointer data);
void ask_full (HeinTestBus *bus,
               const char *topic,
               const char *text,
               int timeout_ms,
               GCancellable *cancellable,
               Asked *asked);
void ask (HeinTestBus *bus, const char *topic, const char *text, Asked *asked);
void assert_answer (Asked *asked, const char *expected);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Asked, asked_clear)

/* Who answers. */
typedef struct
{
  HeinTestBus *bus;
  GPtrArray *requests; /* owned HeinRequest that are kept */
  guint n_asked;
  guint n_cancelled;
  gboolean keeps;
} Server;

void server_clear (Server *self);
void serve (Server *self, HeinTestBus *bus, const char *pattern);
void reply (HeinRequest *request, const char *text);
/* What a process does that is only there to be killed: it serves "t". */
G_GNUC_NORETURN
void serve_for_ever (const char *uri, HeinRequestFunc func);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Server, server_clear)

/* Of the transports and protocols that carry requests. */
typedef struct
{
  const char *name;
  const char *uri;
} Way;

typedef struct
{
  char *folder;
  HeinTestBus *kirk;  /* asks */
  HeinTestBus *spock; /* listens, and answers */
} Pair;

void pair_init (Pair *self, const Way *way);
void pair_clear (Pair *self);
/* Adds a test for each of them; its argument is the way. */
void add_for_ways (const char *name, GTestDataFunc func);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

G_END_DECLS
