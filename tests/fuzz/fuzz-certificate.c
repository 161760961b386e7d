/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "../../plugins/protocols/zmtp/zmtp-certificate.h"
#include "fuzz.h"

/* A file of a certificate: it has a key that is written as it was read, and a
 * name that a bus can have; or there is an error. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CurveCertificate) self =
    curve_certificate_parse ("file", (const char *) data, size, &error);
  char text[CURVE_Z85_SIZE + 1];
  guint8 again[CURVE_KEY_SIZE];

  g_assert_true ((self == NULL) == (error != NULL));
  if (self == NULL)
    return 0;
  curve_key_write (self->keys.public_key, text);
  g_assert_true (curve_key_parse (text, again));
  g_assert_cmpmem (again, sizeof again, self->keys.public_key,
                   sizeof self->keys.public_key);
  g_assert_true (memmem (data, size, text, strlen (text)) != NULL);
  g_assert_true (self->name == NULL ||
                 hein_name_is_valid (self->name, strlen (self->name)));
  return 0;
}
