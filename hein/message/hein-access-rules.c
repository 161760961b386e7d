/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-access-rules.h"

#include <string.h>

#include <hein/hein-error.h>

#include "hein-access-index.h"
#include "hein-pattern.h"

/*
 * Reads the lines of access files, and finds the first that applies:
 *
 *   allow kirk        publish,receive  lamps/on
 *   deny  psk:visitor *                secret/...
 */

#define SPACE " \t\r"

/* So few rules are looked at one by one, which is as fast as an index is. */
#define FEW_RULES 16

/* Bytes of a word that an error shows. */
#define SHOWN_MAX 80

/* One bit for each action. */
#define ALL_ACTIONS                                                            \
  ((1u << HEIN_ACTION_PUBLISH) | (1u << HEIN_ACTION_RECEIVE) |                 \
   (1u << HEIN_ACTION_REQUEST))

typedef enum
{
  WHO_EVERYBODY,
  WHO_ANONYMOUS,
  WHO_NAME,     /* a name that was proved */
  WHO_SECURITY, /* exactly this text of a proof, such as "psk:lamps" */
  WHO_KIND      /* any proof that begins so, such as "psk:" */
} WhoKind;

typedef struct
{
  gboolean allows;
  guint actions; /* bits */
  WhoKind kind;
  guint line;
  const char *who;     /* borrowed from the text */
  const char *pattern; /* the same */
} Rule;

struct _HeinAccessRules
{
  char *text;             /* owned; cut into words */
  GArray *rules;          /* Rule */
  HeinAccessIndex *index; /* owned; NULL: there are few rules */
};

/* ---- words ---- */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED, text);
  return FALSE;
}

/* Fails for a word of the file, which may hold anything. */
static gboolean
fail_word (GError **error, const char *word, const char *advice)
{
  g_autofree char *shown =
    hein_error_dup_printable (word, strnlen (word, SHOWN_MAX));

  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "\"%s\": %s", shown,
               advice);
  return FALSE;
}

/* Cuts the next word off a line; it may be in quotes. NULL: the line is over,
 * or a quote is. */
static char *
cut_word (char **line)
{
  char *word = *line + strspn (*line, SPACE);
  char *end;

  if (*word == '"')
    {
      word++;
      end = strchr (word, '"');
      if (end == NULL)
        return NULL;
    }
  else
    end = word + strcspn (word, SPACE);
  *line = end + (*end != '\0');
  *end = '\0';
  return *word != '\0' ? word : NULL;
}

static gboolean
read_verdict (const char *word, Rule *rule, GError **error)
{
  rule->allows = g_str_equal (word, "allow");
  return rule->allows || g_str_equal (word, "deny") ||
         fail_word (error, word, "a line begins with allow or deny");
}

static gboolean
read_who (const char *word, Rule *rule, GError **error)
{
  const char *star = strchr (word, '*');
  const gsize size = strlen (word);

  rule->who = word;
  if (g_str_equal (word, "*"))
    rule->kind = WHO_EVERYBODY;
  else if (g_str_equal (word, "anonymous"))
    rule->kind = WHO_ANONYMOUS;
  else if (star == NULL)
    rule->kind = strchr (word, ':') != NULL ? WHO_SECURITY : WHO_NAME;
  else if (star == word + size - 1 && size > 2 && star[-1] == ':')
    rule->kind = WHO_KIND;
  else
    return fail_word (error, word,
                      "a star stands for everybody (*), or for all of a kind, "
                      "as in psk:*, and not for a part of a name");
  return TRUE;
}

static gboolean
read_action (const char *word, Rule *rule, GError **error)
{
  static const char *const names[] = {
    [HEIN_ACTION_PUBLISH] = "publish",
    [HEIN_ACTION_RECEIVE] = "receive",
    [HEIN_ACTION_REQUEST] = "request",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (word, names[i]))
      {
        rule->actions |= 1u << i;
        return TRUE;
      }
  return fail_word (error, word,
                    "an action is publish, receive or request, several with "
                    "commas between them, or * for all");
}

static gboolean
read_actions (char *word, Rule *rule, GError **error)
{
  char *end;

  if (g_str_equal (word, "*"))
    {
      rule->actions = ALL_ACTIONS;
      return TRUE;
    }
  while ((end = strchr (word, ',')) != NULL)
    {
      *end = '\0';
      if (!read_action (word, rule, error))
        return FALSE;
      word = end + 1;
    }
  return read_action (word, rule, error);
}

/* The rest of the line: a topic may have spaces. */
static gboolean
read_pattern (char *rest, Rule *rule, GError **error)
{
  gsize size;

  rest += strspn (rest, SPACE);
  size = strlen (rest);
  while (size > 0 && strchr (SPACE, rest[size - 1]) != NULL)
    rest[--size] = '\0';
  if (size == 0)
    return fail (error, "the topic is missing: ** stands for all of them");
  rule->pattern = rest;
  return hein_pattern_check (rest, error);
}

static gboolean
read_rule (char *line, Rule *rule, GError **error)
{
  const char *verdict = cut_word (&line);
  const char *who = verdict != NULL ? cut_word (&line) : NULL;
  char *actions = who != NULL ? cut_word (&line) : NULL;

  if (actions == NULL)
    return fail (error, "expected: allow or deny, who, what, and a topic, as "
                        "in: allow kirk publish,receive lamps/**");
  return read_verdict (verdict, rule, error) && read_who (who, rule, error) &&
         read_actions (actions, rule, error) &&
         read_pattern (line, rule, error);
}

/* ---- lines ---- */

static gboolean
add_line (HeinAccessRules *self, char *line, guint n_line, GError **error)
{
  Rule rule = { .line = n_line };

  line += strspn (line, SPACE);
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (self->rules->len >= HEIN_ACCESS_MAX_RULES)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "more than %d lines say something: use patterns",
                   HEIN_ACCESS_MAX_RULES);
      return FALSE;
    }
  if (!read_rule (line, &rule, error))
    return FALSE;
  g_array_append_val (self->rules, rule);
  return TRUE;
}

static gboolean
add_lines (HeinAccessRules *self, GError **error)
{
  char *line = self->text;

  for (guint n = 1; *line != '\0'; n++)
    {
      const gsize size = strcspn (line, "\n");
      char *next = line + size + (line[size] != '\0');

      line[size] = '\0';
      if (!add_line (self, line, n, error))
        {
          g_prefix_error (error, "line %u: ", n);
          return FALSE;
        }
      line = next;
    }
  return TRUE;
}

/* Everybody has the key of "*", since most files have rules for it. */
static guint
get_key_of_everybody (void)
{
  return hein_access_index_get_key ("*", 1);
}

/* Of "psk:" in "psk:lamps", or in "psk:*". */
static guint
get_key_of_kind (const char *security)
{
  const char *end = strchr (security, ':');

  return hein_access_index_get_key (security,
                                    end != NULL ? end + 1 - security : 0);
}

static guint
get_key (const Rule *self)
{
  switch (self->kind)
    {
    case WHO_NAME:
    case WHO_SECURITY:
      return hein_access_index_get_key (self->who, strlen (self->who));
    case WHO_KIND:
      return get_key_of_kind (self->who);
    case WHO_EVERYBODY:
    case WHO_ANONYMOUS:
    default:
      return get_key_of_everybody ();
    }
}

static void
add_index (HeinAccessRules *self)
{
  if (self->rules->len <= FEW_RULES)
    return;
  self->index = hein_access_index_new (self->rules->len);
  for (guint i = self->rules->len; i-- > 0;)
    {
      const Rule *rule = &g_array_index (self->rules, Rule, i);

      hein_access_index_add (self->index, i, get_key (rule), rule->pattern);
    }
}

static gboolean
check_text (const char *text, gsize size, GError **error)
{
  if (size > HEIN_ACCESS_MAX_BYTES)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "an access file has at most %d bytes",
                   HEIN_ACCESS_MAX_BYTES);
      return FALSE;
    }
  return g_utf8_validate_len (text, size, NULL) ||
         fail (error, "is no access file: it is not text in UTF-8");
}

HeinAccessRules *
hein_access_rules_new (const char *text, gsize size, GError **error)
{
  g_autoptr (HeinAccessRules) self = NULL;

  if (!check_text (text, size, error))
    return NULL;
  self = g_rc_box_new0 (HeinAccessRules);
  self->text = g_strndup (text, size);
  self->rules = g_array_new (FALSE, FALSE, sizeof (Rule));
  if (!add_lines (self, error))
    return NULL;
  add_index (self);
  return g_steal_pointer (&self);
}

static void
clear (gpointer data)
{
  HeinAccessRules *self = data;

  g_free (self->text);
  g_array_unref (self->rules);
  g_clear_pointer (&self->index, hein_access_index_free);
}

void
hein_access_rules_release (HeinAccessRules *self)
{
  g_rc_box_release_full (self, clear);
}

guint
hein_access_rules_get_size (const HeinAccessRules *self)
{
  return self->rules->len;
}

/* ---- deciding ---- */

static gboolean
is_about (const Rule *self, const HeinAccessPeer *peer)
{
  switch (self->kind)
    {
    case WHO_EVERYBODY:
      return TRUE;
    case WHO_ANONYMOUS:
      return peer->security == NULL && peer->name == NULL;
    case WHO_NAME:
      return peer->name != NULL && strcmp (peer->name, self->who) == 0;
    case WHO_SECURITY:
      return peer->security != NULL && strcmp (peer->security, self->who) == 0;
    case WHO_KIND:
      return peer->security != NULL &&
             strncmp (peer->security, self->who, strlen (self->who) - 1) == 0;
    default:
      return FALSE;
    }
}

/* What somebody wants to do. */
typedef struct
{
  const HeinAccessRules *rules;
  const HeinAccessPeer *peer;
  HeinAction action;
  const char *topic;
  gsize topic_size;
} Wish;

static gboolean
applies (gconstpointer data, guint rule)
{
  const Wish *wish = data;
  const Rule *self = &g_array_index (wish->rules->rules, Rule, rule);

  return (self->actions & 1u << wish->action) != 0 &&
         is_about (self, wish->peer) &&
         hein_pattern_match (self->pattern, wish->topic, wish->topic_size);
}

static guint
find_among_few (const Wish *wish)
{
  for (guint i = 0; i < wish->rules->rules->len; i++)
    if (applies (wish, i))
      return i;
  return G_MAXUINT;
}

static guint
find_in_index (const Wish *wish)
{
  const HeinAccessPeer *peer = wish->peer;
  guint whos[HEIN_ACCESS_WHOS_MAX] = { get_key_of_everybody () };
  guint n = 1;

  if (peer->name != NULL)
    whos[n++] = hein_access_index_get_key (peer->name, strlen (peer->name));
  if (peer->security != NULL)
    {
      whos[n++] =
        hein_access_index_get_key (peer->security, strlen (peer->security));
      whos[n++] = get_key_of_kind (peer->security);
    }
  return hein_access_index_find (wish->rules->index, whos, n, wish->topic,
                                 wish->topic_size, applies, wish);
}

gboolean
hein_access_rules_allow (const HeinAccessRules *self,
                         const HeinAccessPeer *peer,
                         HeinAction action,
                         const char *topic,
                         gsize topic_size,
                         int *rule)
{
  const Wish wish = { self, peer, action, topic, topic_size };
  const guint found =
    self->index != NULL ? find_in_index (&wish) : find_among_few (&wish);

  if (rule != NULL)
    *rule = found != G_MAXUINT ? (int) found : -1;
  return found != G_MAXUINT && g_array_index (self->rules, Rule, found).allows;
}

static void
append_actions (GString *text, guint actions)
{
  if (actions == ALL_ACTIONS)
    {
      g_string_append_c (text, '*');
      return;
    }
  if (actions & 1u << HEIN_ACTION_PUBLISH)
    g_string_append (text, "publish,");
  if (actions & 1u << HEIN_ACTION_RECEIVE)
    g_string_append (text, "receive,");
  if (actions & 1u << HEIN_ACTION_REQUEST)
    g_string_append (text, "request,");
  g_string_truncate (text, text->len - 1);
}

char *
hein_access_rules_dup_text (const HeinAccessRules *self, int rule)
{
  g_autoptr (GString) text = NULL;
  const Rule *one;

  if (rule < 0)
    return g_strdup ("no line is about this, and what no line allows is "
                     "refused");
  one = &g_array_index (self->rules, Rule, rule);
  text = g_string_new (NULL);
  g_string_append_printf (text, "line %u: %s %s ", one->line,
                          one->allows ? "allow" : "deny", one->who);
  append_actions (text, one->actions);
  g_string_append_printf (text, " %s", one->pattern);
  return hein_error_dup_printable (text->str, text->len);
}
