/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-firewall.h"

#include <string.h>
#include <unistd.h>

/* Finds the chain of nftables that drops, so that a rule can be put before
 * the one that does. */

typedef struct
{
  ToolHelloEvidence *mine;
  char *family;
  char *table;
  char *chain;
  char *place;      /* where the chain goes; of mine: NULL: not interesting */
  gboolean drops;   /* the present chain */
  gboolean is_base; /* the chain is called by the kernel */
} Reader;

/* Chains of the other family, and of bridges and devices, are not in the
 * way. */
static gboolean
is_ours (const Reader *self)
{
  return g_strcmp0 (self->family, "inet") == 0 ||
         g_strcmp0 (self->family, self->mine->is_ipv6 ? "ip6" : "ip") == 0;
}

static void
keep (Reader *self)
{
  if (self->place != NULL && self->drops && self->place[0] == '\0')
    g_snprintf (self->place, sizeof self->mine->chain_in, "%s %s %s",
                self->family, self->table, self->chain);
  self->place = NULL;
  self->drops = FALSE;
}

static void
take_table (Reader *self, char **words)
{
  keep (self);
  g_free (self->family);
  g_free (self->table);
  self->family = g_strdup (words[1]);
  self->table = g_strdup (words[2]);
  if (g_strcmp0 (self->table, "firewalld") == 0)
    self->mine->firewall = TOOL_HELLO_FIREWALLD;
}

static void
take_chain (Reader *self, char **words)
{
  keep (self);
  g_free (self->chain);
  self->chain = g_strdup (words[1]);
  if (g_str_has_prefix (self->chain, "ufw"))
    self->mine->firewall = TOOL_HELLO_UFW;
}

static void
take_hook (Reader *self, const char *line)
{
  self->is_base = TRUE;
  if (is_ours (self) && strstr (line, " hook input ") != NULL)
    self->place = self->mine->chain_in;
  else if (is_ours (self) && strstr (line, " hook output ") != NULL)
    self->place = self->mine->chain_out;
  self->drops = strstr (line, "policy drop") != NULL;
}

/* A chain that is jumped to drops in the name of the one that jumps. */
static gboolean
has_end (char **words)
{
  static const char *const ends[] = { "drop", "reject", "jump", "goto", NULL };

  for (; *words != NULL; words++)
    if (g_strv_contains (ends, *words))
      return TRUE;
  return FALSE;
}

static void
take_line (Reader *self, char *line)
{
  g_auto (GStrv) words = g_strsplit (g_strstrip (line), " ", -1);
  const guint n = g_strv_length (words);

  if (n >= 3 && g_str_equal (words[0], "table"))
    take_table (self, words);
  else if (n >= 2 && g_str_equal (words[0], "chain"))
    take_chain (self, words);
  else if (strstr (line, " hook ") != NULL)
    take_hook (self, line);
  else if (has_end (words))
    self->drops = TRUE;
}

gboolean
tool_hello_firewall_read (ToolHelloEvidence *mine, const char *rules)
{
  g_auto (GStrv) lines = g_strsplit (rules, "\n", -1);
  Reader self = { .mine = mine };

  for (guint i = 0; lines[i] != NULL; i++)
    take_line (&self, lines[i]);
  keep (&self);
  g_free (self.family);
  g_free (self.table);
  g_free (self.chain);
  if (self.is_base && mine->firewall == TOOL_HELLO_UNKNOWN_FIREWALL)
    mine->firewall = TOOL_HELLO_NFT;
  return self.is_base;
}

static gboolean
ask_nft (ToolHelloEvidence *mine)
{
  const char *const argv[] = { "nft", "list", "ruleset", NULL };
  g_autofree char *rules = NULL;

  return geteuid () == 0 &&
         g_spawn_sync (NULL, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                       NULL, &rules, NULL, NULL, NULL) &&
         tool_hello_firewall_read (mine, rules);
}

static gboolean
has_line (const char *path, const char *line)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) &&
         strstr (text, line) != NULL;
}

void
tool_hello_firewall_look (ToolHelloEvidence *mine)
{
  if (ask_nft (mine))
    return;
  if (has_line ("/proc/net/ip_tables_names", "filter"))
    mine->firewall = TOOL_HELLO_IPTABLES;
  else if (geteuid () != 0 && has_line ("/etc/ufw/ufw.conf", "ENABLED=yes"))
    mine->firewall = TOOL_HELLO_UFW;
  else if (geteuid () != 0 &&
           g_file_test ("/run/firewalld", G_FILE_TEST_EXISTS))
    mine->firewall = TOOL_HELLO_FIREWALLD;
}
