/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-receipts.h"

#include "tool-json.h"
#include "tool-options.h"
#include "tool-output.h"

/* Delivers messages, and says what became of each: on standard output as JSON,
 * or on standard error what was not acknowledged. */

#define OPEN_MAX 1000

typedef struct
{
  ToolReceipts *receipts;
  guint64 number; /* of the message, from 1 */
} Delivery;

static const char *
get_nick (HeinOutcome outcome)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_OUTCOME);

  return g_enum_get_value (class, outcome)->value_nick;
}

/* Which message it is: by its id, or by its number. */
typedef struct
{
  const char *id;
  guint64 number;
} Which;

static void
print_json (ToolReceipts *self,
            Which which,
            const char *peer,
            HeinOutcome outcome,
            const GError *error)
{
  g_autoptr (GString) json = g_string_new ("{");

  if (which.id != NULL)
    tool_json_append_member (json, "id", which.id);
  else
    tool_json_append_number (json, "message", which.number);
  tool_json_append_member (json, "peer", peer);
  tool_json_append_member (json, "outcome", get_nick (outcome));
  tool_json_append_member (json, "error",
                           error != NULL ? error->message : NULL);
  g_string_append (json, "}\n");
  if (tool_output_print (json->str) != TOOL_DONE)
    self->status = TOOL_FAILED;
}

static void
tell (ToolReceipts *self,
      Which which,
      HeinPeer *peer,
      HeinOutcome outcome,
      const GError *error)
{
  if (self->is_json)
    print_json (self, which, peer != NULL ? hein_peer_get_name (peer) : NULL,
                outcome, error);
  else if (error != NULL)
    {
      g_autofree char *name =
        which.id != NULL ? g_strdup (which.id)
                         : g_strdup_printf ("%" G_GUINT64_FORMAT, which.number);

      tool_complain ("message %s %s: %s", name,
                     outcome == HEIN_OUTCOME_FAILED ? "failed"
                                                    : "may have been handled",
                     error->message);
    }
}

static void
tell_receipt (ToolReceipts *self, Which which, HeinReceipt *receipt)
{
  for (guint i = 0; i < hein_receipt_get_n_peers (receipt); i++)
    tell (self, which, hein_receipt_get_peer (receipt, i),
          hein_receipt_get_outcome (receipt, i),
          hein_receipt_get_error (receipt, i));
  self->n_acknowledged += hein_receipt_get_n_acknowledged (receipt);
  self->n_failed += hein_receipt_get_n_failed (receipt);
  self->n_unknown += hein_receipt_get_n_unknown (receipt);
}

void
tool_receipts_tell (ToolReceipts *self, const char *id, HeinReceipt *receipt)
{
  tell_receipt (self, (Which){ .id = id }, receipt);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Delivery *delivery = data;
  ToolReceipts *self = delivery->receipts;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinReceipt) receipt =
    hein_bus_deliver_finish (HEIN_BUS (source), result, &error);
  Which which = { NULL, 0 };

  self->n_open--;
  which.number = delivery->number;
  if (receipt != NULL)
    {
      tell_receipt (self, which, receipt);
      return;
    }
  self->n_failed++;
  tell (self, which, NULL, HEIN_OUTCOME_FAILED, error);
}

static int
get_left_ms (gint64 end_us)
{
  if (end_us == 0)
    return -1;
  return CLAMP ((end_us - g_get_monotonic_time ()) / 1000, 1, G_MAXINT);
}

gboolean
tool_receipts_deliver (ToolReceipts *self,
                       HeinBus *bus,
                       const char *to,
                       HeinMessage *message,
                       gint64 end_us,
                       GError **error)
{
  Delivery *delivery;

  if (self->n_open >= OPEN_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_WOULD_BLOCK,
                   "%u messages wait for their receipts", self->n_open);
      return FALSE;
    }
  delivery = g_new (Delivery, 1);
  *delivery = (Delivery){ self, ++self->n_begun };
  self->n_open++;
  if (to != NULL)
    hein_bus_deliver_to_async (bus, to, message, get_left_ms (end_us), NULL,
                               on_done, delivery);
  else
    hein_bus_deliver_async (bus, message, get_left_ms (end_us), NULL, on_done,
                            delivery);
  return TRUE;
}

void
tool_receipts_append (ToolReceipts *self, GString *json)
{
  tool_json_append_number (json, "acknowledged", self->n_acknowledged);
  tool_json_append_number (json, "failed", self->n_failed);
  tool_json_append_number (json, "unknown", self->n_unknown);
}

ToolStatus
tool_receipts_get_status (ToolReceipts *self)
{
  if (self->status != TOOL_DONE)
    return self->status;
  return self->n_failed > 0 || self->n_unknown > 0 ? TOOL_FAILED : TOOL_DONE;
}
