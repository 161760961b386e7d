/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-inspect-answer.h"

/* The control socket of a bus, through which operators' tools look into it. */

G_BEGIN_DECLS

typedef struct _HeinInspect HeinInspect;

/* Opens the socket, which the turns of the bus serve. NULL with @error. */
HeinInspect *
hein_inspect_new (HeinCore *core, const HeinInspectHost *host, GError **error);
/* Frees what @self points at, unless that is NULL. @is_fork: the socket's file
 * belongs to the parent. */
void hein_inspect_end (HeinInspect **self, gboolean is_fork);

G_END_DECLS
