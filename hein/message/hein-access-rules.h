/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-enums.h>

/* What an access file says: who may do what. */

G_BEGIN_DECLS

/* Limits of a file: lines that say something, and bytes. */
#define HEIN_ACCESS_MAX_RULES 10000
#define HEIN_ACCESS_MAX_BYTES (1024 * 1024)

/* Reference-counted by g_rc_box_acquire. */
typedef struct _HeinAccessRules HeinAccessRules;

/* Whom a rule is compared with. */
typedef struct
{
  const char *name;     /* nullable: a name that was proved */
  const char *security; /* nullable: nothing was proved */
} HeinAccessPeer;

/* Reads the rules in a text of @size bytes, of which it keeps a copy. NULL with
 * FAILED or TOO_LARGE, whose text says the line. */
HeinAccessRules *
hein_access_rules_new (const char *text, gsize size, GError **error);
void hein_access_rules_release (HeinAccessRules *self);
guint hein_access_rules_get_size (const HeinAccessRules *self);
/* Whether the first rule that applies allows it; none does: it is not allowed.
 * @topic need not be terminated. @rule: (out) (optional): the number of that
 * rule, from 0; -1 for none. */
gboolean hein_access_rules_allow (const HeinAccessRules *self,
                                  const HeinAccessPeer *peer,
                                  HeinAction action,
                                  const char *topic,
                                  gsize topic_size,
                                  int *rule);
/* Returns "line 3: allow kirk publish lamps/on" for a rule, or for -1 that no
 * line allows it. (transfer full) */
char *hein_access_rules_dup_text (const HeinAccessRules *self, int rule);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinAccessRules, hein_access_rules_release)

G_END_DECLS
