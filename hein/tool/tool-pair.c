/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tool-commands.h"
#include "tool-identity.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-qr.h"
#include "tool-status.h"
#include "tool-text.h"

/* The command `hein pair`: makes the keys of two peers known to each other. */

#define SECONDS_MAX 600

static const ToolHelp help = {
  "[ADDRESS [CODE]]",
  "Makes the keys of two peers known to each other, by a code.",
  "Without ADDRESS it shows a code, which is good for one try. The other side "
  "types\n"
  "the command that is shown, or scans the QR code, whose text is an ADDRESS "
  "with the\n"
  "CODE in it. A CODE that is missing is asked for.\n"
  "\n"
  "Each side then has a line of the other in its file of peers, and an "
  "identity, "
  "a key\n"
  "that never leaves it. Unless said, the name is that of this machine, the "
  "identity is\n"
  "in NAME.id, and the peers are in the file 'peers'.\n"
  "\n"
  "Standard output has the name of the other side. Exit status: 0 done, 1 "
  "failed, 2\n"
  "wrong usage, 3 when nobody has typed the code in time.\n"
  "\n"
  "Examples:\n"
  "  hein pair --name kirk\n"
  "  hein pair 192.168.1.7:40213 ABCD-EFGH-JKMN-PQRT --name spock\n"
  "  hein receive --listen 'tcp://*:7000?identity=kirk.id&peers=peers'",
};

typedef struct
{
  /* options */
  char *listen;
  char *identity;
  char *peers;
  char *name;
  int seconds;
  gboolean shows_qr;

  /* while it runs */
  HeinPairing *pairing;
  GMainLoop *loop;
  GCancellable *cancellable;
  char *other; /* owned, nullable: the name of the other side */
  GError *error;
} Pair;

/* ---- what is said ---- */

static void
print_invitation (Pair *self)
{
  g_autofree char *picture =
    self->shows_qr || isatty (STDERR_FILENO)
      ? tool_qr_dup (hein_pairing_get_uri (self->pairing))
      : NULL;

  if (picture != NULL)
    fprintf (stderr, "%s", picture);
  fprintf (stderr,
           "On the other side, within %d seconds:\n"
           "  hein pair %s %s\n",
           self->seconds, hein_pairing_get_address (self->pairing),
           hein_pairing_get_code (self->pairing));
}

static char *
dup_option (const char *path)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);

  return g_uri_escape_string (whole, "/:@,", TRUE);
}

static int
print_success (Pair *self)
{
  g_autofree char *identity = dup_option (self->identity);
  g_autofree char *peers = dup_option (self->peers);
  g_autofree char *line = g_strconcat (self->other, "\n", NULL);
  g_autoptr (GString) name = g_string_new (NULL);

  if (tool_output_print (line) != TOOL_DONE)
    return TOOL_FAILED;
  tool_text_append (name, self->other, strlen (self->other));
  fprintf (stderr,
           "This side and %s know each other. In addresses of this side:\n"
           "  tcp://*:7000?identity=%s&peers=%s\n",
           name->str, identity, peers);
  return TOOL_DONE;
}

/* ---- the pairing ---- */

static gboolean
on_interrupt (gpointer user_data)
{
  Pair *self = user_data;

  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_CONTINUE;
}

static void
on_listened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Pair *self = user_data;

  self->other =
    hein_pairing_listen_finish (self->pairing, result, &self->error);
  g_main_loop_quit (self->loop);
}

static void
on_dialled (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Pair *self = user_data;

  self->other = hein_pairing_dial_finish (self->pairing, result, &self->error);
  g_main_loop_quit (self->loop);
}

/* As somebody types it; what is not a code is for the pairing to tell. */
static char *
ask_for_code (void)
{
  char line[256];

  fprintf (stderr, "Code: ");
  return g_strdup (fgets (line, sizeof line, stdin) != NULL ? line : "");
}

static void
begin (Pair *self, const char *address, const char *said)
{
  g_autofree char *code = g_strdup (said);

  if (address == NULL)
    {
      hein_pairing_listen_async (self->pairing, self->listen, self->cancellable,
                                 on_listened, self);
      if (hein_pairing_get_code (self->pairing) != NULL)
        print_invitation (self);
      return;
    }
  if (code == NULL && !g_str_has_prefix (address, "hein-pair:"))
    code = ask_for_code ();
  hein_pairing_dial_async (self->pairing, address, code, self->cancellable,
                           on_dialled, self);
}

static int
complain (const GError *error)
{
  if (g_error_matches (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS))
    return tool_complain_usage ("%s", error->message);
  tool_complain ("%s", error->message);
  return g_error_matches (error, HEIN_ERROR, HEIN_ERROR_TIMED_OUT)
           ? TOOL_TIMED_OUT
           : TOOL_FAILED;
}

static int
run (Pair *self, const char *address, const char *code)
{
  self->pairing = hein_pairing_new (self->identity, self->peers, self->name);
  self->cancellable = g_cancellable_new ();
  self->loop = g_main_loop_new (NULL, FALSE);
  hein_pairing_set_life_ms (self->pairing, self->seconds * 1000);
  if (hein_pairing_prepare (self->pairing, &self->error))
    {
      const guint on_int = g_unix_signal_add (SIGINT, on_interrupt, self);
      const guint on_term = g_unix_signal_add (SIGTERM, on_interrupt, self);

      begin (self, address, code);
      g_main_loop_run (self->loop);
      g_source_remove (on_term);
      g_source_remove (on_int);
    }
  return self->error != NULL ? complain (self->error) : print_success (self);
}

/* ---- the command ---- */

/* The file says the name, if it is there. */
static gboolean
fill_in (Pair *self)
{
  if (self->peers == NULL)
    self->peers = g_strdup ("peers");
  if (self->identity == NULL)
    {
      if (self->name == NULL)
        self->name = g_strdup (g_get_host_name ());
      if (strchr (self->name, '/') != NULL)
        {
          tool_complain_usage ("which file is the identity of '%s' in? Say "
                               "--identity",
                               self->name);
          return FALSE;
        }
      self->identity = g_strconcat (self->name, ".id", NULL);
    }
  else if (self->name == NULL &&
           !g_file_test (self->identity, G_FILE_TEST_EXISTS))
    self->name = tool_identity_dup_name (self->identity);
  return TRUE;
}

static gboolean
check (Pair *self, int argc)
{
  if (argc > 3)
    tool_complain_usage ("pair takes an address and a code, not %d arguments",
                         argc - 1);
  else if (argc > 1 && self->listen != NULL)
    tool_complain_usage ("--listen shows a code, and ADDRESS is of who does: "
                         "say one of them");
  else if (self->seconds < 1 || self->seconds > SECONDS_MAX)
    tool_complain_usage ("--seconds takes 1 to %d", SECONDS_MAX);
  else if (self->name != NULL &&
           !hein_name_is_valid (self->name, strlen (self->name)))
    tool_complain_usage ("--name takes 1 to 255 bytes of UTF-8 without control "
                         "and format characters");
  else
    return fill_in (self);
  return FALSE;
}

static void
clear (Pair *self)
{
  g_free (self->listen);
  g_free (self->identity);
  g_free (self->peers);
  g_free (self->name);
  g_clear_object (&self->pairing);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_free (self->other);
  g_clear_error (&self->error);
}

int
tool_pair (int argc, char **argv)
{
  Pair self = { .seconds = 60 };
  const GOptionEntry own[] = {
    { "identity", 'i', 0, G_OPTION_ARG_FILENAME, &self.identity,
      "The key of this side; made if it is not there", "FILE" },
    { "peers", 'p', 0, G_OPTION_ARG_FILENAME, &self.peers,
      "Where the line of the other side goes", "FILE" },
    { "name", 'n', 0, G_OPTION_ARG_FILENAME, &self.name,
      "What this side is called", "NAME" },
    { "listen", 'l', 0, G_OPTION_ARG_FILENAME, &self.listen,
      "Show the code at this address: IP[:PORT], or * unless given",
      "ADDRESS" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &self.seconds,
      "How long the code is valid; 60 unless given", "N" },
    { "qr", 0, 0, G_OPTION_ARG_NONE, &self.shows_qr,
      "Show the QR code even where there is no terminal", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };
  int status = TOOL_USAGE;

  if (tool_parse (&help, groups, &argc, &argv) && check (&self, argc))
    status = run (&self, argc > 1 ? argv[1] : NULL, argc > 2 ? argv[2] : NULL);
  clear (&self);
  return status;
}
