/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* The list of media: transports where one send reaches all peers. */

G_BEGIN_DECLS

/* Rebuilds the list from the endpoints that are opening or open. */
void hein_media_review (HeinCore *self);

G_END_DECLS
