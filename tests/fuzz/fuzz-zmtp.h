/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

void fuzz_zmtp (const guint8 *data, gsize size, gboolean dialled);
