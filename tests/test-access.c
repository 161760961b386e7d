/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "request-ends.h"
#include "trust-ends.h"

/* Access files: what they say, and what becomes of those they refuse. */

#define ACCESS "access-file=%s/access"

static void
allow (TrustEnds *self, const char *text)
{
  trust_ends_write (self, "access", text, 0644);
}

/* Returns when @sender, or both for NULL, can send: some protocols have messages in
 * one direction only. */
static void
open_for (TrustEnds *self, const char *rules, HeinTestBus *sender)
{
  allow (self, rules);
  trust_ends_listen (self, ACCESS);
  trust_ends_dial (self, "");
  if (sender == NULL)
    trust_ends_wait_for_both (self);
  else
    hein_test_wait (hein_test_bus_count_peers (sender) == 1);
}

static void
open_both (TrustEnds *self, const char *rules)
{
  open_for (self, rules, NULL);
}

static guint64
count_forbidden (HeinTestBus *bus)
{
  return hein_bus_get_n_dropped (bus->bus, HEIN_DROP_REASON_FORBIDDEN);
}

/* ---- the lines ---- */

typedef struct
{
  const char *name; /* of the test, which is what it checks */
  const char *rules;
  const char *peer; /* nullable: a proved name */
  const char *security;
  HeinAction action;
  const char *topic;
  gboolean is_allowed;
  const char *reason; /* the end of what is said */
} Decision;

#define PUBLISH HEIN_ACTION_PUBLISH
#define RECEIVE HEIN_ACTION_RECEIVE
#define REQUEST HEIN_ACTION_REQUEST
#define NO_LINE "no line is about this, and what no line allows is refused"

static const Decision decisions[] = {
  { "nothing", "", "kirk", "pin:kirk", PUBLISH, "t", FALSE, NO_LINE },
  { "comment", "# allow * * **\n\n", "kirk", "pin:kirk", PUBLISH, "t", FALSE,
    NO_LINE },
  { "first-decides", "deny * publish a/b\nallow * publish a/*\n", "kirk",
    "pin:kirk", PUBLISH, "a/b", FALSE, "line 1: deny * publish a/b" },
  { "first-allows", "\nallow * publish a/*\ndeny * publish a/b\n", "kirk",
    "pin:kirk", PUBLISH, "a/b", TRUE, "line 2: allow * publish a/*" },
  { "other-action", "allow kirk publish,request **", "kirk", "pin:kirk",
    RECEIVE, "t", FALSE, NO_LINE },
  { "second-action", "allow kirk publish,request **", "kirk", "pin:kirk",
    REQUEST, "t", TRUE, "line 1: allow kirk publish,request **" },
  { "all-actions", "allow kirk * **", "kirk", "pin:kirk", REQUEST, "t", TRUE,
    "line 1: allow kirk * **" },
  { "other-name", "allow kirk * **", "spock", "pin:spock", PUBLISH, "t", FALSE,
    NO_LINE },
  { "name-not-proved", "allow lamps * **", NULL, "psk:lamps", PUBLISH, "t",
    FALSE, NO_LINE },
  { "proof", "allow psk:lamps * **", NULL, "psk:lamps", PUBLISH, "t", TRUE,
    "line 1: allow psk:lamps * **" },
  { "proof-is-no-name", "allow psk:lamps * **", "psk:lamps", "ca:fleet",
    PUBLISH, "t", FALSE, NO_LINE },
  { "kind", "allow psk:* * **", NULL, "psk:lamps", PUBLISH, "t", TRUE,
    "line 1: allow psk:* * **" },
  { "other-kind", "allow psk:* * **", "kirk", "pin:kirk", PUBLISH, "t", FALSE,
    NO_LINE },
  { "anonymous", "allow anonymous * **", NULL, NULL, PUBLISH, "t", TRUE,
    "line 1: allow anonymous * **" },
  { "none", "allow anonymous * **", NULL, "none", PUBLISH, "t", TRUE,
    "line 1: allow anonymous * **" },
  { "proved-is-not-anonymous", "allow anonymous * **", NULL, "unix:0", PUBLISH,
    "t", FALSE, NO_LINE },
  { "called-anonymous", "allow anonymous * **", "anonymous", "pin:anonymous",
    PUBLISH, "t", FALSE, NO_LINE },
  { "everybody", "allow * * **", NULL, NULL, PUBLISH, "", TRUE,
    "line 1: allow * * **" },
  { "quotes", "allow \"james t kirk\" publish a b", "james t kirk",
    "pin:james t kirk", PUBLISH, "a b", TRUE,
    "line 1: allow james t kirk publish a b" },
  { "spaces", "\t allow\tkirk  publish \t a/b \t\r\n", "kirk", "pin:kirk",
    PUBLISH, "a/b", TRUE, "line 1: allow kirk publish a/b" },
  { "levels", "allow kirk publish a/**/z", "kirk", "pin:kirk", PUBLISH,
    "a/b/c/z", TRUE, "line 1: allow kirk publish a/**/z" },
  { "one-level", "allow kirk publish a/*", "kirk", "pin:kirk", PUBLISH, "a/b/c",
    FALSE, NO_LINE },
  { "no-new-line", "deny * * x\nallow kirk publish y", "kirk", "pin:kirk",
    PUBLISH, "y", TRUE, "line 2: allow kirk publish y" },
};

static void
test_decision (TrustEnds *self, gconstpointer data)
{
  const Decision *it = data;
  g_autofree char *path = trust_ends_dup_path (self, "access");
  g_autoptr (GError) error = NULL;
  g_autofree char *reason = NULL;
  gboolean is_allowed;

  allow (self, it->rules);
  reason = hein_access_explain (path, it->peer, it->security, it->action,
                                it->topic, &is_allowed, &error);
  g_assert_no_error (error);
  g_assert_cmpint (is_allowed, ==, it->is_allowed);
  g_assert_true (g_str_has_prefix (reason, path));
  g_assert_cmpstr (reason + strlen (path) + strlen (", "), ==, it->reason);
}

typedef struct
{
  const char *name;
  const char *text;
  const char *words; /* in the error */
} BadFile;

static const BadFile bad_files[] = {
  { "verdict", "allow a publish t\npermit kirk publish t",
    "line 2: \"permit\": a line begins with allow or deny" },
  { "action", "allow kirk send t",
    "line 1: \"send\": an action is publish, receive or request" },
  { "empty-action", "allow kirk publish, t", "line 1: \"\": an action is" },
  { "no-topic", "\n\nallow kirk publish", "line 3: the topic is missing" },
  { "no-action", "allow kirk", "line 1: expected: allow or deny" },
  { "quote", "allow \"kirk publish t", "line 1: expected: allow or deny" },
  { "star-in-topic", "allow kirk publish la*",
    "line 1: the level \"la*\" of the pattern" },
  { "star-in-name", "allow ki* publish t", "line 1: \"ki*\": a star stands" },
  { "star-behind-colon", "allow :* publish t", "line 1: \":*\": a star" },
  { "control", "allow\x01 kirk publish t", "line 1: \"allow?\": a line" },
  { "not-utf-8", "allow kirk publish \xff", "it is not text in UTF-8" },
};

static void
assert_refused (TrustEnds *self, int code, GQuark domain, const char *words)
{
  g_autofree char *path = trust_ends_dup_path (self, "access");
  g_autoptr (GError) error = NULL;
  gboolean is_allowed = TRUE;
  g_autofree char *reason =
    hein_access_explain (path, "kirk", NULL, PUBLISH, "t", &is_allowed, &error);

  g_assert_null (reason);
  g_assert_false (is_allowed);
  g_assert_error (error, domain, code);
  if (strstr (error->message, words) == NULL ||
      strstr (error->message, path) == NULL)
    g_error ("\"%s\" is not in: %s", words, error->message);
}

static void
test_bad (TrustEnds *self, gconstpointer data)
{
  const BadFile *it = data;

  allow (self, it->text);
  assert_refused (self, HEIN_ERROR_FAILED, HEIN_ERROR, it->words);
  trust_ends_refuse (self, HEIN_ROLE_LISTEN, ACCESS, HEIN_ERROR_FAILED,
                     it->words);
}

static void
write_bytes (TrustEnds *self, const GString *text)
{
  g_autofree char *path = trust_ends_dup_path (self, "access");

  g_assert_true (g_file_set_contents (path, text->str, text->len, NULL));
}

static void
test_nul (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("allow * * **");

  g_string_append_len (text, "\0\n", 2);
  write_bytes (self, text);
  assert_refused (self, HEIN_ERROR_FAILED, HEIN_ERROR, "not text in UTF-8");
}

static void
append_times (GString *text, const char *piece, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append (text, piece);
}

static void
test_endless_line (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("allow * publish ");

  append_times (text, "/a", 500000);
  write_bytes (self, text);
  assert_refused (self, HEIN_ERROR_TOO_LARGE, HEIN_ERROR,
                  "line 1: a pattern of 1000000 bytes; the limit is 255");
}

static void
test_huge (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  append_times (text, "#\n", 1000000);
  write_bytes (self, text);
  assert_refused (self, HEIN_ERROR_TOO_LARGE, HEIN_ERROR,
                  "an access file has at most 1048576 bytes");
}

static void
test_many_lines (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  append_times (text, "deny a * b\n", 10001);
  write_bytes (self, text);
  assert_refused (self, HEIN_ERROR_TOO_LARGE, HEIN_ERROR,
                  "line 10001: more than 10000 lines say something");
}

static void
test_no_file (TrustEnds *self, gconstpointer data)
{
  g_autofree char *path = trust_ends_dup_path (self, "access");

  assert_refused (self, G_IO_ERROR_NOT_FOUND, G_IO_ERROR, "No such file");
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  assert_refused (self, HEIN_ERROR_FAILED, HEIN_ERROR, "not a regular file");
}

static void
test_writable (TrustEnds *self, gconstpointer data)
{
  trust_ends_write (self, "access", "allow * * **", 0666);
  assert_refused (self, HEIN_ERROR_INSECURE, HEIN_ERROR, "chmod 644");
}

/* ---- messages ---- */

static gboolean
has_got (HeinTestBus *bus, guint index, const char *topic)
{
  return g_str_equal (hein_message_get_topic (
                        g_ptr_array_index (bus->messages, index)),
                      topic);
}

/* Publishes one message after the other, until one is let in; the condition of a
 * wait. */
static gboolean
is_let_in (TrustEnds *self, guint64 *n_sent)
{
  if (self->hub->messages->len > 0)
    return TRUE;
  if (count_forbidden (self->hub) == *n_sent)
    {
      hein_test_bus_send (self->kirk, NULL, "t", "now?");
      (*n_sent)++;
    }
  return FALSE;
}

static void
test_publish (TrustEnds *self, gconstpointer data)
{
  self->scheme = data;
  open_for (self,
            "allow anonymous receive **\nallow anonymous publish lamps/*\n",
            self->kirk);
  hein_test_bus_send (self->kirk, NULL, "secret", "no");
  hein_test_bus_send (self->kirk, NULL, "lamps/a", "yes");
  hein_test_wait (self->hub->messages->len == 1);
  g_assert_true (has_got (self->hub, 0, "lamps/a"));
  g_assert_cmpuint (count_forbidden (self->hub), ==, 1);
  hein_test_wait (self->hub->dropped_bytes[HEIN_DROP_REASON_FORBIDDEN] > 0);
  g_assert_cmpuint (self->hub->removed->len, ==, 0);
}

/* A protocol that has no topics: the topic is empty, which "*" stands for. */
static void
test_publish_without_topic (TrustEnds *self, gconstpointer data)
{
  guint64 n_sent = 0;

  self->scheme = data;
  open_for (self, "allow anonymous receive **\n", self->kirk);
  g_assert_false (is_let_in (self, &n_sent));
  hein_test_wait (count_forbidden (self->hub) == 1);
  allow (self, "allow anonymous * *\n");
  hein_test_wait (is_let_in (self, &n_sent));
}

/* Larger than what is handed over in a buffer, and in several parts. */
static void
test_publish_large (TrustEnds *self, gconstpointer data)
{
  g_autoptr (GBytes) part = g_bytes_new_static ("part", 4);
  GBytes *parts[] = { part, part };
  g_autoptr (HeinMessage) two = NULL;

  open_both (self, "allow anonymous publish lamps/*\n");
  two = hein_message_new_parts ("secret", parts, 2);
  g_assert_true (hein_bus_send (self->kirk->bus, two, NULL));
  g_assert_true (
    hein_test_bus_send_number (self->kirk, "secret", 1, 1024 * 1024));
  hein_test_bus_send (self->kirk, NULL, "lamps/a", "yes");
  hein_test_wait (self->hub->messages->len == 1);
  g_assert_true (has_got (self->hub, 0, "lamps/a"));
  g_assert_cmpuint (count_forbidden (self->hub), ==, 2);
}

static void
test_receive (TrustEnds *self, gconstpointer data)
{
  g_autofree char *text = NULL;

  self->scheme = data;
  open_for (self, "allow anonymous receive lamps/*\n", self->hub);
  hein_test_bus_send (self->hub, NULL, "secret", "no");
  hein_test_bus_send (self->hub, NULL, "lamps/a", "yes");
  hein_test_wait (self->kirk->messages->len == 1);
  text = hein_test_bus_dup_text (self->kirk, 0);
  g_assert_cmpstr (text, ==, "yes");
  g_assert_cmpuint (count_forbidden (self->hub), ==, 1);
  hein_test_wait (self->hub->dropped_bytes[HEIN_DROP_REASON_FORBIDDEN] > 0);
}

/* Who sends to it by name is told, and it counts nowhere. */
static void
test_receive_named (TrustEnds *self, gconstpointer data)
{
  g_autoptr (HeinMessage) secret = hein_message_new_text ("secret", "no");
  g_autoptr (GError) error = NULL;

  open_both (self, "allow anonymous receive lamps/*\n");
  g_assert_false (hein_bus_send_to (self->hub->bus, "kirk", secret, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FORBIDDEN);
  g_assert_nonnull (strstr (error->message, "kirk (anonymous) may not receive "
                                            "\"secret\""));
  hein_test_bus_send (self->hub, "kirk", "lamps/a", "yes");
  hein_test_wait (self->kirk->messages->len == 1);
  g_assert_cmpuint (count_forbidden (self->hub), ==, 0);
}

/* What it has not subscribed to was not refused. */
static void
test_not_subscribed (TrustEnds *self, gconstpointer data)
{
  hein_bus_subscribe (self->kirk->bus, "lamps/", NULL);
  open_both (self, "allow anonymous receive lamps/a\n");
  hein_test_bus_send (self->hub, NULL, "secret", "no");
  hein_test_bus_send (self->hub, NULL, "lamps/b", "no");
  hein_test_bus_send (self->hub, NULL, "lamps/a", "yes");
  hein_test_wait (self->kirk->messages->len == 1);
  g_assert_cmpuint (count_forbidden (self->hub), ==, 1);
}

static void
test_retained (TrustEnds *self, gconstpointer data)
{
  allow (self, "allow anonymous receive lamps/*\n");
  trust_ends_listen (self, ACCESS "&retain=yes");
  hein_test_bus_send (self->hub, NULL, "secret", "no");
  hein_test_bus_send (self->hub, NULL, "lamps/a", "yes");
  trust_ends_dial (self, "");
  hein_test_wait (self->kirk->messages->len > 0);
  g_assert_true (has_got (self->kirk, 0, "lamps/a"));
  trust_ends_wait_for_both (self);
  hein_test_bus_send (self->hub, NULL, "lamps/b", "yes");
  hein_test_wait (self->kirk->messages->len == 2);
  g_assert_true (has_got (self->kirk, 1, "lamps/b"));
}

/* A peer that may not have a message is no reason for others not to get it. */
static void
test_others (TrustEnds *self, gconstpointer data)
{
  g_autoptr (HeinTestBus) spock = hein_test_bus_new ("spock");

  open_both (self, "allow anonymous receive lamps/*\n");
  hein_test_bus_dial (spock,
                      hein_endpoint_get_bound_uri (
                        hein_test_bus_listen (self->hub, "tcp://127.0.0.1:0")));
  hein_test_wait (hein_test_bus_count_peers (self->hub) == 2);
  hein_test_bus_send (self->hub, NULL, "secret", "for spock");
  hein_test_bus_send (self->hub, NULL, "lamps/a", "for both");
  hein_test_wait (self->kirk->messages->len == 1 && spock->messages->len == 2);
  g_assert_true (has_got (self->kirk, 0, "lamps/a"));
  g_assert_true (has_got (spock, 0, "secret"));
}

/* The side that dials may have an access file as well. */
static void
test_dialler (TrustEnds *self, gconstpointer data)
{
  allow (self, "allow anonymous publish lamps/*\n");
  trust_ends_listen (self, "");
  trust_ends_dial (self, ACCESS);
  trust_ends_wait_for_both (self);
  hein_test_bus_send (self->hub, NULL, "secret", "no");
  hein_test_bus_send (self->hub, NULL, "lamps/a", "yes");
  hein_test_wait (self->kirk->messages->len == 1);
  g_assert_true (has_got (self->kirk, 0, "lamps/a"));
  g_assert_cmpuint (count_forbidden (self->kirk), ==, 1);
}

/* On a Unix socket, the user of the other process is proved by the kernel. */
static void
test_unix (TrustEnds *self, gconstpointer data)
{
  g_autofree char *rules =
    g_strdup_printf ("allow unix:%u publish mine\nallow * publish other\n"
                     "deny anonymous * **\n",
                     (guint) getuid ());
  g_autofree char *uri =
    g_strdup_printf ("unix://%s/socket?" ACCESS, self->folder, self->folder);

  allow (self, rules);
  hein_test_bus_listen (self->hub, uri);
  *strchr (uri, '?') = '\0';
  hein_test_bus_dial (self->kirk, uri);
  trust_ends_wait_for_both (self);
  hein_test_bus_send (self->kirk, NULL, "secret", "no");
  hein_test_bus_send (self->kirk, NULL, "mine", "yes");
  hein_test_wait (self->hub->messages->len == 1);
  g_assert_true (has_got (self->hub, 0, "mine"));
}

/* ---- requests ---- */

static void
test_request (TrustEnds *self, gconstpointer data)
{
  g_auto (Server) server = { NULL };
  g_auto (Asked) refused = { NULL };
  g_auto (Asked) answered = { NULL };

  serve (&server, self->hub, "**");
  open_both (self, "allow anonymous request lamps/*\n");
  ask (self->kirk, "secret", "what", &refused);
  hein_test_wait (refused.n_done == 1);
  g_assert_error (refused.error, HEIN_ERROR, HEIN_ERROR_FORBIDDEN);
  g_assert_cmpuint (server.n_asked, ==, 0);
  g_assert_cmpuint (count_forbidden (self->hub), ==, 1);
  /* an answer is not something that it has to be allowed to receive */
  ask (self->kirk, "lamps/a", "on", &answered);
  hein_test_wait (answered.n_done == 1);
  assert_answer (&answered, "on");
}

/* Publishing is not requesting, and a request goes only to who may receive it. */
static void
test_request_to (TrustEnds *self, gconstpointer data)
{
  g_auto (Server) server = { NULL };
  g_auto (Asked) refused = { NULL };
  g_auto (Asked) answered = { NULL };

  serve (&server, self->kirk, "**");
  open_both (self, "allow anonymous receive lamps/*\n");
  ask (self->hub, "secret", "what", &refused);
  hein_test_wait (refused.n_done == 1);
  g_assert_error (refused.error, HEIN_ERROR, HEIN_ERROR_FORBIDDEN);
  g_assert_cmpuint (server.n_asked, ==, 0);
  ask (self->hub, "lamps/a", "on", &answered);
  hein_test_wait (answered.n_done == 1);
  assert_answer (&answered, "on");
}

static void
on_got (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *asked = data;

  asked->answer =
    hein_bus_get_finish (HEIN_BUS (source), result, &asked->error);
  asked->n_done++;
}

/* Who may receive a topic may ask for the value that is retained, and nobody else. */
static void
test_get (TrustEnds *self, gconstpointer data)
{
  g_auto (Asked) refused = { NULL };
  g_auto (Asked) got = { NULL };

  allow (self, "allow anonymous receive lamps/*\n");
  trust_ends_listen (self, ACCESS "&retain=yes");
  trust_ends_dial (self, "");
  trust_ends_wait_for_both (self);
  hein_test_bus_send (self->hub, NULL, "lamps/a", "on");
  hein_test_bus_send (self->hub, NULL, "secret", "1701");
  hein_bus_get_async (self->kirk->bus, "secret", MS, NULL, on_got, &refused);
  hein_bus_get_async (self->kirk->bus, "lamps/a", MS, NULL, on_got, &got);
  hein_test_wait (refused.n_done == 1 && got.n_done == 1);
  g_assert_error (refused.error, HEIN_ERROR, HEIN_ERROR_FORBIDDEN);
  assert_answer (&got, "on");
}

/* ---- files that change ---- */

static void
test_changed (TrustEnds *self, gconstpointer data)
{
  guint64 n_sent = 0;

  open_both (self, "deny * publish **\n");
  g_assert_false (is_let_in (self, &n_sent));
  hein_test_wait (count_forbidden (self->hub) == 1);
  allow (self, "allow * publish **\n");
  hein_test_wait (is_let_in (self, &n_sent));
  g_assert_cmpuint (self->hub->n_failed, ==, 0);
  g_assert_cmpuint (self->hub->removed->len, ==, 0);
}

/* A file that cannot be used changes nothing, and the bus says so. */
static void
test_changed_for_worse (TrustEnds *self, gconstpointer data)
{
  guint64 n_sent = 0;

  open_both (self, "allow * publish lamps/*\n");
  allow (self, "allow * publish lamps/*\nallow * sing **\n");
  hein_test_wait (self->hub->n_failed == 1);
  g_assert_nonnull (strstr (self->hub->failure->message,
                            "the rules stay as they were: access file"));
  g_assert_nonnull (strstr (self->hub->failure->message, "line 2: \"sing\""));
  hein_test_bus_send (self->kirk, NULL, "secret", "no");
  hein_test_bus_send (self->kirk, NULL, "lamps/a", "yes");
  hein_test_wait (self->hub->messages->len == 1);
  g_assert_cmpuint (count_forbidden (self->hub), ==, 1);
  g_ptr_array_set_size (self->hub->messages, 0);
  n_sent = 1;
  allow (self, "allow * publish **\n");
  hein_test_wait (is_let_in (self, &n_sent));
}

/* The rules outlive the endpoint, as its peers do. */
static void
test_closed_endpoint (TrustEnds *self, gconstpointer data)
{
  open_both (self, "allow * publish **\n");
  hein_test_bus_send (self->kirk, NULL, "t", "yes");
  hein_test_wait (self->hub->messages->len == 1);
  hein_endpoint_close (self->endpoint);
  hein_test_wait (self->hub->removed->len == 1);
  g_assert_cmpuint (count_forbidden (self->hub), ==, 0);
}

/* ---- all of them ---- */

static void
add (const char *name,
     gconstpointer data,
     void (*test) (TrustEnds *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/access/", name, NULL);

  g_test_add (path, TrustEnds, data, trust_ends_set_up, test,
              trust_ends_tear_down);
}

/* On several protocols. */
static void
add_for (const char *name,
         const char *schemes,
         void (*test) (TrustEnds *, gconstpointer))
{
  g_auto (GStrv) all = g_strsplit (schemes, " ", -1);

  for (guint i = 0; all[i] != NULL; i++)
    {
      g_autofree char *full = g_strdup_printf ("%s/%s", name, all[i]);

      add (full, g_intern_string (all[i]), test);
    }
}

static void
add_files (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (decisions); i++)
    {
      g_autofree char *name = g_strconcat ("decides/", decisions[i].name, NULL);

      add (name, &decisions[i], test_decision);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++)
    {
      g_autofree char *name = g_strconcat ("bad/", bad_files[i].name, NULL);

      add (name, &bad_files[i], test_bad);
    }
  add ("bad/nul", NULL, test_nul);
  add ("bad/endless-line", NULL, test_endless_line);
  add ("bad/huge", NULL, test_huge);
  add ("bad/many-lines", NULL, test_many_lines);
  add ("bad/no-file", NULL, test_no_file);
  add ("bad/writable", NULL, test_writable);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_files ();
  add_for ("publish", "tcp tcp+socketengine", test_publish);
  add_for ("publish", "tcp+aiomsg tcp+tinyproto", test_publish_without_topic);
  add_for ("receive", "tcp tcp+soc tcp+aiomsg tcp+tinyproto tcp+socketengine",
           test_receive);
  add ("publish/large", NULL, test_publish_large);
  add ("receive/named", NULL, test_receive_named);
  add ("receive/not-subscribed", NULL, test_not_subscribed);
  add ("receive/retained", NULL, test_retained);
  add ("receive/others", NULL, test_others);
  add ("dialler", NULL, test_dialler);
  add ("unix", NULL, test_unix);
  add ("request/refused", NULL, test_request);
  add ("request/to", NULL, test_request_to);
  add ("request/get", NULL, test_get);
  add ("changed", NULL, test_changed);
  add ("changed/for-worse", NULL, test_changed_for_worse);
  add ("closed-endpoint", NULL, test_closed_endpoint);
  return g_test_run ();
}
