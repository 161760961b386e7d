/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-request.h>

#include "hein-server.h"

/* Making the HeinRequest that the application gets, and answering it. */

G_BEGIN_DECLS

struct _HeinRequest
{
  GObject parent_instance;

  /* set when it is made */
  HeinServed served;
  HeinServer *server;   /* owned */
  HeinMessage *message; /* owned */
  guint64 id;         /* chosen by the peer; 0: the return path identifies it */
  gint64 deadline_us; /* G_MAXINT64: none */
  gboolean takes_parts; /* several answers are wanted */

  /* under the lock of the server */
  gboolean is_cancelled;
  GCancellable *cancellable; /* owned; NULL until it is asked for */

  /* owner context */
  GQueue waits; /* owned HeinCall, by link: until another answer may be given */
};

/* Makes a request of @message, and holds a reference to that. NULL with @error:
 * there are too many requests. */
HeinRequest *
hein_request_new (HeinServer *server, HeinMessage *message, GError **error);

/* Takes ownership of @self, which is used again if it is over and nobody else
 * has it. */
void hein_request_give_back (HeinRequest *self);

/* ---- any thread ---- */

/* Claims the right to end the request: TRUE for a single caller only. */
gboolean hein_request_take (HeinRequest *self, GError **error);
/* Makes a message that belongs to this request. (transfer full) */
HeinMessage *hein_request_make_answer (HeinRequest *self,
                                       HeinAsk kind,
                                       int code,
                                       HeinMessage *message);
/* Sends something in place of an answer. FALSE with @error: it is not sent. */
gboolean hein_request_send_text (
  HeinRequest *self, HeinAsk kind, int code, const char *text, GError **error);
/* Says why a request that is over cannot be answered. FALSE. */
gboolean hein_request_refuse_late (HeinRequest *self, GError **error);

G_END_DECLS
