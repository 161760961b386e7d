/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../../plugins/protocols/soc/soc-items.h"
#include "../../plugins/protocols/soc/soc-json.h"
#include "fuzz.h"
#include "json/hein-json.h"

static void
assert_json (GBytes *bytes)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  g_assert_true (hein_json_check (data, size, NULL));
}

/* Items of a peer: what was taken is JSON. */
static void
check_body (const SocItemsKind *kind, const guint8 *data, gsize size)
{
  g_autoptr (GBytes) json = soc_items_decode (kind, data, size);

  if (json != NULL)
    assert_json (json);
}

/* JSON of ours: as items it comes back as JSON, and as typed JSON as well. */
static void
check_json (const SocItemsKind *kind, const char *text, gsize size)
{
  g_autoptr (GString) typed = g_string_new (NULL);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;

  if (!hein_json_check (text, size, NULL))
    return;
  soc_json_append_typed (typed, text, size);
  g_assert_true (hein_json_check (typed->str, typed->len, NULL));
  body = soc_items_encode (kind, text, size, &error);
  g_assert_true ((body == NULL) == (error != NULL));
  if (body != NULL)
    {
      gsize body_size;
      const guint8 *bytes = g_bytes_get_data (body, &body_size);

      check_body (kind, bytes, body_size);
    }
}

/* The input: a byte of options, and the body of a frame, or JSON. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GString) plain = g_string_new (NULL);
  SocItemsKind kind;

  if (size == 0)
    return 0;
  kind.is_list = data[0] & 1;
  kind.is_typed = data[0] >> 1 & 1;
  check_body (&kind, data + 1, size - 1);
  check_json (&kind, (const char *) data + 1, size - 1);
  if (soc_json_append_plain (plain, (const char *) data + 1, size - 1))
    g_assert_true (hein_json_check (plain->str, plain->len, NULL));
  return 0;
}
