/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "core/hein-core-state.h"
#include "hein-inspect-request.h"

/* What a bus says of itself: an answer is made a few lines at a time, so that
 * it costs a turn little, however many peers there are. */

G_BEGIN_DECLS

/* What is known above only. */
typedef struct
{
  guint64 (*get_memory_used) (HeinCore *core);
} HeinInspectHost;

typedef struct
{
  HeinCore *core; /* borrowed */
  const HeinInspectHost *host;
  HeinInspectRequest request;
  gboolean is_open;  /* it has not ended */
  gboolean is_begun; /* its first line is said */
  guint64 last;      /* the endpoint, by index, or the peer, by arrival, up to
                      * which it is said */
} HeinInspectAnswer;

void hein_inspect_answer_begin (HeinInspectAnswer *self,
                                const HeinInspectRequest *request);
/* Appends some lines to @text; the last ones end the answer. */
void hein_inspect_answer_go_on (HeinInspectAnswer *self, GString *text);
/* Appends an answer that says what is wrong about the request. */
void hein_inspect_answer_refuse (const GError *error, GString *text);

G_END_DECLS
