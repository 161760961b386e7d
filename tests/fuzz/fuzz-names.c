/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../../plugins/protocols/aiomsg/aiomsg-frames.h"
#include "base/hein-name-private.h"
#include "fuzz.h"
#include "hein-name.h"

/* In dialect m whatever stands for a name is text; names that spell the bytes
 * of an identity stand for those. */
static void
check_aiomsg (const char *name)
{
  guint8 identity[AIOMSG_ID_SIZE];
  g_autofree char *again = NULL;

  g_assert_true (hein_name_is_valid (name, strlen (name)));
  aiomsg_identity_from_name (AIOMSG_DIALECT_M, name, identity);
  again = aiomsg_identity_to_name (identity, sizeof identity);
  if (!g_str_has_prefix (name, "x-"))
    g_assert_nonnull (again);
}

/* The input: an identity as a stranger says it. Whatever it is, the peer gets a
 * name that can be shown, and the same one each time. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) identity = g_bytes_new_static (data, size);
  g_autofree char *name = hein_name_from_identity (identity);
  g_autofree char *aiomsg = aiomsg_identity_to_name (data, size);

  g_assert_true (hein_name_is_valid (name, strlen (name)));
  if (hein_name_is_valid ((const char *) data, size))
    g_assert_cmpmem (name, strlen (name), data, size);
  else
    g_assert_true (g_str_has_prefix (name, "x-"));
  if (aiomsg != NULL)
    check_aiomsg (aiomsg);
  return 0;
}
