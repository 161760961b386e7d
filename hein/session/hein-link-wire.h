/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "plugin-api/hein-wire-private.h"

/* The functions behind the wire of a connection. */

G_BEGIN_DECLS

extern const HeinWireFuncs hein_link_wire_funcs;

G_END_DECLS
