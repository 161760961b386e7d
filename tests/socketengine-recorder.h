/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/socketengine/hein-socketengine.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/*
 * A recording wire that speaks socketengine, and lines that a peer says.
 */
#define HELLO "{\"type\": \"test\", \"data\": \"hello!\"}\n"
#define NAME  "{\"type\": \"__name_conn\", \"data\": \"spock\"}\n"
#define JSON  "application/json"

Recorder *
socketengine_recorder_new (gboolean dialled, const char *first_option, ...);
Recorder *socketengine_recorder_open (void);
guint socketengine_recorder_count_logged (Recorder *self, const char *text);

G_END_DECLS
