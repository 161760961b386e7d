/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-bus-post.h"

#include <hein/hein-bus.h>
#include <hein/hein-receipt.h>

#include "ask/hein-poster.h"
#include "base/hein-call.h"
#include "core/hein-calls.h"
#include "hein-bus-guard.h"
#include "hein-bus-signals.h"
#include "hein-bus-state.h"
#include "hein-bus-strategy.h"
#include "hein-turn.h"

/* Messages that are kept in a folder until they are handled: the public
 * calls. */

#define LIMIT_MIN ((guint64) 1024 * 1024)

void
hein_bus_tell_settled (HeinCore *core,
                       HeinMessage *message,
                       HeinReceipt *receipt)
{
  g_signal_emit (core->bus, hein_bus_signals[HEIN_SIGNAL_SETTLED], 0, message,
                 receipt);
}

/**
 * hein_bus_open_spool:
 * @self: a bus
 * @path: (type filename): a folder, which is made if it is not there
 * @limit: how many bytes its files may have, at least 1 MiB; 0: 256 MiB
 * @error: return location
 *
 * Opens the spool of the bus: a folder that keeps the messages that are posted
 * ([method@Bus.post_async]) until they are handled. What an earlier process has
 * left there is delivered now, in the order in which it was posted, as soon as
 * somebody is there for it.
 *
 * A bus has one spool at most, and a spool is used by one bus at a time. It is
 * closed with the bus. The folder must belong to the user, and others may not
 * write to it; the files are for the user only. Use a file system of this
 * machine that keeps what is synced.
 *
 * All files are read, so this takes some time where they are large. What was
 * being written when a process ended was not accepted, and is passed over.
 * Files that are damaged are read as far as they can be: what is missing counts
 * as dropped (%HEIN_DROP_REASON_LOST), and a warning says where.
 *
 * In memory, a message that lies in the spool takes 320 bytes of
 * [property@Bus:memory-limit], however large it is.
 *
 * - Errors: `G_IO_ERROR_BUSY` while another bus uses the folder;
 *   `HEIN_ERROR_INSECURE` when others may write to it; `HEIN_ERROR_FAILED` when
 *   the files are of another program or of a later version, or the bus has a
 *   spool; `HEIN_ERROR_TOO_LARGE` when the messages do not fit into half of
 *   memory-limit; `HEIN_ERROR_CLOSED`; `G_IO_ERROR` of the file system.
 * - Thread: owner.
 *
 * Returns: %TRUE when the spool is open
 *
 * Since: 0.9
 */
gboolean
hein_bus_open_spool (HeinBus *self,
                     const char *path,
                     guint64 limit,
                     GError **error)
{
  gboolean is_open;

  g_return_val_if_fail (HEIN_IS_BUS (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (limit == 0 || limit >= LIMIT_MIN, FALSE);
  if (!hein_core_check_open (&self->core, error))
    return FALSE;
  hein_bus_return_val_unless_owner (self, FALSE);

  /* a post that cannot be delivered for want of it would wait without a word */
  if (!hein_bus_ensure_strategy (self, error))
    return FALSE;
  is_open = hein_poster_open (&self->core, path,
                              limit > 0 ? limit : HEIN_SPOOL_LIMIT, error);
  hein_turn_settle (self);
  return is_open;
}

static void
post (HeinBus *self,
      const char *to,
      HeinMessage *message,
      GCancellable *cancellable,
      GAsyncReadyCallback callback,
      gpointer user_data)
{
  HeinCall *call = hein_calls_begin (&self->core, hein_bus_post_async,
                                     cancellable, callback, user_data);
  GError *error = NULL;

  if (!hein_core_check_open (&self->core, &error) ||
      g_cancellable_set_error_if_cancelled (cancellable, &error))
    hein_calls_fail (&self->core, call, error);
  else
    hein_poster_post (&self->core, call, to, message);
  hein_turn_settle (self);
}

/**
 * hein_bus_post_async:
 * @self: a bus
 * @message: what to post
 * @cancellable: (nullable): stops waiting; the message may be posted
 *   nevertheless
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Puts a message into the spool ([method@Bus.open_spool]), and ends when it is
 * on the disk. From then on the bus sees to it that it is handled, and so does
 * the next process that opens the spool: nobody has to be there yet, and
 * neither a `kill -9` of this process nor a power failure loses it.
 *
 * It is delivered as [method@Bus.deliver_async] does it, to the peers that
 * [property@Bus:strategy] chooses at that moment, and without a limit of time
 * but that of the message ([method@Message.set_expiry_ms]), which also counts
 * while the message lies in the spool, by the clock of the machine. Where a
 * peer goes before it has said what became of the message, it is delivered
 * again, to whom the strategy chooses then. It is over, and
 * [signal@Bus::settled] tells of it, when all who were chosen have handled it,
 * when one of them has refused it, or when it has expired.
 *
 * So each message is handled at least once. A message without an attribute `id`
 * (%HEIN_ATTRIBUTE_ID) gets one: a receiver that has handled it does not handle
 * it again, as long as it remembers the id. The bus needs a name of its own for
 * that, which is the same in each process.
 *
 * Messages of one topic are delivered in the order in which they were posted,
 * and so are those to one name; a topic that nobody has subscribed to does not
 * hold up others. Where there are several receivers, what is delivered again
 * may come behind newer messages.
 *
 * Whoever needs to know what became of a message waits for
 * [signal@Bus::settled], or uses [method@Bus.deliver_async], which does not use
 * the spool: there, the program waits, and decides itself what to do.
 *
 * - Limits: 0 to [property@Bus:max-message-size] bytes, and what the spool has
 *   room for.
 * - Errors: `HEIN_ERROR_WOULD_BLOCK` when the spool is full, or memory-limit is
 *   reached; `G_IO_ERROR_NO_SPACE` when the disk is full: what was accepted
 *   before is safe, and later calls may succeed; `HEIN_ERROR_FAILED` when there
 *   is no spool, or for a reply; `HEIN_ERROR_TOO_LARGE`; `HEIN_ERROR_TIMED_OUT`
 *   when it has expired; `HEIN_ERROR_CLOSED`; `G_IO_ERROR_CANCELLED`; other
 *   `G_IO_ERROR` of the disk. When the disk has failed to keep what was
 *   written, all later calls fail with that error, until the spool is opened
 *   anew; what failed so may be in the spool nevertheless.
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_post_async (HeinBus *self,
                     HeinMessage *message,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (message != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_post_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  post (self, NULL, message, cancellable, callback, user_data);
}

/**
 * hein_bus_post_to_async:
 * @self: a bus
 * @name: the name of the peer
 * @message: what to post
 * @cancellable: (nullable): stops waiting; the message may be posted
 *   nevertheless
 * @callback: (scope async): called in a turn
 * @user_data: for @callback
 *
 * Posts a message to the peer of that name, whenever it comes; like
 * [method@Bus.post_async] otherwise, and finished by [method@Bus.post_finish].
 *
 * - Limits: as [method@Bus.post_async].
 * - Errors: as [method@Bus.post_async].
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_bus_post_to_async (HeinBus *self,
                        const char *name,
                        HeinMessage *message,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_return_if_fail (HEIN_IS_BUS (self));
  g_return_if_fail (name != NULL && g_utf8_validate (name, -1, NULL));
  g_return_if_fail (message != NULL);
  if (hein_calls_refuse (&self->core, self, hein_bus_post_async, callback,
                         user_data))
    return;
  hein_bus_return_unless_owner (self);

  post (self, name, message, cancellable, callback, user_data);
}

/**
 * hein_bus_post_finish:
 * @self: a bus
 * @result: what the callback was given
 * @error: return location
 *
 * Returns the result of [method@Bus.post_async] and
 * [method@Bus.post_to_async].
 *
 * - Thread: owner.
 *
 * Returns: %TRUE when the message is on the disk
 *
 * Since: 0.9
 */
gboolean
hein_bus_post_finish (HeinBus *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (hein_call_is_valid (result, self, hein_bus_post_async),
                        FALSE);

  return hein_call_finish (HEIN_CALL (result), error) != NULL;
}

/**
 * hein_bus_get_n_posted:
 * @self: a bus
 *
 * Gets how many messages the spool has that are not over: see
 * [method@Bus.post_async].
 *
 * - Thread: owner.
 *
 * Returns: a number of messages; 0 without a spool
 *
 * Since: 0.9
 */
guint
hein_bus_get_n_posted (HeinBus *self)
{
  g_return_val_if_fail (HEIN_IS_BUS (self), 0);

  return hein_poster_count (&self->core);
}
