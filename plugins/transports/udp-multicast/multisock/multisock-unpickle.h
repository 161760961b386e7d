/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "multisock-value.h"

G_BEGIN_DECLS

/*
 * Reads a pickle without doing what it says: a pickle is a program, of which
 * only the opcodes are followed that make plain values. All others, which name
 * classes, call functions or refer to something outside, are refused by name.
 */

/* NULL with @error. Owned by @values; its texts may lie in @data. */
MultisockValue *multisock_unpickle (MultisockValues *values,
                                    const guint8 *data,
                                    gsize size,
                                    GError **error);

G_END_DECLS
