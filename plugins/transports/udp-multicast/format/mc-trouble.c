/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-trouble.h"

/*
 * Counts datagrams that do not fit this end, and makes one sentence of them
 * for a person.
 */

void
mc_trouble_count (McTrouble *self, McTroubleKind kind, const McAddress *from)
{
  self->counts[kind]++;
  self->n++;
  self->from = *from;
}

static const char *
get_text (McTroubleKind kind)
{
  static const char *const texts[] = {
    [MC_TROUBLE_OTHER_KEY] =
      "encrypted with another key (unknown key id: compare the key on both "
      "ends)",
    [MC_TROUBLE_WORN_KEY] =
      "encrypted with a key under which too many were forged (make a new one)",
    [MC_TROUBLE_TAG] = "damaged or forged (right key id, wrong tag)",
    [MC_TROUBLE_CIPHER] =
      "encrypted with another cipher (compare cipher= on both ends)",
    [MC_TROUBLE_NO_KEY] = "encrypted, and this end has no key (key-file=)",
    [MC_TROUBLE_NOT_ENCRYPTED] = "not encrypted: the other end has no key",
    [MC_TROUBLE_FORMAT] =
      "of another format, or damaged (compare format= on both ends)",
    [MC_TROUBLE_VERSION] =
      "of another version of the format: their hein is older or newer, and "
      "neither understands the other (bring both ends to one release)",
    [MC_TROUBLE_MODE] = "of another mode (compare reliable= on both ends)",
    [MC_TROUBLE_MULTISOCK] =
      "not decrypted (compare key=, iv= and dialect= on both ends)",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (texts) == MC_N_TROUBLES);
  return texts[kind];
}

static char *
describe (const McTrouble *self)
{
  g_autofree char *from = mc_address_to_text (&self->from);
  GString *text = g_string_new (NULL);
  const char *mark = ": ";

  g_string_append_printf (text,
                          "%" G_GUINT64_FORMAT
                          " %sdatagram%s not fit this end, %s from %s",
                          self->n, self->not_before_us > 0 ? "more " : "",
                          self->n == 1 ? " does" : "s do",
                          self->n == 1 ? "it came" : "the last came", from);
  for (guint kind = 0; kind < MC_N_TROUBLES; kind++)
    if (self->counts[kind] > 0)
      {
        g_string_append_printf (text, "%s%" G_GUINT64_FORMAT " %s", mark,
                                self->counts[kind], get_text (kind));
        mark = "; ";
      }
  return g_string_free (text, FALSE);
}

gint64
mc_trouble_get_due (const McTrouble *self)
{
  return self->n > 0 ? self->not_before_us : G_MAXINT64;
}

GError *
mc_trouble_take (McTrouble *self, gint64 now_us)
{
  g_autofree char *text = NULL;

  if (now_us < mc_trouble_get_due (self))
    return NULL;
  text = describe (self);
  *self = (McTrouble){ .not_before_us = now_us + MC_TROUBLE_INTERVAL_US };
  return g_error_new_literal (HEIN_ERROR, HEIN_ERROR_PROTOCOL, text);
}

gint64
mc_trouble_tick (McTrouble *self, HeinTransport *transport, gint64 now_us)
{
  g_autoptr (GError) error = mc_trouble_take (self, now_us);

  if (error != NULL)
    hein_transport_warn (transport, error);
  return mc_trouble_get_due (self);
}
