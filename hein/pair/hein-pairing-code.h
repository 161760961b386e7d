/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-error.h>

/* The codes that one side of a pairing shows, and the other types. */

G_BEGIN_DECLS

/*
 * 16 letters of an alphabet of 27, 76 bits, shown by fours with hyphens between
 * them. No two of the alphabet look alike: it has no 0, 1, 6, 8, I, L, O, S and
 * Z; who types Z, S, 6 or 8 means 2, 5, G or B.
 */
#define HEIN_PAIRING_LETTERS   16
#define HEIN_PAIRING_TEXT_SIZE (HEIN_PAIRING_LETTERS + 4)

typedef struct
{
  char letters[HEIN_PAIRING_LETTERS + 1];
} HeinPairingCode;

/* FALSE with @error: the system has no random bytes. */
gboolean hein_pairing_code_make (HeinPairingCode *self, GError **error);
/* As somebody types it: small letters, spaces and hyphens are taken. FALSE with
 * @error, which says what is wrong and does not repeat it. */
gboolean hein_pairing_code_parse (HeinPairingCode *self,
                                  const char *text,
                                  GError **error);
/* @text: HEIN_PAIRING_TEXT_SIZE bytes. */
void hein_pairing_code_print (const HeinPairingCode *self, char *text);

G_END_DECLS
