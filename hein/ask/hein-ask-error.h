/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"

/* The errors that peers tell. */

G_BEGIN_DECLS

/* Of one that came in place of an answer. */
GError *hein_ask_make_error (HeinMessage *message);
/* Of one that came in place of a receipt of @peer. */
GError *hein_ask_make_failure (HeinPeer *peer, HeinMessage *message);

G_END_DECLS
