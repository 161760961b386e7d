/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "fuzz.h"

/* What is read as a value is in normal form, and goes out as the same bytes. */
static void
check_value (HeinMessage *message, const GVariantType *type)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = hein_message_dup_variant (message, type, &error);
  g_autoptr (HeinMessage) again = NULL;
  g_autofree char *text = NULL;

  g_assert_true ((value == NULL) == (error != NULL));
  if (value == NULL)
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return;
    }
  text = g_variant_print (value, TRUE);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  again = hein_message_new_variant ("", value);
  g_assert_true (g_bytes_equal (hein_message_get_payload (again),
                                hein_message_get_payload (message)));
}

/* The input: the length of a content type in a byte, that, and a payload. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const gsize length = size > 0 ? MIN (data[0], size - 1) : 0;
  g_autofree char *type =
    length > 0 ? g_strndup ((const char *) data + 1, length) : g_strdup ("");
  g_autoptr (GBytes) payload = NULL;
  g_autoptr (HeinMessage) message = NULL;

  if (!g_utf8_validate (type, -1, NULL))
    return 0;
  payload = size > 0 ? g_bytes_new (data + 1 + length, size - 1 - length)
                     : g_bytes_new (NULL, 0);
  message = hein_message_new_typed ("", type, payload);
  check_value (message, NULL);
  check_value (message, G_VARIANT_TYPE ("a{sv}"));
  return 0;
}
