/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-losses.h"

#include "tool-options.h"
#include "tool-session.h"

/* What a command has not received, or not sent. */

void
tool_losses_tell (HeinBus *bus)
{
  static const struct
  {
    HeinDropReason reason;
    const char *text;
  } kinds[] = { { HEIN_DROP_REASON_LOST, "lost on the way" },
                { HEIN_DROP_REASON_OVERFLOW, "without room" },
                { HEIN_DROP_REASON_INVALID, "of no use" } };
  g_autoptr (GString) text = g_string_new ("not received: ");
  const gsize empty = text->len;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      const guint64 n = hein_bus_get_n_dropped (bus, kinds[i].reason);

      if (n > 0)
        g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " %s",
                                text->len > empty ? ", " : "", n,
                                kinds[i].text);
    }
  if (text->len > empty)
    tool_complain ("%s", text->str);
}

/* Counts what was dropped, and appends the reasons to @reasons. */
static guint64
count_unsent (HeinBus *bus, guint64 n_expired, GString *reasons)
{
  const HeinDropReason all[] = {
    HEIN_DROP_REASON_OVERFLOW,   HEIN_DROP_REASON_NO_PEER,
    HEIN_DROP_REASON_STRATEGY,   HEIN_DROP_REASON_CLOSED,
    HEIN_DROP_REASON_UNSENDABLE, HEIN_DROP_REASON_EXPIRED,
  };
  guint64 n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      guint64 n_here = hein_bus_get_n_dropped (bus, all[i]);

      if (all[i] == HEIN_DROP_REASON_EXPIRED)
        n_here += n_expired;
      if (n_here > 0)
        g_string_append_printf (reasons, "%s%s", n > 0 ? ", " : "",
                                tool_get_drop_nick (all[i]));
      n += n_here;
    }
  return n;
}

guint64
tool_losses_tell_unsent (HeinBus *bus, guint64 n_expired, gboolean is_verbose)
{
  g_autoptr (GString) reasons = g_string_new (NULL);
  const guint64 n = count_unsent (bus, n_expired, reasons);

  if (n > 0)
    tool_complain ("%" G_GUINT64_FORMAT " message%s did not reach a peer: %s%s",
                   n, n == 1 ? "" : "s", reasons->str,
                   is_verbose ? "" : " (--verbose tells more)");
  return n;
}
