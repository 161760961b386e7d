/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-access.h"

#include <string.h>

#include "tool-options.h"
#include "tool-status.h"

/* What an access file allows, for the doctor. */

void
tool_doctor_check_access (ToolDoctor *self)
{
  const char *path = tool_doctor_get (self, "access-file");
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  gboolean is_allowed;

  if (path == NULL)
    return;
  reason = hein_access_explain (path, NULL, NULL, HEIN_ACTION_PUBLISH, "",
                                &is_allowed, &error);
  if (reason != NULL)
    tool_report_add (&self->report, TOOL_OK, "access", NULL,
                     "%s can be read: 'hein doctor --access FILE WHO ACTION "
                     "TOPIC' tells which line decides",
                     path);
  else
    tool_report_add (&self->report, TOOL_PROBLEM, "access",
                     "correct the file: its lines are as in 'allow kirk "
                     "publish,receive lamps/**'",
                     "%s", error->message);
}

/* ---- one question ---- */

typedef struct
{
  char *name;     /* owned, nullable */
  char *security; /* owned, nullable */
} Who;

static void
who_clear (Who *self)
{
  g_free (self->name);
  g_free (self->security);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Who, who_clear)

static void
take_part (Who *self, const char *part)
{
  char **place = strchr (part, ':') != NULL ? &self->security : &self->name;

  if (g_str_equal (part, "anonymous") || g_str_equal (part, "none"))
    return;
  g_free (*place);
  *place = g_strdup (part);
}

/* "kirk", "psk:lamps", "kirk,ca:fleet" or "anonymous". What is pinned is a
 * name. */
static void
parse_who (Who *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", 2);

  for (guint i = 0; parts[i] != NULL; i++)
    take_part (self, parts[i]);
  if (self->name == NULL && self->security != NULL &&
      g_str_has_prefix (self->security, "pin:"))
    self->name = g_strdup (self->security + strlen ("pin:"));
}

static gboolean
parse_action (const char *text, HeinAction *action)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (HEIN_TYPE_ACTION);
  const GEnumValue *value = g_enum_get_value_by_nick (class, text);

  if (value != NULL)
    *action = value->value;
  return value != NULL;
}

int
tool_doctor_explain_access (ToolReport *report, const char *path, char **words)
{
  const char *topic = words[2];
  g_auto (Who) who = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  HeinAction action;
  gboolean is_allowed;

  if (!parse_action (words[1], &action))
    return tool_complain_usage ("an action is publish, receive or request, not "
                                "'%s'",
                                words[1]);
  parse_who (&who, words[0]);
  reason = hein_access_explain (path, who.name, who.security, action, topic,
                                &is_allowed, &error);
  if (reason == NULL)
    tool_report_add (report, TOOL_PROBLEM, "access", "correct the file", "%s",
                     error->message);
  else if (is_allowed)
    tool_report_add (report, TOOL_OK, "access", NULL, "%s may %s \"%s\": %s",
                     words[0], words[1], topic, reason);
  else
    tool_report_add (report, TOOL_PROBLEM, "access",
                     "if it should, put a line that allows it before any that "
                     "denies it",
                     "%s may not %s \"%s\": %s", words[0], words[1], topic,
                     reason);
  return TOOL_DONE;
}
