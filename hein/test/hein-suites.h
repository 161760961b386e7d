/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* The suites that every plugin of hein passes, for plugins of others: a program
 * adds what is to be tested, and runs it once. */

G_BEGIN_DECLS

/**
 * HeinTestPromises:
 * @HEIN_TEST_PROMISES_NONE: it gives each message to one peer, which may be
 *   full, and drops what is sent to nobody
 * @HEIN_TEST_PROMISES_EVERYBODY: it gives each message to all peers
 * @HEIN_TEST_PROMISES_NAMES: its key is the name of a peer
 * @HEIN_TEST_PROMISES_HOLDS: what is sent to nobody waits for the first peer
 * @HEIN_TEST_PROMISES_WAITS: all peers get a message, or none while one is full
 * @HEIN_TEST_PROMISES_EVADES: it passes over peers without room
 *
 * What a strategy promises, beside what all do.
 *
 * Since: 0.9
 */
typedef enum /*< flags >*/
{
  HEIN_TEST_PROMISES_NONE = 0,
  HEIN_TEST_PROMISES_EVERYBODY = 1 << 0,
  HEIN_TEST_PROMISES_NAMES = 1 << 1,
  HEIN_TEST_PROMISES_HOLDS = 1 << 2,
  HEIN_TEST_PROMISES_WAITS = 1 << 3,
  HEIN_TEST_PROMISES_EVADES = 1 << 4,
} HeinTestPromises;

HEIN_API
void hein_test_init (const char *const *program, const char *const *skipped);
HEIN_API
void hein_test_init_one (const char *const *program, const char *path);
HEIN_API
char **hein_test_dup_laws (HeinPluginKind kind);
HEIN_API
char *hein_test_dup_path (const char *law, const char *name);
HEIN_API
const char *hein_test_describe_law (const char *law);

HEIN_API
void hein_test_add_strategy (const char *name, GType type, gboolean evades);
HEIN_API
void hein_test_add_strategy_plugin (const char *name,
                                    const char *key,
                                    HeinTestPromises promises);
HEIN_API
void
hein_test_add_transport (const char *name, const char *uri, gboolean is_remote);
HEIN_API
void hein_test_add_line (const char *name, const char *uri);
HEIN_API
void hein_test_add_protocol (const char *protocol);
HEIN_API
int hein_test_run (void);
HEIN_API
void hein_test_be_peer (const char *uri);
HEIN_API
void
hein_test_emit_messages (HeinBus *bus, guint count, gsize size, guint batch);

G_END_DECLS
