/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-verdict.h"

#include <string.h>

#include "tool-hello-barrier.h"
#include "tool-hello-path.h"
#include "tool-hello-word.h"

/* Judges what two sides know, row after row: the first that applies is the
 * verdict. */

/* Certificates and keys are valid from the minute in which they were made. */
#define CLOCK_MS 60000

/* ---- what the addresses say ---- */

static gboolean
row_sandbox (ToolHelloVerdict *verdict,
             const ToolHelloEvidence *self,
             const ToolHelloEvidence *other)
{
  const char *name = tool_hello_word (self->sandbox, "");

  if ((self->flags & TOOL_HELLO_SANDBOXED) == 0)
    return FALSE;
  return tool_hello_find (
    verdict, "sandbox", self,
    g_str_has_prefix (name, "snap:")
      ? g_strdup_printf ("snap connect %s:network",
                         tool_hello_word (name + strlen ("snap:"), "SNAP"))
    : g_str_has_prefix (name, "flatpak:")
      ? g_strdup_printf ("flatpak override --user --share=network %s",
                         tool_hello_word (name + strlen ("flatpak:"), "APP"))
      : g_strdup ("aa-status"),
    "a sandbox keeps the program at %s from the network", self->label);
}

static char *
dup_address (const ToolHelloEvidence *self)
{
  const gboolean is_group = self->role == TOOL_HELLO_MEMBER;

  return g_strdup_printf ("%s://%s:%u", self->transport,
                          is_group                            ? self->host
                          : self->role == TOOL_HELLO_LISTENER ? "*"
                                                              : self->host,
                          self->port);
}

static gboolean
row_address (ToolHelloVerdict *verdict,
             const ToolHelloEvidence *self,
             const ToolHelloEvidence *other)
{
  const gboolean are_groups = other != NULL &&
                              self->role == TOOL_HELLO_MEMBER &&
                              other->role == TOOL_HELLO_MEMBER;
  g_autofree char *mine = NULL;
  g_autofree char *theirs = NULL;

  if (other == NULL || (g_str_equal (self->transport, other->transport) &&
                        self->port == other->port &&
                        (!are_groups || g_str_equal (self->host, other->host))))
    return FALSE;
  mine = dup_address (self);
  theirs = dup_address (other);
  return tool_hello_find (verdict, "address", NULL,
                          g_strdup ("write the same address on both"),
                          "%s says %s, and %s says %s", self->label, mine,
                          other->label, theirs);
}

static gboolean
row_roles (ToolHelloVerdict *verdict,
           const ToolHelloEvidence *self,
           const ToolHelloEvidence *other)
{
  const gboolean listens = self->role == TOOL_HELLO_LISTENER;

  if (other == NULL || self->role == TOOL_HELLO_MEMBER ||
      self->role != other->role)
    return FALSE;
  return tool_hello_find (
    verdict, "roles", NULL,
    listens ? g_strdup_printf ("write %s for the host in the address of %s",
                               tool_hello_word (other->heard_from, "HOST"),
                               other->label)
            : g_strdup_printf ("listen on '*' at %s", self->label),
    "both %s, %s and %s", listens ? "listen" : "dial", self->label,
    other->label);
}

static gboolean
row_local (ToolHelloVerdict *verdict,
           const ToolHelloEvidence *self,
           const ToolHelloEvidence *other)
{
  const gboolean is_group = self->role == TOOL_HELLO_MEMBER;

  if ((self->flags & TOOL_HELLO_LOCAL) == 0 ||
      (other != NULL && tool_hello_passes (self, other) &&
       tool_hello_passes (other, self)))
    return FALSE;
  return tool_hello_find (
    verdict, "local", self,
    is_group
      ? g_strdup ("key-file=FILE in both addresses, of 'hein keygen FILE'")
      : g_strdup ("listen on '*', with key-file=FILE, of 'hein keygen "
                  "FILE'"),
    "the address of %s keeps to its own machine%s", self->label,
    is_group ? ", as those of groups do without a key" : "");
}

/* ---- what they must agree on ---- */

static const char *
name_default (const char *protocol)
{
  return protocol[0] != '\0' ? protocol : "the default protocol";
}

static gboolean
row_protocol (ToolHelloVerdict *verdict,
              const ToolHelloEvidence *self,
              const ToolHelloEvidence *other)
{
  if (other == NULL || g_str_equal (self->protocol, other->protocol))
    return FALSE;
  return tool_hello_find (verdict, "protocol", NULL,
                          g_strdup_printf ("write %s+PROTOCOL:// alike in both "
                                           "addresses",
                                           tool_hello_word (self->transport,
                                                            "TRANSPORT")),
                          "%s speaks %s, and %s speaks %s", self->label,
                          name_default (self->protocol), other->label,
                          name_default (other->protocol));
}

static const char *
name_key (const ToolHelloEvidence *self)
{
  switch ((ToolHelloKey) self->key)
    {
    case TOOL_HELLO_KEY:
      return "a key that is shared";
    case TOOL_HELLO_RING:
      return "a ring of keys";
    case TOOL_HELLO_PASSPHRASE:
      return "a passphrase";
    case TOOL_HELLO_IDENTITY:
      return "an identity";
    case TOOL_HELLO_CURVE:
      return "a CURVE certificate";
    case TOOL_HELLO_NO_KEY:
    case TOOL_HELLO_N_KEYS:
      break;
    }
  return "no key";
}

static gboolean
may_meet (const ToolHelloEvidence *self, const ToolHelloEvidence *other)
{
  const gboolean is_one =
    self->key == TOOL_HELLO_KEY || self->key == TOOL_HELLO_RING;

  return self->key == other->key || (is_one && (other->key == TOOL_HELLO_KEY ||
                                                other->key == TOOL_HELLO_RING));
}

static gboolean
row_key (ToolHelloVerdict *verdict,
         const ToolHelloEvidence *self,
         const ToolHelloEvidence *other)
{
  /* In a stream one key that both have will do; a member of a group has to
   * read what the other one writes with its newest. */
  if (other == NULL || self->key == TOOL_HELLO_NO_KEY)
    return FALSE;
  if (!may_meet (self, other))
    return tool_hello_find (
      verdict, "key", self,
      other->key == TOOL_HELLO_NO_KEY
        ? g_strdup_printf ("scp -p KEYFILE %s:, and key-file=KEYFILE there",
                           tool_hello_word (self->heard_from, "OTHER"))
        : g_strdup ("hein keygen FILE, a copy for the other side, and "
                    "key-file=FILE in both addresses"),
      "%s has %s, and %s has %s", self->label, name_key (self), other->label,
      name_key (other));
  if (self->key_agrees != TOOL_HELLO_OTHER_KEY ||
      (self->role != TOOL_HELLO_MEMBER &&
       other->key_agrees != TOOL_HELLO_OTHER_KEY))
    return FALSE;
  return tool_hello_find (verdict, "key", self,
                          g_strdup_printf ("scp -p KEYFILE %s:",
                                           tool_hello_word (self->heard_from,
                                                            "OTHER")),
                          "%s and %s have different keys", self->label,
                          other->label);
}

static gboolean
row_format (ToolHelloVerdict *verdict,
            const ToolHelloEvidence *self,
            const ToolHelloEvidence *other)
{
  if (other == NULL || g_str_equal (self->format, other->format))
    return FALSE;
  return tool_hello_find (verdict, "format", NULL,
                          g_strdup ("write the same format=, cipher= and "
                                    "reliable= in both addresses"),
                          "%s has %s, and %s has %s", self->label, self->format,
                          other->label, other->format);
}

static gboolean
row_clock (ToolHelloVerdict *verdict,
           const ToolHelloEvidence *self,
           const ToolHelloEvidence *other)
{
  const gboolean has_dates =
    self->key == TOOL_HELLO_RING || self->key == TOOL_HELLO_IDENTITY;
  const gint64 off_ms = ABS (self->clock_ms);

  if (other == NULL || !self->has_clock || off_ms < CLOCK_MS)
    return FALSE;
  tool_hello_find (verdict, "clock", NULL,
                   g_strdup ("timedatectl set-ntp true"),
                   "the clock of %s is %" G_GINT64_FORMAT
                   " min behind that of %s%s",
                   self->clock_ms > 0 ? self->label : other->label,
                   (off_ms + CLOCK_MS / 2) / CLOCK_MS,
                   self->clock_ms > 0 ? other->label : self->label,
                   has_dates ? ", and keys and certificates have their times"
                             : ", which matters to keys with times");
  if (!has_dates)
    verdict->outcome = TOOL_HELLO_SUSPECT;
  return TRUE;
}

/* ---- all rows ---- */

static const ToolHelloRow rows[] = {
  row_sandbox,
  row_address,
  row_roles,
  row_local,
  tool_hello_row_link,
  tool_hello_row_route,
  tool_hello_row_host,
  tool_hello_row_firewall_out,
  tool_hello_row_misrouted,
  tool_hello_row_multicast,
  tool_hello_row_firewall_in,
  tool_hello_row_between,
  tool_hello_row_mtu,
  row_protocol,
  row_key,
  row_format,
  row_clock,
};

static void
judge_alone (ToolHelloVerdict *self, const ToolHelloEvidence *mine)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i](self, mine, NULL))
      return;
  tool_hello_find (
    self, "nothing", NULL,
    g_strdup ("hein doctor --hello --with HOST ADDRESS (on both at a time)"),
    "nothing came from the other side by any way: it does not run, is in "
    "another network, or a firewall drops all");
  self->outcome = TOOL_HELLO_ALONE;
}

void
tool_hello_judge (ToolHelloVerdict *self,
                  const ToolHelloEvidence *mine,
                  const ToolHelloEvidence *theirs)
{
  const gboolean is_first =
    theirs == NULL || memcmp (mine->id, theirs->id, TOOL_HELLO_ID) < 0;
  const ToolHelloEvidence *a = is_first ? mine : theirs;
  const ToolHelloEvidence *b = is_first ? theirs : mine;

  memset (self, 0, sizeof *self);
  if (theirs == NULL)
    {
      judge_alone (self, mine);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (rows[i](self, a, b) || rows[i](self, b, a))
      return;
  tool_hello_find (self, "fine", NULL, NULL, "%s and %s hear each other",
                   a->label, b->label);
  self->outcome = TOOL_HELLO_FINE;
}
