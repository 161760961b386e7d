/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-types.h>

/* HeinReplies: the many answers to a request. */

G_BEGIN_DECLS

/**
 * HEIN_REPLIES_CREDIT:
 *
 * How many answers of each peer may wait to be taken, unless another number is
 * given to [method@Bus.request_many].
 *
 * Since: 0.9
 */
#define HEIN_REPLIES_CREDIT 16

/**
 * HEIN_REPLIES_CREDIT_MAX:
 *
 * The greatest number that may be given to [method@Bus.request_many].
 *
 * Since: 0.9
 */
#define HEIN_REPLIES_CREDIT_MAX 65536

#define HEIN_TYPE_REPLIES (hein_replies_get_type ())
HEIN_API
G_DECLARE_FINAL_TYPE (HeinReplies, hein_replies, HEIN, REPLIES, GObject)

HEIN_API
void hein_replies_next_async (HeinReplies *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
HEIN_API
HeinMessage *hein_replies_next_finish (HeinReplies *self,
                                       GAsyncResult *result,
                                       GError **error);
HEIN_API
void hein_replies_cancel (HeinReplies *self);

G_END_DECLS
