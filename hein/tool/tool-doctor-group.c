/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-doctor-group.h"

#include <net/if.h>
#include <netinet/udp.h>
#include <string.h>

#include "tool-doctor-links.h"
#include "tool-doctor-probe.h"
#include "tool-doctor-report.h"
#include "tool-doctor-secrecy.h"
#include "tool-doctor-subject.h"

/* Examines an address of udp-multicast: interfaces, routes, and sockets. */

#define RECEIVE_BUFFER (4 * 1024 * 1024)

/* ---- through which interfaces ---- */

/* The interface that the address names; NULL: the system chooses. */
static const char *
get_named (ToolGroup *self)
{
  const char *names = tool_doctor_get (self->doctor, "interface");

  return names != NULL && names[0] != '\0' ? names : NULL;
}

static void
use_named (ToolGroup *self, const char *names)
{
  g_auto (GStrv) all = g_strsplit (names, ",", -1);

  for (guint i = 0; all[i] != NULL; i++)
    {
      ToolLink *link = tool_links_find (self->links, all[i]);

      if (link != NULL)
        g_ptr_array_add (self->used, link);
      else
        tool_report_add (self->report, TOOL_PROBLEM, "interface",
                         "name one of those below",
                         "there is none of the name or address '%s'", all[i]);
    }
}

static void
check_route (ToolGroup *self)
{
  const char *named = get_named (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) from =
    tool_probe_route (self->address, self->doctor->port, &error);
  g_autofree char *text = from != NULL ? g_inet_address_to_string (from) : NULL;
  ToolLink *link = text != NULL ? tool_links_find (self->links, text) : NULL;
  const gboolean is_needed = named == NULL && !self->is_local;

  if (link != NULL)
    tool_report_add (self->report, TOOL_OK, "route", NULL,
                     "the system's choice for the group is %s (%s)%s",
                     link->name, text,
                     is_needed ? "" : ", which does not matter here");
  else
    tool_report_add (self->report, is_needed ? TOOL_PROBLEM : TOOL_OK, "route",
                     is_needed ? "name an interface, as in interface=lo, or "
                                 "add a route for multicast"
                               : NULL,
                     "the system has none for the group%s%s%s",
                     is_needed ? "" : ", and needs none here",
                     error != NULL ? ": " : "",
                     error != NULL ? error->message : "");
  if (is_needed && link != NULL)
    g_ptr_array_add (self->used, link);
}

static void
choose_links (ToolGroup *self)
{
  const char *named = get_named (self);

  if (named != NULL)
    use_named (self, named);
  else if (self->is_local)
    use_named (self, "lo");
  if (!tool_probe_needs_link (self->address))
    check_route (self);
  else if (self->used->len != 1)
    tool_report_add (self->report, TOOL_PROBLEM, "interface",
                     "name one, as in interface=eth0, or take a group of a "
                     "wider scope, such as ff15",
                     "groups of ff01 and ff02 are those of one interface");
}

static char *
dup_link_text (const ToolLink *link, gboolean is_used)
{
  g_autoptr (GString) text = g_string_new (link->name);

  g_string_append_printf (text, ": %s, %s, %sMTU %u,",
                          is_used ? "used" : "not used",
                          !(link->flags & IFF_UP)     ? "down"
                          : link->flags & IFF_RUNNING ? "up"
                                                      : "up without carrier",
                          link->flags & IFF_MULTICAST    ? "multicast, "
                          : tool_link_is_loopback (link) ? "loopback, "
                                                         : "no multicast, ",
                          link->mtu);
  for (guint i = 0; i < link->addresses->len; i++)
    g_string_append_printf (text, " %s",
                            (char *) g_ptr_array_index (link->addresses, i));
  if (link->addresses->len == 0)
    g_string_append (text, " no address");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Suggests what to change about @link; NULL when nothing is wrong with it. */
static char *
dup_remedy (ToolGroup *self, const ToolLink *link)
{
  if (!(link->flags & IFF_UP))
    return g_strdup_printf ("it is down: ip link set up dev %s", link->name);
  if (!(link->flags & IFF_RUNNING))
    return g_strdup ("it has no carrier: look at the cable, or the other end");
  if (!(link->flags & IFF_MULTICAST) && !tool_link_is_loopback (link))
    return g_strdup_printf ("it has no multicast: ip link set multicast on dev "
                            "%s, or name another with interface=",
                            link->name);
  if (!(self->is_ipv6 ? link->has_ipv6 : link->has_ipv4))
    return g_strdup ("it has no address of the group's family to send from");
  return NULL;
}

static void
check_links (ToolGroup *self)
{
  for (guint i = 0; i < self->links->len; i++)
    {
      const ToolLink *link = g_ptr_array_index (self->links, i);
      const gboolean is_used = g_ptr_array_find (self->used, link, NULL);
      g_autofree char *remedy = is_used ? dup_remedy (self, link) : NULL;
      g_autofree char *text = dup_link_text (link, is_used);

      tool_report_add (self->report, remedy != NULL ? TOOL_PROBLEM : TOOL_OK,
                       "interface", remedy, "%s", text);
    }
}

static void
check_mtu (ToolGroup *self)
{
  const guint headers =
    self->is_ipv6 ? 48 : 28; /* size of IP and UDP headers */
  const guint mtu = tool_doctor_get_number (self->doctor, "mtu", 1400);

  for (guint i = 0; i < self->used->len; i++)
    {
      const ToolLink *link = g_ptr_array_index (self->used, i);
      g_autofree char *change = NULL;

      if (link->mtu == 0 || mtu + headers <= link->mtu)
        continue;
      change = g_strdup_printf ("say mtu=%u", link->mtu - headers);
      tool_report_add (self->report, TOOL_WARNING, "mtu", change,
                       "datagrams of %u bytes, with headers %u, are sent in "
                       "pieces by %s, and one lost piece loses all",
                       mtu, mtu + headers, link->name);
    }
}

/* ---- what the kernel does ---- */

static void
check_bind (ToolGroup *self)
{
  const ToolLink *link =
    self->used->len > 0 ? g_ptr_array_index (self->used, 0) : NULL;
  g_autoptr (GError) error = NULL;

  if (link == NULL && tool_probe_needs_link (self->address))
    return;
  if (tool_probe_bind (self->address, self->doctor->port, link, &error))
    tool_report_add (self->report, TOOL_OK, "port", NULL,
                     "%d of the group can be shared with others",
                     self->doctor->port);
  else
    tool_report_add (self->report, TOOL_PROBLEM, "port",
                     "take another port; 'ss -lunp' tells who has it",
                     "%d of the group cannot be had: %s", self->doctor->port,
                     error->message);
}

static void
check_join (ToolGroup *self, const ToolLink *link)
{
  g_autoptr (GError) error = NULL;

  if (!tool_link_is_loopback (link) && !self->doctor->tries_joins)
    tool_report_add (self->report, TOOL_OK, "join",
                     "--join tries it, for the network would hear of it",
                     "not tried on %s", link->name);
  else if (tool_probe_join (self->address, self->doctor->port, link, &error))
    tool_report_add (self->report, TOOL_OK, "join", NULL,
                     "the group can be joined on %s", link->name);
  else
    tool_report_add (self->report, TOOL_PROBLEM, "join",
                     "name another interface, or give this one an address",
                     "the group cannot be joined on %s: %s", link->name,
                     error->message);
}

static void
check_echo (ToolGroup *self)
{
  const ToolLink *link = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->links->len && link == NULL; i++)
    if (tool_link_is_loopback (g_ptr_array_index (self->links, i)))
      link = g_ptr_array_index (self->links, i);
  if (link != NULL && tool_probe_echo (self->address, link, &error))
    tool_report_add (self->report, TOOL_OK, "echo", NULL,
                     "a datagram with TTL 0 came back on %s", link->name);
  else
    tool_report_add (
      self->report,
      link != NULL && g_ptr_array_find (self->used, link, NULL) ? TOOL_PROBLEM
                                                                : TOOL_WARNING,
      "echo",
      self->is_ipv6 ? "lo needs a route for the group: ip -6 route add local "
                      "ff00::/8 dev lo"
                    : "look at the firewall, and at 'ip link show lo'",
      "a datagram with TTL 0 did not come back: %s",
      error != NULL ? error->message : "there is no loopback");
}

static void
check_buffer (ToolGroup *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_forced = FALSE;
  const guint granted = tool_probe_receive_buffer (self->family, RECEIVE_BUFFER,
                                                   &is_forced, &error);
  const gint64 max = tool_probe_sysctl ("net/core/rmem_max");

  if (granted >= RECEIVE_BUFFER)
    tool_report_add (self->report, TOOL_OK, "receive buffer", NULL,
                     "%u bytes%s", granted,
                     is_forced && max < RECEIVE_BUFFER
                       ? ", as you are privileged: others get "
                         "net.core.rmem_max"
                       : "");
  else
    tool_report_add (self->report, TOOL_WARNING, "receive buffer",
                     "sysctl -w net.core.rmem_max=4194304",
                     "%u of %d bytes: what comes fast is lost; "
                     "net.core.rmem_max is %" G_GINT64_FORMAT "%s%s",
                     granted, RECEIVE_BUFFER, max, error != NULL ? ", " : "",
                     error != NULL ? error->message : "");
}

static void
check_memberships (ToolGroup *self)
{
  const gint64 max = tool_probe_sysctl ("net/ipv4/igmp_max_memberships");
  const gboolean is_short = max >= 0 && max < self->used->len;

  if (self->is_ipv6)
    return;
  tool_report_add (self->report, is_short ? TOOL_PROBLEM : TOOL_OK,
                   "memberships",
                   is_short ? "raise net.ipv4.igmp_max_memberships" : NULL,
                   "%u of the %" G_GINT64_FORMAT " a socket may have",
                   self->used->len, max);
}

static void
check_offload (ToolGroup *self)
{
  const gboolean has_gro = tool_probe_udp_option (self->family, UDP_GRO, 1);
  const gboolean has_segment =
    tool_probe_udp_option (self->family, UDP_SEGMENT, 0);
  const gboolean has_both = has_gro && has_segment;

  tool_report_add (self->report, has_both ? TOOL_OK : TOOL_WARNING, "offload",
                   has_both ? NULL : "Linux 5.0 or newer has both",
                   "UDP_GRO %s, UDP_SEGMENT %s: %s",
                   has_gro ? "is there" : "is missing",
                   has_segment ? "is there" : "is missing",
                   has_both ? "many datagrams at a time" : "slower without");
}

/* ---- all of it ---- */

static gboolean
check_name (ToolGroup *self)
{
  ToolDoctor *doctor = self->doctor;
  const char *zone = strchr (doctor->host, '%');

  self->address = g_inet_address_new_from_string (doctor->host);
  if (zone != NULL)
    tool_report_add (self->report, TOOL_PROBLEM, "group",
                     "write interface= instead", "\"%s\" names an interface",
                     doctor->host);
  else if (self->address == NULL ||
           !g_inet_address_get_is_multicast (self->address))
    tool_report_add (self->report, TOOL_PROBLEM, "group",
                     "take one of 239.0.0.0 to 239.255.255.255, or of ff15::",
                     "\"%s\" is not a multicast group", doctor->host);
  else if (doctor->port <= 0)
    tool_report_add (self->report, TOOL_PROBLEM, "port",
                     "write udp-multicast://group:port", "it is missing");
  else if (doctor->path[0] != '\0' && !g_str_equal (doctor->path, "/"))
    tool_report_add (self->report, TOOL_PROBLEM, "path", "leave it out",
                     "%s has no meaning here", doctor->path);
  else
    return TRUE;
  return FALSE;
}

static void
check_range (ToolGroup *self)
{
  if (g_str_has_prefix (self->doctor->host, "224.0.0."))
    tool_report_add (self->report, TOOL_WARNING, "group",
                     "take one of 239.0.0.0 to 239.255.255.255",
                     "224.0.0.0 to 224.0.0.255 are for protocols of the "
                     "network itself");
  else
    tool_report_add (self->report, TOOL_OK, "group", NULL,
                     "%s is a multicast group", self->doctor->host);
}

void
tool_doctor_check_group (ToolDoctor *doctor)
{
  ToolGroup self = { .doctor = doctor, .report = &doctor->report };

  if (check_name (&self))
    {
      self.family = g_inet_address_get_family (self.address);
      self.is_ipv6 = self.family == G_SOCKET_FAMILY_IPV6;
      self.links = tool_links_list ();
      self.used = g_ptr_array_new ();
      check_range (&self);
      tool_group_check_secrecy (&self);
      choose_links (&self);
      check_links (&self);
      check_mtu (&self);
      check_bind (&self);
      for (guint i = 0; i < self.used->len; i++)
        check_join (&self, g_ptr_array_index (self.used, i));
      check_echo (&self);
      check_buffer (&self);
      check_memberships (&self);
      check_offload (&self);
      g_ptr_array_unref (self.used);
      g_ptr_array_unref (self.links);
    }
  g_clear_object (&self.address);
}
