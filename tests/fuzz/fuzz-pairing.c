/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein.h>

#include "fuzz.h"
#include "pair/hein-pairing-address.h"
#include "pair/hein-pairing-code.h"
#include "tls/tls-pair-card.h"

/* What people type of a pairing, and what the other side says in one: codes
 * have one form, frames and cards are within their limits, or there is an
 * error. */

static void
check_code (const char *text)
{
  g_autoptr (GError) error = NULL;
  HeinPairingCode code;
  HeinPairingCode again;
  char shown[HEIN_PAIRING_TEXT_SIZE];

  if (!hein_pairing_code_parse (&code, text, &error))
    {
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_FAILED);
      return;
    }
  g_assert_no_error (error);
  hein_pairing_code_print (&code, shown);
  g_assert_true (hein_pairing_code_parse (&again, shown, NULL));
  g_assert_cmpstr (again.letters, ==, code.letters);
}

static void
check_address (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *code = NULL;
  g_autoptr (GSocketConnectable) target = NULL;

  target = hein_pairing_address_parse (text, &code, &error);
  g_assert_true ((target == NULL) == (error != NULL));
  g_assert_true (target != NULL || code == NULL);
}

static void
check_card (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) again = NULL;
  TlsPairCard card;

  if (!tls_pair_card_parse (&card, data, size, &error))
    {
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
      return;
    }
  g_assert_true (hein_name_is_valid (card.name, strlen (card.name)));
  g_assert_cmpuint (card.key_size, <=, TLS_PAIR_KEY_MAX);
  g_assert_cmpuint (card.signature_size, <=, TLS_PAIR_SIGNATURE_MAX);
  again = tls_pair_card_write (&card);
  g_assert_cmpmem (again->data, again->len, data, size);
}

static void
check_head (const uint8_t *data, size_t size)
{
  guint8 head[TLS_PAIR_HEAD_SIZE];
  gsize body;

  if (size < sizeof head || !tls_pair_head_parse (data, &body))
    return;
  g_assert_cmpuint (body, <=, TLS_PAIR_BODY_MAX);
  tls_pair_head_write (head, data[0], body);
  g_assert_cmpmem (head, sizeof head, data, sizeof head);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  check_code (text);
  check_address (text);
  check_card (data, size);
  check_head (data, size);
  return 0;
}
