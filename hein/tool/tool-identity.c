/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-identity.h"

#include <string.h>

#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-text.h"

/* The part of `hein keygen` that makes identities and authorities. */

#define SUFFIX ".id"

char *
tool_identity_dup_name (const char *path)
{
  char *base = g_path_get_basename (path);

  if (g_str_has_suffix (base, SUFFIX) && strlen (base) > strlen (SUFFIX))
    base[strlen (base) - strlen (SUFFIX)] = '\0';
  return base;
}

static char *
dup_wanted_name (const ToolIdentityOrder *order)
{
  return order->name != NULL ? g_strdup (order->name)
                             : tool_identity_dup_name (order->path);
}

static int
complain (const GError *error)
{
  tool_complain ("%s", error->message);
  return TOOL_FAILED;
}

/* As one pastes it into an address. */
static char *
dup_option (const char *path)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);

  return g_uri_escape_string (whole, "/:@,", TRUE);
}

static void
append_path (GString *text, const char *path)
{
  g_autofree char *whole = g_canonicalize_filename (path, NULL);

  tool_text_append (text, whole, strlen (whole));
}

/* ---- the identity of an address ---- */

/* (transfer full) (nullable): the file. What is not good is for the bus to
 * tell. */
static char *
dup_identity (const char *address)
{
  const char *options = strchr (address, '?');
  g_auto (GStrv) words =
    g_strsplit (options != NULL ? options + 1 : "", "&", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], "identity="))
      return g_uri_unescape_string (words[i] + strlen ("identity="), NULL);
  return NULL;
}

char *
tool_identity_dup_name_of (char **addresses)
{
  char *name = NULL;

  for (guint i = 0; name == NULL && addresses != NULL && addresses[i] != NULL;
       i++)
    {
      g_autofree char *path = dup_identity (addresses[i]);
      g_autofree char *pin =
        path != NULL ? hein_identity_read (path, &name, NULL) : NULL;
    }
  return name;
}

/* ---- identities that are known by their key ---- */

/* The line goes to standard output alone, so that it can be appended to a file
 * of peers; the explanation goes to standard error. */
static int
tell_pin (const ToolIdentityOrder *order, const char *name, const char *pin)
{
  g_autoptr (GString) text = g_string_new ("An identity is in ");
  g_autofree char *line = g_strdup_printf ("%s %s\n", name, pin);
  g_autofree char *option = dup_option (order->path);

  append_path (text, order->path);
  g_string_append_printf (
    text,
    ", which only you can read, and which stays on this machine.\n"
    "The others need the printed line in their file of peers, and this side "
    "needs the\nline of each of them:\n"
    "  tcp://*:7000?identity=%s&peers=peers\n",
    option);
  if (tool_output_print (line) != TOOL_DONE)
    return TOOL_FAILED;
  g_printerr ("%s", text->str);
  return TOOL_DONE;
}

static int
make_pinned (const ToolIdentityOrder *order, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pin = hein_identity_make (order->path, name, &error);

  return pin != NULL ? tell_pin (order, name, pin) : complain (error);
}

/* ---- those that an authority signs ---- */

static int
certify (const ToolIdentityOrder *order, const char *name)
{
  const gboolean is_there = g_file_test (order->path, G_FILE_TEST_EXISTS);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *option = dup_option (order->path);

  /* who renews it need not say the name again */
  if (!hein_identity_certify (order->authority, order->path,
                              is_there ? order->name : name, order->days,
                              &error))
    return complain (error);
  append_path (text, order->path);
  g_string_append_printf (
    text,
    is_there ? " has another certificate, with the same key, for %d days.\n"
             : " is an identity with a certificate for %d days, which only "
               "you can read.\n",
    order->days);
  g_string_append_printf (text,
                          "Use it with the certificate of the authority:\n"
                          "  tcp://*:7000?identity=%s&ca-file=",
                          option);
  append_path (text, order->authority);
  g_string_append (text, ".pem\n");
  return tool_output_print (text->str);
}

int
tool_identity_make (const ToolIdentityOrder *order)
{
  g_autofree char *name = dup_wanted_name (order);

  return order->authority != NULL ? certify (order, name)
                                  : make_pinned (order, name);
}

/* ---- an authority ---- */

int
tool_identity_make_authority (const ToolIdentityOrder *order)
{
  g_autoptr (GString) text = g_string_new ("An authority is in ");
  g_autoptr (GError) error = NULL;
  g_autofree char *name = dup_wanted_name (order);

  if (!hein_identity_make_authority (order->path, name, &error))
    return complain (error);
  append_path (text, order->path);
  g_string_append (text,
                   ", which only you can read: who has it is believed to be "
                   "anybody.\nEach peer gets the file ");
  append_path (text, order->path);
  g_string_append (text, ".pem, and an identity of its own:\n"
                         "  hein keygen --by ");
  append_path (text, order->path);
  g_string_append (text, " --identity kirk.id\n"
                         "The same command renews it, with the same key.\n");
  return tool_output_print (text->str);
}

int
tool_identity_revoke (const char *path, const char *revoked)
{
  g_autoptr (GString) text = g_string_new ("The certificate in ");
  g_autoptr (GError) error = NULL;

  if (!hein_identity_revoke (path, revoked, &error))
    return complain (error);
  append_path (text, revoked);
  g_string_append (text, " is good no more for who has this ");
  append_path (text, path);
  g_string_append (text,
                   ".pem:\nbring a copy of it to everybody who says it as "
                   "ca-file. They read it within a second.\n");
  return tool_output_print (text->str);
}
