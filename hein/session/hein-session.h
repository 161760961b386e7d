/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-state.h"

G_BEGIN_DECLS

extern const HeinLinkHostFuncs hein_session_host;

G_END_DECLS
