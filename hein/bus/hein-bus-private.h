/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

gboolean hein_bus_is_valid_name (const char *name);

G_END_DECLS
