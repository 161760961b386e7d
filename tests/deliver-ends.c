/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "deliver-ends.h"

/* The side that delivers messages, for tests of receipts. */

void
delivered_clear (Delivered *self)
{
  g_clear_pointer (&self->receipt, hein_receipt_unref);
  g_clear_error (&self->error);
}

void
delivered_on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Delivered *self = data;

  self->n_done++;
  g_assert_cmpuint (self->n_done, ==, 1);
  if (self->n_all != NULL)
    (*self->n_all)++;
  self->receipt =
    hein_bus_deliver_finish (HEIN_BUS (source), result, &self->error);
  g_assert_true ((self->receipt == NULL) == (self->error != NULL));
}

void
deliver_full (HeinTestBus *bus,
              const char *topic,
              const char *text,
              int timeout_ms,
              GCancellable *cancellable,
              Delivered *delivered)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  hein_bus_deliver_async (bus->bus, message, timeout_ms, cancellable,
                          delivered_on_done, delivered);
  g_assert_cmpuint (delivered->n_done, ==, 0); /* never within the call */
}

void
deliver (HeinTestBus *bus,
         const char *topic,
         const char *text,
         Delivered *delivered)
{
  deliver_full (bus, topic, text, -1, NULL, delivered);
}

void
assert_outcome (Delivered *delivered, HeinOutcome outcome, HeinError code)
{
  HeinReceipt *receipt = delivered->receipt;
  g_autoptr (GError) error = NULL;

  g_assert_no_error (delivered->error);
  g_assert_cmpuint (delivered->n_done, ==, 1);
  g_assert_cmpuint (hein_receipt_get_n_peers (receipt), ==, 1);
  g_assert_cmpint (hein_receipt_get_outcome (receipt, 0), ==, outcome);
  g_assert_cmpuint (hein_receipt_get_n_acknowledged (receipt), ==,
                    outcome == HEIN_OUTCOME_ACKNOWLEDGED);
  g_assert_cmpuint (hein_receipt_get_n_failed (receipt), ==,
                    outcome == HEIN_OUTCOME_FAILED);
  g_assert_cmpuint (hein_receipt_get_n_unknown (receipt), ==,
                    outcome == HEIN_OUTCOME_UNKNOWN);
  if (outcome == HEIN_OUTCOME_ACKNOWLEDGED)
    {
      g_assert_null (hein_receipt_get_error (receipt, 0));
      g_assert_true (hein_receipt_check (receipt, NULL));
      return;
    }
  g_assert_error ((GError *) hein_receipt_get_error (receipt, 0), HEIN_ERROR,
                  (int) code);
  g_assert_false (hein_receipt_check (receipt, &error));
  g_assert_error (error, HEIN_ERROR, (int) code);
}

void
assert_acknowledged (Delivered *delivered)
{
  assert_outcome (delivered, HEIN_OUTCOME_ACKNOWLEDGED, HEIN_ERROR_FAILED);
}
