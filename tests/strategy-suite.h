/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-law.h"
#include "hein-test.h"

G_BEGIN_DECLS

/*
 * The law for every strategy, wherever it comes from: what one promises, and
 * the tests that hold it to that.
 */
typedef struct
{
  const char *name;
  /* (transfer full); NULL: by its name */
  HeinStrategy *(*create) (void);

  const char *key; /* that chooses all, where one is needed */

  gboolean takes_names; /* the key is the name of a peer */
  gboolean gives_all;   /* a message goes to everybody, else to one */
  gboolean holds;       /* what is sent to nobody waits, else it is dropped */
  gboolean waits;       /* all or nobody, when one of them has no room */
  gboolean evades;      /* a peer without room is passed over */
} HeinStrategySuite;

/* Adds /strategies/<name>/…; @suite must live as long as the program. */
void hein_strategy_suite_add (const HeinStrategySuite *suite);
/* Calls @func with each law. */
void hein_strategy_suite_foreach_law (HeinLawFunc func, gpointer data);

/* A bus that chooses, and others ("anna", "bert", "carl"…) that it chooses
 * from, over inproc. */
typedef struct
{
  HeinTestBus *chooser;
  HeinStrategy *strategy; /* owned */
  char *uri;
  GPtrArray *workers; /* owned HeinTestBus, in order of arrival */
} HeinStrategyBench;

HeinStrategyBench *hein_strategy_bench_new (HeinStrategy *strategy);
void hein_strategy_bench_free (HeinStrategyBench *self);
/* One more worker; returns when the chooser knows it. (transfer none) */
HeinTestBus *hein_strategy_bench_add (HeinStrategyBench *self,
                                      const char *name);
/* The worker goes; returns when the chooser knows it. */
void hein_strategy_bench_remove (HeinStrategyBench *self, const char *name);
HeinTestBus *hein_strategy_bench_get (HeinStrategyBench *self,
                                      const char *name);
/* Until there is no room for more, @name takes nothing. */
void hein_strategy_bench_fill (HeinStrategyBench *self, const char *name);
/* Sends the texts "0", "1"… with @key, and asserts that they were taken. */
void hein_strategy_bench_send (HeinStrategyBench *self,
                               const char *key,
                               guint n_messages);
/* Waits for so many messages at all workers together. */
void hein_strategy_bench_wait (HeinStrategyBench *self, guint n_messages);
/* Who got the message with the text @index, of those that got any: names
 * joined by commas. (transfer full) */
char *hein_strategy_bench_dup_takers (HeinStrategyBench *self, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinStrategyBench, hein_strategy_bench_free)

G_END_DECLS
