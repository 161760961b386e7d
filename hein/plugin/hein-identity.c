/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-identity.h>

#include "base/hein-name-private.h"
#include "hein-plugin-tls.h"

/* Makes identities by means of the TLS module. */

/* A hundred years; more than any clock is wrong. */
#define DAYS_MAX 36525

static gboolean
check (const char *name, GError **error)
{
  return hein_name_check (name, strlen (name), HEIN_ERROR_FAILED, error);
}

/**
 * hein_identity_make:
 * @path: (type filename): where to
 * @name: what the bus is called that it is for
 * @error: return location
 *
 * Makes an identity for `?identity=`: a private key of Ed25519 and a
 * certificate that it has signed itself, in a new file of mode 0600. The other
 * side of a connection knows it by its fingerprint, in a line `name
 * fingerprint` of its file of peers.
 *
 * - Errors: `G_IO_ERROR_EXISTS` (a key is never overwritten),
 *   `HEIN_ERROR_FAILED` (bad name), `HEIN_ERROR_NO_PLUGIN` (built without TLS),
 *   #GIOErrorEnum.
 * - Thread: any; it writes to the disk.
 *
 * Returns: (transfer full): the fingerprint, 64 hexadecimal digits
 *
 * Since: 0.9
 */
char *
hein_identity_make (const char *path, const char *name, GError **error)
{
  const HeinTlsModule *module;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check (name, error))
    return NULL;
  module = hein_plugin_find_tls (error);
  return module != NULL ? module->make_identity (path, name, error) : NULL;
}

/**
 * hein_identity_read:
 * @path: (type filename): the file of an identity
 * @name: (out) (optional) (nullable) (transfer full): whom its certificate
 *   names; %NULL when it names nobody
 * @error: return location
 *
 * Reads what others need to know of an identity.
 *
 * - Errors: `HEIN_ERROR_INSECURE` (others can read it), `HEIN_ERROR_FAILED` (is
 *   none), `HEIN_ERROR_NO_PLUGIN` (built without TLS), #GIOErrorEnum.
 * - Thread: any; it reads from the disk.
 *
 * Returns: (transfer full): the fingerprint of its key, 64 hexadecimal digits
 *
 * Since: 0.9
 */
char *
hein_identity_read (const char *path, char **name, GError **error)
{
  const HeinTlsModule *module;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (name != NULL)
    *name = NULL;
  module = hein_plugin_find_tls (error);
  return module != NULL ? module->read_identity (path, name, error) : NULL;
}

/**
 * hein_identity_make_authority:
 * @path: (type filename): where to
 * @name: what to call it
 * @error: return location
 *
 * Makes a small certificate authority: its private key and certificate in a new
 * file of mode 0600, to be kept apart, and its certificate alone in another,
 * with `.pem` behind the path, which everybody gets for `?ca-file=`.
 *
 * - Errors: as [func@Hein.identity_make].
 * - Thread: any; it writes to the disk.
 *
 * Returns: %TRUE when it was made
 *
 * Since: 0.9
 */
gboolean
hein_identity_make_authority (const char *path,
                              const char *name,
                              GError **error)
{
  const HeinTlsModule *module;

  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check (name, error))
    return FALSE;
  module = hein_plugin_find_tls (error);
  return module != NULL && module->make_authority (path, name, error);
}

/**
 * hein_identity_certify:
 * @authority: (type filename): the file of the authority, with its key
 * @path: (type filename): the file of the identity
 * @name: (nullable): what its bus is called; %NULL: as it was
 * @days: for how long it is valid from now on: 1 to 36525
 * @error: return location
 *
 * Gives an identity a certificate of the authority, for `?ca-file=`. When @path
 * is not there it is made, and needs a name; when it is there its key stays,
 * and its certificate is replaced: so it is renewed.
 *
 * - Errors: `HEIN_ERROR_INSECURE` (others can read a file), `HEIN_ERROR_FAILED`
 *   (a file is not what it should be, or no name), `HEIN_ERROR_NO_PLUGIN`
 *   (built without TLS), #GIOErrorEnum.
 * - Thread: any; it writes to the disk.
 *
 * Returns: %TRUE when it has one
 *
 * Since: 0.9
 */
gboolean
hein_identity_certify (const char *authority,
                       const char *path,
                       const char *name,
                       guint days,
                       GError **error)
{
  const HeinTlsModule *module;

  g_return_val_if_fail (authority != NULL, FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (days > 0 && days <= DAYS_MAX, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (name != NULL && !check (name, error))
    return FALSE;
  module = hein_plugin_find_tls (error);
  return module != NULL && module->certify (authority, path, name, days, error);
}

/**
 * hein_identity_revoke:
 * @authority: (type filename): the file of the authority, with its key
 * @path: (type filename): the file of an identity that it has signed
 * @error: return location
 *
 * Takes back the certificate of an identity: adds it to the list of revoked
 * certificates in the authority's public file, `.pem` behind its path. Whoever
 * has that file as `?ca-file=` reads it again within a second, ends the
 * connections of the certificate, and does not accept it any more; everybody
 * else needs a copy of it. A certificate that the identity gets later is good.
 *
 * - Errors: `HEIN_ERROR_FAILED` (no authority, or one that has not signed it),
 *   and as [func@Hein.identity_make].
 * - Thread: any; it writes to the disk.
 *
 * Returns: %TRUE when it was taken back
 *
 * Since: 0.9
 */
gboolean
hein_identity_revoke (const char *authority, const char *path, GError **error)
{
  const HeinTlsModule *module;

  g_return_val_if_fail (authority != NULL, FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  module = hein_plugin_find_tls (error);
  return module != NULL && module->revoke (authority, path, error);
}
