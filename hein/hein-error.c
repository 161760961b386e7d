/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-error.h"

/**
 * hein_error_quark:
 *
 * Gets the domain of the errors of hein, `hein-error-quark`.
 *
 * - Thread: any.
 *
 * Returns: the error domain
 *
 * Since: 0.9
 */
GQuark
hein_error_quark (void)
{
  return g_quark_from_static_string ("hein-error-quark");
}

/**
 * hein_error_get_type:
 *
 * Gets the type of [error@Error], whose nicks are its names in lower case.
 *
 * - Thread: any.
 *
 * Returns: an enum type
 *
 * Since: 0.9
 */
/* clang-format off */
G_DEFINE_ENUM_TYPE (HeinError, hein_error,
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_FAILED, "failed"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_CLOSED, "closed"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_WOULD_BLOCK, "would-block"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_NO_PEER, "no-peer"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_TOO_LARGE, "too-large"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_BAD_ADDRESS, "bad-address"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_NO_PLUGIN, "no-plugin"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_BAD_PLUGIN, "bad-plugin"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_PROTOCOL, "protocol"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_REFUSED, "refused"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_TIMED_OUT, "timed-out"),
  G_DEFINE_ENUM_VALUE (HEIN_ERROR_INSECURE, "insecure"))
/* clang-format on */
