/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explorer-right.h"

#include <string.h>
#include <unistd.h>

#include "explorer-topic.h"

/* Rights of the explorer: see explorer-right.h. */

#define LINES_MAX 5

static const char *const action_names[] = {
  [HEIN_ACTION_PUBLISH] = "publish",
  [HEIN_ACTION_RECEIVE] = "receive",
  [HEIN_ACTION_REQUEST] = "request",
};

typedef struct
{
  gboolean allows;
  char who[32];
  guint actions; /* bits */
  guint32 topics;
} Rule;

typedef struct
{
  gint64 since_us;
  guint n;
  Rule rules[LINES_MAX + 1];
} Version;

struct _Rights
{
  char *path;       /* owned */
  GArray *versions; /* Version */
};

Rights *
rights_new (const char *folder, const char *place)
{
  Rights *self = g_new0 (Rights, 1);

  self->path = g_strdup_printf ("%s/%s.access", folder, place);
  self->versions = g_array_new (FALSE, FALSE, sizeof (Version));
  return self;
}

void
rights_free (Rights *self)
{
  if (self == NULL)
    return;
  unlink (self->path);
  g_array_unref (self->versions);
  g_free (self->path);
  g_free (self);
}

const char *
rights_get_path (const Rights *self)
{
  return self->path;
}

/* ---- writing ---- */

/* Each has a size of its own: files of one size that are written within a tick
 * of the file system look the same. */
static void
write_version (Scene *scene, Rights *self, Version *version, GString *text)
{
  g_autoptr (GError) error = NULL;

  g_string_append_c (text, '#');
  while (text->len % 1024 != self->versions->len % 1024)
    g_string_append_c (text, '#');
  g_file_set_contents_full (self->path, text->str, text->len,
                            G_FILE_SET_CONTENTS_NONE, 0644, &error);
  g_assert_no_error (error);
  version->since_us = hein_simulation_get_time_us (scene->net);
  g_array_append_vals (self->versions, version, 1);
}

static void
append_actions (GString *text, guint actions)
{
  const char *before = " ";

  for (guint i = 0; i < G_N_ELEMENTS (action_names); i++)
    if ((actions & 1u << i) != 0)
      {
        g_string_append_printf (text, "%s%s", before, action_names[i]);
        before = ",";
      }
}

static void
draw_who (Scene *scene, Rule *rule)
{
  static const char *const others[] = { "*", "*", "anonymous", "psk:*",
                                        "unix:*" };
  const guint i = scene_draw (G_N_ELEMENTS (others) + 3);

  if (i < G_N_ELEMENTS (others))
    g_strlcpy (rule->who, others[i], sizeof rule->who);
  else if (i == G_N_ELEMENTS (others) && scene->kind->proof != NULL)
    g_strlcpy (rule->who, scene->kind->proof, sizeof rule->who);
  else
    g_snprintf (rule->who, sizeof rule->who, "%c%u",
                'a' + scene_draw (scene->n_places),
                1 + scene_draw (scene->n_lives + 2));
}

static void
draw_rule (Scene *scene, Rule *rule, GString *text)
{
  const char *pattern = topic_draw_pattern ();

  rule->allows = scene_draw (3) > 0;
  rule->actions = 1 + scene_draw (7);
  rule->topics = topic_set_of_pattern (pattern);
  draw_who (scene, rule);
  g_string_append_printf (text, "%s %s", rule->allows ? "allow" : "deny",
                          rule->who);
  append_actions (text, rule->actions);
  g_string_append_printf (text, " %s\n", pattern);
}

/* What is said when all is over is for all. */
void
rights_draw (Scene *scene, Rights *self)
{
  g_autoptr (GString) text = g_string_new ("allow * * call\n");
  Version version = { .n = 1 + scene_draw (LINES_MAX + 1) };

  version.rules[0] = (Rule){ TRUE, "*", 7, 1u << topic_find ("call") };
  for (guint i = 1; i < version.n; i++)
    draw_rule (scene, &version.rules[i], text);
  write_version (scene, self, &version, text);
}

void
rights_open (Scene *scene, Rights *self)
{
  g_autoptr (GString) text = g_string_new ("allow * * **\n");
  Version version = { .n = 1 };

  version.rules[0] = (Rule){ TRUE, "*", 7, TOPIC_ALL };
  write_version (scene, self, &version, text);
}

/* ---- asking ---- */

static gboolean
is_about (const Rule *self, const char *name, const char *proof)
{
  const gsize size = strlen (self->who);

  if (strcmp (self->who, "*") == 0)
    return TRUE;
  if (strcmp (self->who, "anonymous") == 0)
    return name == NULL && proof == NULL;
  if (self->who[size - 1] == '*')
    return proof != NULL && strncmp (proof, self->who, size - 1) == 0;
  return g_strcmp0 (self->who, name) == 0 || g_strcmp0 (self->who, proof) == 0;
}

static gboolean
allows (const Version *self,
        const char *name,
        const char *proof,
        HeinAction action,
        guint topic)
{
  for (guint i = 0; i < self->n; i++)
    {
      const Rule *rule = &self->rules[i];

      if ((rule->actions & 1u << action) != 0 &&
          (rule->topics & 1u << topic) != 0 && is_about (rule, name, proof))
        return rule->allows;
    }
  return FALSE;
}

gboolean
right_is_given (const Party *self,
                const Party *to,
                HeinAction action,
                guint topic,
                gint64 since_us)
{
  const ExplorerKind *kind = self->scene->kind;
  /* who dials has proved its name by its key */
  const gboolean has_name =
    kind->has_ring && scene_is_above (self->scene, self->name, to->name);
  g_autofree char *own = g_strconcat ("psk:", to->name, NULL);
  g_autofree char *usual = scene_dup_proof (self->scene, self);
  const char *proof = has_name ? own : usual;
  const GArray *versions = self->rights->versions;
  gint64 end_us = G_MAXINT64;

  for (guint i = versions->len; i-- > 0;)
    {
      const Version *version = &g_array_index (versions, Version, i);
      /* a file that changes again and again is not read until it stays */
      const gint64 read_us = version->since_us + RIGHTS_READ_MS * 1000;

      if (allows (version, has_name ? to->name : NULL, proof, action, topic))
        return TRUE;
      if (read_us < MIN (since_us, end_us))
        break; /* those before it were over by then */
      end_us = version->since_us;
    }
  return FALSE;
}

static void
check (const Party *self,
       const Party *to,
       HeinAction action,
       guint topic,
       gint64 sent_us)
{
  if (!right_is_given (self, to, action, topic, sent_us))
    scene_break (self->scene, "%s allows %s to %s %s", self->name, to->name,
                 action_names[action], topic_names[topic]);
}

void
right_check_message (const Party *self,
                     const Party *from,
                     HeinAction action,
                     guint topic,
                     gint64 sent_us)
{
  if (!self->scene->kind->has_rights)
    return;
  check (self, from, action, topic, sent_us);
  check (from, self, HEIN_ACTION_RECEIVE, topic, sent_us);
}
