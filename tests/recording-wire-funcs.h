/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "recording-wire.h"

/* The functions of a wire that a Recorder, which is their data, stands behind. */

G_BEGIN_DECLS

#define RECORDER_MAX_MESSAGE_SIZE 100000 /* bytes */

extern const HeinWireFuncs recorder_funcs;

G_END_DECLS
