/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-link.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "tool-doctor-links.h"
#include "tool-doctor-probe.h"

/* Finds the interface that an address uses: the one that it names, the one in
 * whose network the host is, the one of the route, or the one by which the
 * other side is heard. */

#define UDP_IPV4 28 /* bytes of headers */
#define UDP_IPV6 48

/* ---- which one ---- */

static const ToolLink *
find_named (GPtrArray *links, const char *names)
{
  g_auto (GStrv) all = g_strsplit (names, ",", 2);

  return all[0] != NULL ? tool_links_find (links, all[0]) : NULL;
}

static gboolean
is_in_network (const struct ifaddrs *one, guint32 host)
{
  const struct sockaddr_in *own = (const struct sockaddr_in *) one->ifa_addr;
  const struct sockaddr_in *mask =
    (const struct sockaddr_in *) one->ifa_netmask;

  return own != NULL && mask != NULL && own->sin_family == AF_INET &&
         mask->sin_addr.s_addr != 0 &&
         ((own->sin_addr.s_addr ^ host) & mask->sin_addr.s_addr) == 0;
}

/* Also one that is down, which no route leads to. */
static const ToolLink *
find_by_network (GPtrArray *links, const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);
  const ToolLink *found = NULL;
  struct ifaddrs *all = NULL;
  guint32 number;

  if (address == NULL ||
      g_inet_address_get_family (address) != G_SOCKET_FAMILY_IPV4 ||
      getifaddrs (&all) != 0)
    return NULL;
  memcpy (&number, g_inet_address_to_bytes (address), sizeof number);
  for (struct ifaddrs *one = all; one != NULL && found == NULL;
       one = one->ifa_next)
    if (is_in_network (one, number))
      found = tool_links_find (links, one->ifa_name);
  freeifaddrs (all);
  return found;
}

static const ToolLink *
find_by_route (GPtrArray *links, const char *host, guint16 port)
{
  g_autoptr (GInetAddress) to = g_inet_address_new_from_string (host);
  g_autoptr (GInetAddress) from =
    to != NULL ? tool_probe_route (to, port, NULL) : NULL;
  g_autofree char *text = from != NULL ? g_inet_address_to_string (from) : NULL;

  return text != NULL ? tool_links_find (links, text) : NULL;
}

static const ToolLink *
find_by_index (GPtrArray *links, guint index)
{
  for (guint i = 0; i < links->len; i++)
    {
      const ToolLink *link = g_ptr_array_index (links, i);

      if (link->index == index)
        return link;
    }
  return NULL;
}

static const ToolLink *
find_any (GPtrArray *links)
{
  const ToolLink *found = NULL;

  for (guint i = 0; i < links->len; i++)
    {
      const ToolLink *link = g_ptr_array_index (links, i);

      if (!tool_link_is_loopback (link) &&
          (found == NULL || !(found->flags & IFF_UP)))
        found = link;
    }
  return found;
}

static const ToolLink *
find_link (ToolHelloEvidence *mine, GPtrArray *links, guint heard)
{
  const gboolean dials = mine->role == TOOL_HELLO_DIALLER;
  const ToolLink *link = dials ? find_by_network (links, mine->host) : NULL;

  if (link == NULL && mine->role != TOOL_HELLO_LISTENER)
    link = find_by_route (links, mine->host, mine->port);
  if (link == NULL && mine->role == TOOL_HELLO_LISTENER)
    link = find_by_network (links, mine->heard_from);
  if (link == NULL)
    link = find_by_index (links, heard);
  return link != NULL ? link : find_any (links);
}

/* ---- what is wrong with it ---- */

static guint
get_flags (const ToolHelloEvidence *mine, const ToolLink *link)
{
  const gboolean is_group = mine->role == TOOL_HELLO_MEMBER;
  const gboolean has_address = mine->is_ipv6 ? link->has_ipv6 : link->has_ipv4;
  guint flags = 0;

  if (!(link->flags & IFF_UP))
    return TOOL_HELLO_LINK_DOWN;
  if (!(link->flags & IFF_RUNNING))
    flags |= TOOL_HELLO_NO_CARRIER;
  if (is_group && !tool_link_is_loopback (link) &&
      !(link->flags & IFF_MULTICAST))
    flags |= TOOL_HELLO_NO_MULTICAST;
  if (is_group && !has_address)
    flags |= TOOL_HELLO_NO_ADDRESS;
  return flags;
}

/* ---- its sizes and its name ---- */

/* A datagram that does not fit the interface is sent in pieces that do. */
static void
set_sizes (ToolHelloEvidence *mine, const ToolLink *link)
{
  const guint headers = mine->is_ipv6 ? UDP_IPV6 : UDP_IPV4;
  const guint fits = MIN (MAX (link->mtu, headers) - headers, G_MAXUINT16);

  mine->link_mtu = (guint16) MIN (link->mtu, G_MAXUINT16);
  if (mine->role != TOOL_HELLO_MEMBER)
    mine->needed = (guint16) fits;
  else
    mine->needed = (guint16) MIN (mine->needed, fits);
}

static const char *
get_address (const ToolHelloEvidence *mine, const ToolLink *link)
{
  for (guint i = 0; i < link->addresses->len; i++)
    {
      const char *text = g_ptr_array_index (link->addresses, i);

      if ((strchr (text, ':') != NULL) == mine->is_ipv6)
        return text;
    }
  return link->addresses->len > 0 ? g_ptr_array_index (link->addresses, 0)
                                  : "no address";
}

static void
set_label (ToolHelloEvidence *mine, const ToolLink *link)
{
  g_autofree char *name = g_str_to_ascii (g_get_host_name (), "C");

  for (char *p = name; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      *p = '?';
  g_snprintf (mine->label, sizeof mine->label, "%.16s (%.40s)", name,
              link != NULL ? get_address (mine, link) : "no network");
}

guint
tool_hello_link_look (ToolHelloEvidence *mine, ToolDoctor *doctor, guint heard)
{
  g_autoptr (GPtrArray) links = tool_links_list ();
  const char *names = tool_doctor_get (doctor, "interface");
  const gboolean is_named = names != NULL && names[0] != '\0';
  const ToolLink *named = is_named ? find_named (links, names) : NULL;
  const ToolLink *link = is_named ? named : find_link (mine, links, heard);

  mine->flags &= ~(guint) (TOOL_HELLO_NO_LINK | TOOL_HELLO_LINK_DOWN |
                           TOOL_HELLO_NO_CARRIER | TOOL_HELLO_NO_MULTICAST |
                           TOOL_HELLO_NO_ADDRESS);
  g_strlcpy (mine->interface,
             link != NULL ? link->name
             : is_named   ? names
                          : "",
             sizeof mine->interface);
  set_label (mine, link != NULL ? link : find_any (links));
  if (link == NULL && is_named)
    mine->flags |= TOOL_HELLO_NO_LINK;
  if (link == NULL)
    return 0;
  mine->flags |= get_flags (mine, link);
  set_sizes (mine, link);
  return named != NULL ? named->index : 0;
}
