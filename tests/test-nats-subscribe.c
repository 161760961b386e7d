/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nats-recorder.h"

#include <string.h>

#include "../plugins/protocols/nats/nats-subject.h"

/* What a client of NATS subscribes to: the subjects that stand for prefixes and
 * patterns, filters by which nothing comes twice, and what the server hears. */

/* ---- subjects and filters ---- */

typedef struct
{
  const char *text;
  const char *subject; /* NULL: none */
  const char *base;
} Mapping;

static void
test_prefixes (void)
{
  static const Mapping mappings[] = {
    { "", ">", NULL },
    { "a", ">", NULL },
    { "a/", "a.>", NULL },
    { "a/b", "a.>", NULL },
    { "a/b/", "a.b.>", NULL },
    { "a/*", "a.>", NULL },
    { "$SYS", "$SYS.>", NULL },
    { "$JS/API", "$JS.>", NULL },
    { "_INBOX", "_INBOX.>", NULL },
    { "_INBOXES", ">", NULL },
    { "/", NULL, NULL },
    { "/a", NULL, NULL },
    { "a//", NULL, NULL },
    { "a//b", NULL, NULL },
    { "a/*/", NULL, NULL },
    { "a/>/b", NULL, NULL },
    { "a.b", NULL, NULL },
    { "a.b/", NULL, NULL },
    { "a b/c/", NULL, NULL },
    { "a/\r\n", NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (mappings); i++)
    {
      g_autofree char *subject = nats_subject_from_prefix (mappings[i].text);

      g_assert_cmpstr (subject, ==, mappings[i].subject);
    }
}

static void
test_patterns (void)
{
  static const Mapping mappings[] = {
    { "a", "a", NULL },           { "a/b", "a.b", NULL },
    { "*", "*", NULL },           { "a/*/c", "a.*.c", NULL },
    { "**", ">", NULL },          { "a/**", "a.>", "a" },
    { "a/*/**", "a.*.>", "a.*" }, { "a/**/**", "a.>", "a" },
    { "a/**/c", "a.>", NULL },    { "**/c", ">", NULL },
    { "*/**", "*.>", "*" },       { "a/", NULL, NULL },
    { "/a", NULL, NULL },         { "a//b", NULL, NULL },
    { "a.b", NULL, NULL },        { "a/>", NULL, NULL },
    { "a b", NULL, NULL },        { "a/\n/**", NULL, NULL },
    { "a/b*", "a.b*", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (mappings); i++)
    {
      g_autofree char *base = NULL;
      g_autofree char *subject =
        nats_subject_from_pattern (mappings[i].text, &base);

      g_assert_cmpstr (subject, ==, mappings[i].subject);
      g_assert_cmpstr (base, ==, mappings[i].base);
    }
}

typedef struct
{
  char sign;
  const char *subject;
  const char *told; /* in the order of the alphabet */
} Step;

static void
add_told (gpointer data, const char *subject, gboolean wanted)
{
  char *line = g_strdup_printf ("%c%s", wanted ? '+' : '-', subject);

  g_ptr_array_add (data, line);
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What is told is a change from one set to the next: what comes and goes is
 * none. */
static char *
join_told (GPtrArray *told)
{
  g_ptr_array_sort (told, compare_texts);
  for (guint i = 0; i < told->len; i++)
    for (guint k = 0; k < told->len; k++)
      if (*(char *) told->pdata[i] == '+' && *(char *) told->pdata[k] == '-' &&
          strcmp ((char *) told->pdata[i] + 1, (char *) told->pdata[k] + 1) ==
            0)
        {
          g_ptr_array_remove_index (told, MAX (i, k));
          g_ptr_array_remove_index (told, MIN (i, k));
          return join_told (told);
        }
  g_ptr_array_add (told, NULL);
  return g_strjoinv (" ", (char **) told->pdata);
}

static void
test_filters (void)
{
  static const Step steps[] = {
    { '+', "a.b.>", "+a.b.>" },
    { '+', "a.b.>", "" },
    { '+', "a.b.c", "" },
    { '+', "a.*.c", "+a.*.> -a.b.>" }, /* a.b.c comes by both */
    { '+', "x.*", "+x.*" },
    { '+', "*.y", "+*.* -x.*" },
    { '+', "$SYS.>", "+$SYS.>" },
    { '-', "a.b.>", "" },
    { '-', "a.b.>", "+a.*.c -a.*.>" },
    { '+', ">", "+> -*.* -a.*.c" },
    { '+', "q.r", "" },
    { '-', "q.r", "" },
    { '-', "x.*", "" },
    { '-', ">", "+*.y +a.*.c ->" },
    { '-', "never", "" },
    { '+', "_INBOX.x.*", "+_INBOX.x.*" },
    { '+', "*.*.*", "+*.*.* -a.*.c" },
    { '-', "*.*.*", "+a.*.c -*.*.*" },
    { '-', "a.*.c", "+a.b.c -a.*.c" },
    { '-', "a.b.c", "-a.b.c" },
    { '-', "*.y", "-*.y" },
    { '-', "$SYS.>", "-$SYS.>" },
    { '-', "_INBOX.x.*", "-_INBOX.x.*" },
    { '+', "a", "+a" },
    { '+', "a.>", "+a.>" }, /* which has not "a" */
    { '+', "*", "+* -a" },
    { '+', "*.>", "+*.> -a.>" },
  };
  NatsFilters self = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *text = NULL;

      if (steps[i].sign == '+')
        nats_filters_add (&self, steps[i].subject, add_told, told);
      else
        nats_filters_remove (&self, steps[i].subject, add_told, told);
      text = join_told (told);
      if (strcmp (text, steps[i].told) != 0)
        g_error ("step %u: %s", i, text);
    }
  nats_filters_clear (&self);
}

/* Whether the subject has the literal one, by the rule of NATS. */
static gboolean
has (const char *subject, const char *literal)
{
  g_auto (GStrv) a = g_strsplit (subject, ".", -1);
  g_auto (GStrv) b = g_strsplit (literal, ".", -1);
  guint i;

  for (i = 0; a[i] != NULL && b[i] != NULL; i++)
    if (g_str_equal (a[i], ">"))
      return TRUE;
    else if (!g_str_equal (a[i], "*") && !g_str_equal (a[i], b[i]))
      return FALSE;
  return a[i] == NULL && b[i] == NULL;
}

static void
note_told (gpointer data, const char *subject, gboolean wanted)
{
  if (wanted)
    g_assert_true (g_hash_table_add (data, g_strdup (subject)));
  else
    g_assert_true (g_hash_table_remove (data, subject));
}

static char *
make_random_subject (GRand *random, gboolean is_literal)
{
  GString *subject = g_string_new (NULL);
  const int n = g_rand_int_range (random, 1, 4);

  for (int i = 0; i < n; i++)
    {
      const int choice = g_rand_int_range (random, 0, is_literal ? 3 : 5);

      if (i > 0)
        g_string_append_c (subject, '.');
      if (choice == 4 && i == n - 1)
        g_string_append_c (subject, '>');
      else
        g_string_append_c (subject, choice >= 3 ? '*' : 'a' + choice);
    }
  return g_string_free (subject, FALSE);
}

/* All that is wanted comes, and nothing comes twice, whatever was subscribed
 * to. */
static void
test_filters_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());

  for (guint round = 0; round < 200; round++)
    {
      NatsFilters self = { 0 };
      g_autoptr (GHashTable) told =
        g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_autoptr (GPtrArray) wanted = g_ptr_array_new_with_free_func (g_free);

      for (guint step = 0; step < 30; step++)
        {
          if (wanted->len > 0 && g_rand_int_range (random, 0, 3) == 0)
            {
              const guint i = g_rand_int_range (random, 0, wanted->len);

              nats_filters_remove (&self, wanted->pdata[i], note_told, told);
              g_ptr_array_remove_index_fast (wanted, i);
            }
          else
            {
              g_ptr_array_add (wanted, make_random_subject (random, FALSE));
              nats_filters_add (&self, wanted->pdata[wanted->len - 1],
                                note_told, told);
            }
          for (guint i = 0; i < 20; i++)
            {
              g_autofree char *literal = make_random_subject (random, TRUE);
              GHashTableIter iter;
              gpointer subject;
              guint n = 0;
              gboolean is_wanted = FALSE;

              g_hash_table_iter_init (&iter, told);
              while (g_hash_table_iter_next (&iter, &subject, NULL))
                n += has (subject, literal);
              for (guint k = 0; k < wanted->len; k++)
                is_wanted = is_wanted || has (wanted->pdata[k], literal);
              g_assert_cmpuint (n, <=, 1);
              if (is_wanted)
                g_assert_cmpuint (n, ==, 1);
            }
        }
      while (wanted->len > 0)
        {
          nats_filters_remove (&self, wanted->pdata[0], note_told, told);
          g_ptr_array_remove_index_fast (wanted, 0);
        }
      g_assert_cmpuint (g_hash_table_size (told), ==, 0);
      nats_filters_clear (&self);
    }
}

/* ---- subscriptions ---- */

/* What is on its way when a wider subject takes the place of one still arrives,
 * and what comes later by the old number does not. */
static void
test_subscribe (void)
{
  g_autoptr (Recorder) self = nats_recorder_new ();

  FEED (self, INFO PONG);
  nats_recorder_forget (self);
  nats_recorder_subscribe (self, "a/b/", TRUE);
  WRITTEN (self, "SUB a.b.> 1\r\n");
  nats_recorder_subscribe (self, "a/", TRUE);
  WRITTEN (self, "SUB a.> 2\r\nUNSUB 1\r\nPING\r\n");
  FEED (self, "MSG a.b.c 1 1\r\nx\r\n" PONG "MSG a.b.c 1 1\r\ny\r\n"
              "MSG a.b.c 2 1\r\nz\r\n");
  g_assert_no_error (self->failure);
  g_assert_cmpuint (self->delivered->len, ==, 2);
  MESSAGE (self, 0, "a/b/c", NULL, "x");
  MESSAGE (self, 1, "a/b/c", NULL, "z");
  nats_recorder_pattern (self, "z/**", TRUE);
  nats_recorder_pattern (self, "z/**", FALSE);
  FEED (self, PONG);
  g_assert_no_error (self->failure);
}

static void
test_queue_group (void)
{
  g_autoptr (Recorder) self =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "queue-group", "crew", NULL),
                  TRUE, "spock", NULL);

  FEED (self, INFO PONG);
  nats_recorder_forget (self);
  nats_recorder_subscribe (self, "a/", TRUE);
  WRITTEN (self, "SUB a.> crew 1\r\n");
}

/* The server's answer to a PING says that it knows them. */
static void
test_confirm (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  recorder_ping (self);
  g_assert_true (HEIN_PROTOCOL_GET_CLASS (self->protocol)
                   ->confirm (self->protocol, self->wire, 7));
  WRITTEN (self, "PING\r\nPING\r\n");
  FEED (self, PONG);
  g_assert_null (strstr (self->log->str, "confirmed"));
  FEED (self, PONG);
  recorder_assert_logged (self, "confirmed 7");
}

/* What the system and inboxes have does not come by "everything". */
static void
test_special (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();

  FEED (self, "MSG $SYS.x 1 1\r\na\r\nMSG _INBOX.x 1 1\r\nb\r\n"
              "MSG _INBOXES.x 1 1\r\nc\r\n");
  g_assert_cmpuint (self->delivered->len, ==, 1);
  nats_recorder_subscribe (self, "$SYS/", TRUE);
  WRITTEN (self, "SUB $SYS.> 2\r\n");
  FEED (self, "MSG $SYS.x 2 1\r\nd\r\n");
  g_assert_cmpuint (self->delivered->len, ==, 2);
  MESSAGE (self, 1, "$SYS/x", NULL, "d");
}

/* Who subscribes to what cannot be in NATS is told. */
static void
test_no_subject (void)
{
  g_autoptr (Recorder) self = nats_recorder_open ();
  g_autoptr (Recorder) mute =
    recorder_new (g_object_new (HEIN_TYPE_NATS, "subscribe", FALSE, NULL), TRUE,
                  "spock", NULL);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*prefix \"a.b\"*");
  nats_recorder_subscribe (self, "a.b", TRUE);
  g_test_assert_expected_messages ();
  nats_recorder_subscribe (self, "a.b", FALSE);
  WRITTEN (self, "");
  FEED (mute, INFO PONG);
  nats_recorder_forget (mute);
  nats_recorder_subscribe (mute, "", TRUE);
  nats_recorder_pattern (mute, "a.b", TRUE);
  WRITTEN (mute, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add_func ("/nats/" path, test)
  ADD ("queue-group", test_queue_group);
  ADD ("prefixes", test_prefixes);
  ADD ("patterns", test_patterns);
  ADD ("filters", test_filters);
  ADD ("filters-random", test_filters_random);
  ADD ("subscribe", test_subscribe);
  ADD ("confirm", test_confirm);
  ADD ("special", test_special);
  ADD ("no-subject", test_no_subject);
  return g_test_run ();
}
