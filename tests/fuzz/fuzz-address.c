/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "base/hein-address.h"
#include "fuzz.h"

#define URI_MAX 4096

static void
assert_clean (const char *text)
{
  g_assert_nonnull (text);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
}

static void
assert_valid (const HeinAddress *address)
{
  guint n = g_strv_length (address->names);

  assert_clean (address->transport);
  g_assert_cmpstr (address->transport, !=, "");
  assert_clean (address->host);
  assert_clean (address->path);
  g_assert_cmpint (address->port, >=, -1);
  g_assert_cmpint (address->port, <=, 65535);
  g_assert_cmpuint (g_strv_length (address->values), ==, n);
  for (guint i = 0; i < n; i++)
    {
      assert_clean (address->values[i]);
      for (guint j = 0; j < i; j++)
        g_assert_cmpstr (address->names[i], !=, address->names[j]);
    }
}

static const char *
lookup (const HeinAddress *address, const char *name)
{
  for (guint i = 0; address->names[i] != NULL; i++)
    if (strcmp (address->names[i], name) == 0)
      return address->values[i];
  return NULL;
}

static HeinAddress *
parse_again (const char *uri)
{
  g_autoptr (GError) error = NULL;
  HeinAddress *address;

  if (strlen (uri) > URI_MAX)
    return NULL;
  address = hein_address_parse (uri, &error);
  g_assert_no_error (error);
  return address;
}

static void
assert_same (const HeinAddress *a, const HeinAddress *b)
{
  g_assert_cmpstr (a->transport, ==, b->transport);
  g_assert_cmpstr (a->protocol, ==, b->protocol);
  g_assert_cmpstr (a->host, ==, b->host);
  g_assert_cmpint (a->port, ==, b->port);
  g_assert_cmpstr (a->path, ==, b->path);
  for (guint i = 0; a->names[i] != NULL; i++)
    if (strcmp (a->names[i], "extra") != 0)
      g_assert_cmpstr (lookup (b, a->names[i]), ==, a->values[i]);
}

/* An option added does not change anything else; no value adds one. */
static void
assert_option_is_added (const HeinAddress *address)
{
  g_autofree char *uri =
    hein_address_dup_with_option (address, "extra", "a&b=c#%");
  g_autoptr (HeinAddress) again = parse_again (uri);
  guint n_new = lookup (address, "extra") == NULL ? 1 : 0;

  if (again == NULL)
    return;
  assert_same (address, again);
  g_assert_cmpstr (lookup (again, "extra"), ==, "a&b=c#%");
  g_assert_cmpuint (g_strv_length (again->names), ==,
                    g_strv_length (address->names) + n_new);
}

static void
assert_bound_is_same (const HeinAddress *address)
{
  g_autofree char *uri =
    hein_address_dup_bound (address, address->host, address->port);
  g_autoptr (HeinAddress) again = parse_again (uri);

  if (again != NULL)
    assert_same (address, again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *uri = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinAddress) address = hein_address_parse (uri, &error);

  if (address == NULL)
    {
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
      assert_clean (error->message);
      return 0;
    }
  g_assert_no_error (error);
  assert_valid (address);
  assert_option_is_added (address);
  assert_bound_is_same (address);
  return 0;
}
