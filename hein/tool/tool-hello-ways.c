/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-ways.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "tool-doctor-links.h"

/*
 * Says the same by all ways at once: to the group; to all hosts, by multicast
 * that no switch holds back, and by broadcast, on every interface; and to the
 * other side alone. Those are sent from the port that they go to, so that a
 * firewall that remembers connections lets the other side's through.
 */

enum
{
  IPV4,
  IPV6,
  GROUP
};

/* ---- opening ---- */

static gboolean
join (ToolHelloWays *self, int fd)
{
  return fd < 0 || tool_hello_socket_join (fd, self->group, self->index);
}

static void
open_group (ToolHelloWays *self, ToolHelloEvidence *mine)
{
  const GSocketFamily family = g_inet_address_get_family (self->group);
  const int side = self->fds[family == G_SOCKET_FAMILY_IPV6 ? IPV6 : IPV4];

  self->fds[GROUP] =
    tool_hello_socket_open (family, self->group, self->port, NULL);
  /* without a route it would not be joined, and that is told by sending */
  if (self->fds[GROUP] < 0 ||
      (!join (self, self->fds[GROUP]) && errno != ENODEV))
    mine->flags |= TOOL_HELLO_NOT_JOINED;
  join (self, side);
}

gboolean
tool_hello_ways_open (ToolHelloWays *self,
                      ToolHelloEvidence *mine,
                      GError **error)
{
  self->fds[GROUP] = -1;
  self->fds[IPV6] =
    tool_hello_socket_open (G_SOCKET_FAMILY_IPV6, NULL, TOOL_HELLO_PORT, NULL);
  self->fds[IPV4] =
    tool_hello_socket_open (G_SOCKET_FAMILY_IPV4, NULL, TOOL_HELLO_PORT,
                            self->fds[IPV6] < 0 ? error : NULL);
  if (self->fds[IPV4] < 0 && self->fds[IPV6] < 0)
    return FALSE;
  if (self->group != NULL)
    open_group (self, mine);
  return TRUE;
}

void
tool_hello_ways_close (ToolHelloWays *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->fds); i++)
    if (self->fds[i] >= 0)
      close (self->fds[i]);
  g_clear_object (&self->group);
}

/* ---- targets ---- */

void
tool_hello_ways_aim (ToolHelloWays *self,
                     const char *host,
                     guint index,
                     gboolean is_named)
{
  ToolHelloTarget target = { .is_named = is_named };

  if (!tool_hello_socket_address (&target.address, host, TOOL_HELLO_PORT,
                                  index))
    return;
  for (guint i = 0; i < self->n_targets; i++)
    if (memcmp (&self->targets[i].address, &target.address,
                sizeof target.address) == 0)
      return;
  if (self->n_targets < G_N_ELEMENTS (self->targets))
    self->targets[self->n_targets++] = target;
}

/* Whatever the port. */
static gboolean
is_same_host (const struct sockaddr_storage *a,
              const struct sockaddr_storage *b)
{
  if (a->ss_family != b->ss_family)
    return FALSE;
  if (a->ss_family == AF_INET6)
    return IN6_ARE_ADDR_EQUAL (&((const struct sockaddr_in6 *) a)->sin6_addr,
                               &((const struct sockaddr_in6 *) b)->sin6_addr);
  return ((const struct sockaddr_in *) a)->sin_addr.s_addr ==
         ((const struct sockaddr_in *) b)->sin_addr.s_addr;
}

void
tool_hello_ways_owe (ToolHelloWays *self, const struct sockaddr_storage *from)
{
  for (guint i = 0; i < self->n_targets; i++)
    if (is_same_host (&self->targets[i].address, from))
      self->targets[i].n_owed++;
}

void
tool_hello_ways_forget (ToolHelloWays *self)
{
  while (self->n_targets > 0 && !self->targets[self->n_targets - 1].is_named)
    self->n_targets--;
}

/* ---- sending ---- */

typedef struct
{
  ToolHelloWays *ways;
  ToolHelloEvidence *mine;
  guint8 data[TOOL_HELLO_MAX];
} Saying;

static ToolHelloTrouble
say_to (Saying *self,
        const struct sockaddr_storage *to,
        guint index,
        guint8 ttl,
        gsize size)
{
  const int fd = self->ways->fds[to->ss_family == AF_INET6 ? IPV6 : IPV4];

  return fd < 0 ? TOOL_HELLO_NO_ROUTE
                : tool_hello_socket_send (fd, to, index, ttl, self->data, size);
}

/* Counts one that left, even if others of the same way, as on other
 * interfaces, did not. */
static void
say (Saying *self,
     ToolHelloWayId id,
     const char *host,
     guint16 port,
     guint index,
     guint8 ttl)
{
  ToolHelloWay *way = &self->mine->ways[id];
  struct sockaddr_storage to;
  ToolHelloTrouble trouble;

  if (!tool_hello_socket_address (&to, host, port, index))
    return;
  tool_hello_wire_write (self->mine, id, self->data);
  trouble = say_to (self, &to, index, ttl, TOOL_HELLO_SIZE);
  if (trouble == TOOL_HELLO_NO_TROUBLE && way->sent < G_MAXUINT16)
    way->sent++;
  way->trouble = (guint8) trouble;
}

static void
say_on_link (Saying *self, const ToolLink *link)
{
  if (tool_link_is_loopback (link) || !(link->flags & IFF_UP))
    return;
  if (link->has_ipv4)
    {
      say (self, TOOL_HELLO_ALL, "224.0.0.1", TOOL_HELLO_PORT, link->index, 1);
      say (self, TOOL_HELLO_BROADCAST, "255.255.255.255", TOOL_HELLO_PORT,
           link->index, TOOL_HELLO_TTL);
    }
  if (link->has_ipv6)
    say (self, TOOL_HELLO_ALL6, "ff02::1", TOOL_HELLO_PORT, link->index, 1);
}

static void
say_to_group (Saying *self)
{
  ToolHelloWays *ways = self->ways;
  g_autofree char *host = g_inet_address_to_string (ways->group);
  const guint8 ttl = self->mine->ttl;

  say (self, TOOL_HELLO_GROUP_SIDE, host, TOOL_HELLO_PORT, ways->index, ttl);
  say (self, TOOL_HELLO_GROUP, host, ways->port, ways->index, ttl);
}

static void
say_to_targets (Saying *self)
{
  ToolHelloWay *way = &self->mine->ways[TOOL_HELLO_UNICAST];

  tool_hello_wire_write (self->mine, TOOL_HELLO_UNICAST, self->data);
  for (guint i = 0; i < self->ways->n_targets; i++)
    {
      ToolHelloTarget *target = &self->ways->targets[i];

      if (!target->is_named && target->n_owed == 0)
        continue;
      target->n_owed -= target->n_owed > 0;
      way->trouble = (guint8) say_to (self, &target->address, 0, TOOL_HELLO_TTL,
                                      TOOL_HELLO_SIZE);
      way->sent +=
        way->trouble == TOOL_HELLO_NO_TROUBLE && way->sent < G_MAXUINT16;
    }
}

void
tool_hello_ways_send_alone (ToolHelloWays *self, ToolHelloEvidence *mine)
{
  g_autofree Saying *saying = g_new0 (Saying, 1);

  saying->ways = self;
  saying->mine = mine;
  say_to_targets (saying);
}

/* ---- sizes ---- */

/* Payloads of UDP over IPv4 in the packets of common networks and tunnels, and
 * what is near. */
static const guint16 steps[] = {
  700,  800,  900,  1000, 1100, 1172, 1200, 1232, 1252, 1272, 1300, 1322,
  1352, 1372, 1392, 1422, 1444, 1452, 1464, 1472, 2000, 4000, 8000, 8972,
};

static void
probe (Saying *self, gsize size)
{
  ToolHelloWays *ways = self->ways;
  const gboolean is_group = ways->group != NULL;
  g_autofree char *host =
    is_group ? g_inet_address_to_string (ways->group) : NULL;
  struct sockaddr_storage to;

  if (size <= TOOL_HELLO_SIZE || size > self->mine->needed)
    return;
  tool_hello_wire_write (self->mine,
                         is_group ? TOOL_HELLO_GROUP : TOOL_HELLO_UNICAST,
                         self->data);
  if (is_group &&
      tool_hello_socket_address (&to, host, ways->port, ways->index))
    say_to (self, &to, ways->index, self->mine->ttl, size);
  for (guint i = 0; !is_group && i < ways->n_targets; i++)
    say_to (self, &ways->targets[i].address, 0, TOOL_HELLO_TTL, size);
}

void
tool_hello_ways_send (ToolHelloWays *self,
                      ToolHelloEvidence *mine,
                      gboolean probes,
                      guint round)
{
  g_autoptr (GPtrArray) links = tool_links_list ();
  g_autofree Saying *saying = g_new0 (Saying, 1);

  saying->ways = self;
  saying->mine = mine;
  if (self->group != NULL)
    say_to_group (saying);
  for (guint i = 0; i < links->len; i++)
    say_on_link (saying, g_ptr_array_index (links, i));
  say_to_targets (saying);
  if (!probes)
    return;
  probe (saying, mine->needed);
  probe (saying, steps[round % G_N_ELEMENTS (steps)]);
}
