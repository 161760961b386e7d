/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

/* The host of links: how they report to the bus. */

G_BEGIN_DECLS

extern const HeinLinkHostFuncs hein_session_host;

G_END_DECLS
