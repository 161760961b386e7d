/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "hein-inspect-log.h"

/* What a bus tells its program by signals, for the log of an operator's tool:
 * who comes and goes, what fails and what is dropped. */

G_BEGIN_DECLS

typedef struct _HeinInspectNews HeinInspectNews;

/* Notes it in @log, which is borrowed and must live longer. */
HeinInspectNews *hein_inspect_news_new (HeinCore *core, HeinInspectLog *log);
void hein_inspect_news_free (HeinInspectNews *self);

G_END_DECLS
