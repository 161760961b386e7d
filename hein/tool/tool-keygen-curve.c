/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-keygen-curve.h"

#include <string.h>
#include <unistd.h>

#include <hein/hein.h>

#include "tool-key-file.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-text.h"
#include "zmtp/zmtp-curve.h"

/*
 * Makes the two files of a certificate in the format of pyzmq and CZMQ (ZPL,
 * public specification 4/ZPL): one with the public half, and beside it one with
 * both halves, whose name ends with "_secret". The keys are made by the module
 * of CURVE, in Z85 (32/Z85), so that no other command loads libsodium.
 */

typedef char Z85[41];

static int
make_public (const char *path, const Z85 public_key)
{
  g_autofree char *text =
    g_strdup_printf ("#   Public certificate for CURVE, made by hein keygen.\n"
                     "#   Bring it to those who are to know this key, by a way "
                     "on which nobody\n"
                     "#   can put another in its place.\n"
                     "\n"
                     "metadata\n"
                     "curve\n"
                     "    public-key = \"%s\"\n",
                     public_key);

  return tool_key_file_make (path, text, 0644);
}

static int
make_secret (const char *path, const Z85 public_key, const Z85 secret_key)
{
  g_autofree char *text =
    g_strdup_printf ("#   SECRET certificate for CURVE, made by hein keygen.\n"
                     "#   Nobody else may read this file, and it stays here.\n"
                     "\n"
                     "metadata\n"
                     "curve\n"
                     "    public-key = \"%s\"\n"
                     "    secret-key = \"%s\"\n",
                     public_key, secret_key);
  const int status = tool_key_file_make (path, text, 0600);

  explicit_bzero (text, strlen (text));
  return status;
}

/* Makes the secret file first: the public one is of no use without it. */
static int
make_both (const ZmtpCurveModule *module,
           const char *path,
           const char *secret_path)
{
  Z85 public_text;
  Z85 secret_text;
  int status;

  module->make_keys (public_text, secret_text);
  status = make_secret (secret_path, public_text, secret_text);
  explicit_bzero (secret_text, sizeof secret_text);
  if (status != TOOL_DONE)
    return status;
  status = make_public (path, public_text);
  if (status != TOOL_DONE)
    unlink (secret_path);
  return status;
}

static int
tell (const char *path)
{
  g_autofree char *full = g_canonicalize_filename (path, NULL);
  g_autofree char *escaped = g_uri_escape_string (full, "/:@,", TRUE);
  g_autoptr (GString) text = g_string_new ("The public half is in ");

  tool_text_append (text, full, strlen (full));
  g_string_append (text, ", the secret one in ");
  tool_text_append (text, full, strlen (full));
  g_string_append_printf (
    text,
    "_secret,\n"
    "which only you can read: it never leaves this machine.\n"
    "Copy the public half to the others over a private channel. A server keeps "
    "those of its\n"
    "clients in a folder, a client has that of its server:\n"
    "  tcp://*:5555?curve-key=%s&curve-peers=FOLDER\n"
    "  tcp://there:5555?curve-key=%s&curve-server=SERVER.key\n"
    "Programs of CZMQ and pyzmq take the same files.\n",
    escaped, escaped);
  return tool_output_print (text->str);
}

int
tool_keygen_curve (const char *path)
{
  g_autofree char *secret_path = g_strconcat (path, "_secret", NULL);
  g_autoptr (GError) error = NULL;
  const ZmtpCurveModule *module;
  int status;

  if (g_str_has_suffix (path, "_secret"))
    {
      tool_complain_usage (
        "keygen --curve takes the name of the public file, such "
        "as kirk.key; the secret one lies beside it");
      return TOOL_USAGE;
    }
  module = hein_plugin_find_module (ZMTP_CURVE_MODULE, ZMTP_CURVE_MODULE_ABI,
                                    sizeof (ZmtpCurveModule), &error);
  if (module == NULL)
    {
      tool_complain ("keygen --curve needs the module of CURVE: %s",
                     error->message);
      return TOOL_FAILED;
    }
  status = make_both (module, path, secret_path);
  return status == TOOL_DONE ? tell (path) : status;
}
