/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-security.h"

#include <string.h>
#include <sys/stat.h>

#include "tool-key.h"

/* Checks what proves the identity of peers at an address. */

/* ---- CURVE and PLAIN ---- */

/* Returns the path of the secret half, which may be given by the public one. */
static char *
dup_secret_path (const char *path)
{
  g_autofree char *beside = g_strconcat (path, "_secret", NULL);

  if (g_str_has_suffix (path, "_secret") ||
      !g_file_test (beside, G_FILE_TEST_EXISTS))
    return g_strdup (path);
  return g_steal_pointer (&beside);
}

static gboolean
check_own_secret (ToolDoctor *self, const char *path, const char *change)
{
  g_autoptr (GError) error = NULL;

  if (tool_key_check_file (path, &error))
    return TRUE;
  tool_report_add (&self->report, TOOL_PROBLEM, "secrecy", change, "%s",
                   error->message);
  return FALSE;
}

/* Checks that nobody else can add a key, and so admit whom he wants. */
static gboolean
check_folder (ToolDoctor *self, const char *path)
{
  struct stat info;

  if (stat (path, &info) != 0 || !S_ISDIR (info.st_mode))
    tool_report_add (&self->report, TOOL_PROBLEM, "secrecy",
                     "make it, and copy the public certificates of those there "
                     "who may come in",
                     "%s does not exist, or is not a folder", path);
  else if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    tool_report_add (&self->report, TOOL_PROBLEM, "secrecy", "chmod go-w",
                     "others may write to %s, and let in anybody", path);
  else
    return TRUE;
  return FALSE;
}

static void
check_curve (ToolDoctor *self, const char *key)
{
  const char *peers = tool_doctor_get (self, "curve-peers");
  g_autofree char *secret = dup_secret_path (key);

  if (!check_own_secret (
        self, secret,
        "'hein keygen --curve FILE' makes a certificate; chmod "
        "600 its secret half"))
    return;
  if (peers == NULL)
    tool_report_add (&self->report, TOOL_OK, "secrecy", NULL,
                     "encrypted by CURVE: only the server of the key that is "
                     "said is spoken to");
  else if (g_str_equal (peers, "any"))
    tool_report_add (&self->report, TOOL_WARNING, "secrecy",
                     "say curve-peers=FOLDER, with the certificates of those "
                     "who may come in",
                     "encrypted by CURVE: whoever knows the public key of this "
                     "side comes in");
  else if (check_folder (self, peers))
    tool_report_add (&self->report, TOOL_OK, "secrecy", NULL,
                     "encrypted by CURVE: only who has a key of %s comes in",
                     peers);
}

gboolean
tool_doctor_check_mechanism (ToolDoctor *self)
{
  const char *key = tool_doctor_get (self, "curve-key");
  const char *users = tool_doctor_get (self, "plain-users");
  const char *password = tool_doctor_get (self, "plain-password-file");

  if (key != NULL)
    {
      check_curve (self, key);
      return TRUE;
    }
  if (users != NULL)
    check_own_secret (self, users, "chmod 600: there are passwords in it");
  if (password != NULL)
    check_own_secret (self, password, "chmod 600: there is a password in it");
  return FALSE;
}

/* ---- the name of the proof ---- */

/* Returns the name of the file without ".key". */
static char *
dup_key_name (const char *path)
{
  char *base = g_path_get_basename (path);

  if (g_str_has_suffix (base, ".key") && strlen (base) > strlen (".key"))
    base[strlen (base) - strlen (".key")] = '\0';
  return base;
}

static void
tell (ToolDoctor *self, const char *security, const char *meaning)
{
  tool_report_add (&self->report, TOOL_OK, "security", NULL, "%s: %s", security,
                   meaning);
}

static void
tell_key (ToolDoctor *self, const char *path, const char *meaning)
{
  g_autofree char *name = dup_key_name (path);
  g_autofree char *security = g_strconcat ("psk:", name, NULL);

  tell (self, security, meaning);
}

static void
tell_group (ToolDoctor *self)
{
  static const char *const options[] = { "key-file", "key-ring-file",
                                         "passphrase-file" };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (tool_doctor_get (self, options[i]) != NULL)
      {
        tell_key (self, tool_doctor_get (self, options[i]),
                  "peers have the key; their names are what they say");
        return;
      }
  tell (self, "none", "peers are who they say");
}

void
tool_doctor_check_security (ToolDoctor *self)
{
  const char *path = tool_doctor_get (self, "key-file");

  if (g_str_equal (self->transport, "udp-multicast"))
    tell_group (self);
  else if (tool_doctor_get (self, "curve-key") != NULL)
    tell (self, "curve:...",
          "the public key of the peer; its name is that of its certificate, or "
          "what it says");
  else if (tool_doctor_get (self, "plain-users") != NULL)
    tell (self, "plain:...", "the user of the peer; its name is what it says");
  else if (tool_doctor_get (self, "key-ring-file") != NULL)
    tell (self, "psk:...", "the line of the ring, which is the peer's name");
  else if (path != NULL)
    tell_key (self, path, "peers have the key; their names are what they say");
  else if (g_str_equal (self->transport, "unix"))
    tell (self, "unix:...", "the user that runs it; its name is what it says");
  else if (g_str_equal (self->transport, "inproc"))
    tell (self, "process", "peers are in the same process");
  else
    tell (self, "none", "peers are who they say");
}
