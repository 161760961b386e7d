/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "fuzz.h"
#include "message/hein-access-rules.h"

/* Access files: an error that can be printed, or rules of which the first that is
 * about a peer decides, and nothing is allowed without one. */

static void
check_decision (HeinAccessRules *rules,
                const HeinAccessPeer *peer,
                HeinAction action,
                const char *topic)
{
  int rule = G_MININT;
  const gboolean allows =
    hein_access_rules_allow (rules, peer, action, topic, strlen (topic), &rule);
  g_autofree char *text = hein_access_rules_dup_text (rules, rule);

  g_assert_cmpint (rule, >=, -1);
  g_assert_cmpint (rule, <, (int) hein_access_rules_get_size (rules));
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strchr (text, '\n'));
  g_assert_true (rule >= 0 || !allows);
  if (rule >= 0)
    g_assert_true (
      g_str_has_prefix (strstr (text, ": ") + 2, allows ? "allow " : "deny "));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const HeinAccessPeer peers[] = {
    { "kirk", "pin:kirk" },
    { NULL, "psk:lamps" },
    { NULL, NULL },
  };
  static const char *const topics[] = { "", "t", "a/b/c", "lamps/desk/on" };
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinAccessRules) rules =
    hein_access_rules_new ((const char *) data, size, &error);

  g_assert_true ((rules == NULL) == (error != NULL));
  for (guint i = 0; rules != NULL && i < G_N_ELEMENTS (peers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (topics); j++)
      for (int action = 0; action <= HEIN_ACTION_REQUEST; action++)
        check_decision (rules, &peers[i], action, topics[j]);
  return 0;
}
