/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-posts.h"

#include "tool-options.h"

/* Posts messages, and says what became of each of those that were not handled:
 * also of those that an earlier command has left in the spool. */

#define OPEN_MAX 1000

typedef struct
{
  ToolPosts *posts;
  HeinMessage *message; /* owned */
} Post;

static void
on_settled (HeinBus *bus,
            HeinMessage *message,
            HeinReceipt *receipt,
            ToolPosts *self)
{
  self->is_full = FALSE;
  tool_receipts_tell (self->receipts,
                      hein_message_get_attribute (message, HEIN_ATTRIBUTE_ID),
                      receipt);
}

gboolean
tool_posts_open (ToolPosts *self, HeinBus *bus)
{
  g_autoptr (GError) error = NULL;

  g_signal_connect (bus, "settled", G_CALLBACK (on_settled), self);
  if (hein_bus_open_spool (bus, self->path, 0, &error))
    {
      self->n_lost_before = hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_LOST);
      return TRUE;
    }
  tool_complain ("%s", error->message);
  return FALSE;
}

static void
on_posted (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Post *post = data;
  ToolPosts *self = post->posts;
  g_autoptr (HeinMessage) message = post->message;
  g_autoptr (GError) error = NULL;

  self->n_open--;
  if (hein_bus_post_finish (HEIN_BUS (source), result, &error))
    return;
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK))
    {
      self->is_full = TRUE;
      g_queue_push_tail (&self->row, g_steal_pointer (&message));
      return;
    }
  self->has_failed = TRUE;
  tool_complain ("a message was not accepted: %s", error->message);
}

static void
begin (ToolPosts *self, HeinBus *bus, const char *to, HeinMessage *message)
{
  Post *post = g_new (Post, 1);

  *post = (Post){ self, hein_message_ref (message) };
  self->n_open++;
  if (to != NULL)
    hein_bus_post_to_async (bus, to, message, NULL, on_posted, post);
  else
    hein_bus_post_async (bus, message, NULL, on_posted, post);
}

gboolean
tool_posts_post (ToolPosts *self,
                 HeinBus *bus,
                 const char *to,
                 HeinMessage *message,
                 GError **error)
{
  if (self->n_open >= OPEN_MAX || self->row.length > 0 || self->is_full)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                           "the spool has no room");
      return FALSE;
    }
  begin (self, bus, to, message);
  return TRUE;
}

gboolean
tool_posts_go_on (ToolPosts *self, HeinBus *bus, const char *to)
{
  /* those that are being written may come back, too, and go before */
  while (self->row.length > 0 && !self->is_full && self->n_open == 0)
    {
      guint n = MIN (self->row.length, OPEN_MAX);

      while (n-- > 0)
        {
          g_autoptr (HeinMessage) message = g_queue_pop_head (&self->row);

          begin (self, bus, to, message);
        }
    }
  return self->n_open == 0 && self->row.length == 0 &&
         hein_bus_get_n_posted (bus) == 0;
}

gboolean
tool_posts_check (ToolPosts *self, HeinBus *bus)
{
  const guint64 n_lost =
    self->path == NULL ? 0
                       : hein_bus_get_n_dropped (bus, HEIN_DROP_REASON_LOST) -
                           self->n_lost_before;

  if (n_lost > 0)
    tool_complain ("%" G_GUINT64_FORMAT " message%s in the spool could not be "
                   "read, and %s lost",
                   n_lost, n_lost == 1 ? "" : "s", n_lost == 1 ? "is" : "are");
  return n_lost == 0 && !self->has_failed;
}

void
tool_posts_clear (ToolPosts *self)
{
  g_queue_clear_full (&self->row, (GDestroyNotify) hein_message_unref);
  g_free (self->path);
}
