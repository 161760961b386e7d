/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "../plugins/protocols/tinyproto/hein-tinyproto.h"
#include "recording-wire.h"

G_BEGIN_DECLS

/*
 * A recording wire that speaks tinyproto.
 */

Recorder *
tinyproto_recorder_new (gboolean dialled, const char *first_option, ...);
/* Hands are shaken, and nobody waits for a turn. */
Recorder *tinyproto_recorder_open (gboolean dialled);

G_END_DECLS
