/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

HEIN_API
gboolean hein_name_is_valid (const char *text, gsize size);

G_END_DECLS
