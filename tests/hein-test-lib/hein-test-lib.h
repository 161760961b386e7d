/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * The suites for plugins that are written in other languages: namespace
 * HeinTest. A program adds what is to be tested, and runs it once.
 */

HEIN_API
void hein_test_init (const char *const *program, const char *const *skipped);
HEIN_API
void hein_test_add_strategy (const char *name, GType type, gboolean evades);
HEIN_API
void
hein_test_add_transport (const char *name, const char *uri, gboolean is_remote);
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
