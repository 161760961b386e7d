/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "../../plugins/transports/udp-multicast/multisock/multisock-pickle.h"
#include "fuzz.h"

/* So little that not even empty lists are more values than may be written. */
#define JSON_MAX 60000

static GBytes *
check_json (GBytes *json)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *text = g_bytes_get_data (json, &size);
  g_autoptr (GBytes) pickle = multisock_pickle_from_json (text, size, &error);
  GBytes *again;

  g_assert_no_error (error);
  again =
    multisock_pickle_to_json (g_bytes_get_data (pickle, NULL),
                              g_bytes_get_size (pickle), JSON_MAX, &error);
  g_assert_no_error (error);
  return again;
}

/*
 * The input: a byte that says what the rest is: a pickle, the base64 of one, or
 * JSON. What was taken can be written, and is then read as the same.
 */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const guint8 kind = size > 0 ? data[0] % 3 : 0;
  const guint8 *rest = data + MIN (size, 1);
  const gsize rest_size = size - MIN (size, 1);
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;

  if (kind == 0)
    first = multisock_pickle_to_json (rest, rest_size, JSON_MAX, NULL);
  else if (kind == 1)
    first = multisock_object_to_json (rest, rest_size, JSON_MAX, NULL);
  else
    {
      g_autoptr (GBytes) pickle =
        multisock_pickle_from_json ((const char *) rest, rest_size, NULL);

      if (pickle != NULL)
        first =
          multisock_pickle_to_json (g_bytes_get_data (pickle, NULL),
                                    g_bytes_get_size (pickle), JSON_MAX, NULL);
    }
  if (first == NULL)
    return 0;
  second = check_json (first);
  g_assert_true (g_bytes_equal (first, second));
  return 0;
}
