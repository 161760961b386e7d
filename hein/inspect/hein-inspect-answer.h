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
  void (*ping) (HeinPeer *peer,
                int timeout_ms,
                GAsyncReadyCallback callback,
                gpointer data);
  gboolean (*ping_finish) (HeinPeer *peer,
                           GAsyncResult *result,
                           GError **error);
} HeinInspectHost;

typedef struct _HeinInspectPing HeinInspectPing;

typedef struct
{
  HeinCore *core; /* borrowed */
  const HeinInspectHost *host;
  HeinInspectRequest request;
  gboolean is_open;    /* it has not ended */
  gboolean is_begun;   /* its first line is said */
  gboolean is_waiting; /* there is nothing to say until `resume` is called */
  guint64 last;        /* the endpoint, by index, or the peer, by arrival, up to
                      * which it is said, or asked */
  struct _HeinInspectLog *log;    /* owned; NULL: nothing is heard */
  struct _HeinInspectNews *news;  /* owned; NULL together with it */
  HeinInspectPing *ping;          /* owned; NULL: there is none */
  void (*resume) (gpointer data); /* there is more to say than there was */
  gpointer data;
} HeinInspectAnswer;

/* Takes over what is in @request. */
void hein_inspect_answer_begin (HeinInspectAnswer *self,
                                const HeinInspectRequest *request);
/* Frees what it has; nobody is answered any more. */
void hein_inspect_answer_clear (HeinInspectAnswer *self);
/* Appends some lines to @text, or none while peers are waited for; the last
 * ones end the answer. */
void hein_inspect_answer_go_on (HeinInspectAnswer *self, GString *text);
/* Appends an answer that says what is wrong about the request. */
void hein_inspect_answer_refuse (const GError *error, GString *text);

G_END_DECLS
