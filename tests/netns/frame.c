/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "frame.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static gboolean
take_offload (int fd, const char *name, guint32 command)
{
  struct ethtool_value value = { .cmd = command };
  struct ifreq request = { .ifr_data = (char *) &value };

  g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  return ioctl (fd, SIOCETHTOOL, &request) == 0;
}

gboolean
frame_make_bare (const char *name)
{
  static const guint32 commands[] = { ETHTOOL_STXCSUM, ETHTOOL_STSO,
                                      ETHTOOL_SGSO, ETHTOOL_SGRO };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (!take_offload (fd, name, commands[i]))
      {
        fprintf (stderr, "offload 0x%x of %s: %s\n", commands[i], name,
                 g_strerror (errno));
        close (fd);
        return FALSE;
      }
  close (fd);
  return TRUE;
}

static gboolean
is_ipv6 (const guint8 *frame)
{
  return frame[12] == 0x86;
}

/* Where UDP begins in a packet that is no fragment; 0: it is none. */
static gsize
skip_ip (const guint8 *frame, gsize size)
{
  const guint8 *ip = frame + ETHER_HDR_LEN;

  if (size >= ETHER_HDR_LEN + 40 && frame[12] == 0x86 && frame[13] == 0xdd &&
      ip[6] == IPPROTO_UDP)
    return ETHER_HDR_LEN + 40;
  if (size < ETHER_HDR_LEN + 20 || frame[12] != 0x08 || frame[13] != 0x00 ||
      ip[9] != IPPROTO_UDP || (ip[6] & 0x3f) != 0 || ip[7] != 0)
    return 0;
  return ETHER_HDR_LEN + (ip[0] & 0x0f) * 4;
}

gsize
frame_find_udp (const guint8 *frame, gsize size)
{
  const gsize at = skip_ip (frame, size);

  if (at == 0 || size < at + 8 ||
      size < at + (frame[at + 4] << 8 | frame[at + 5]))
    return 0;
  return at;
}

static guint32
add_words (const guint8 *data, gsize size, guint32 sum)
{
  for (gsize i = 0; i + 1 < size; i += 2)
    sum += data[i] << 8 | data[i + 1];
  return size % 2 == 1 ? sum + (data[size - 1] << 8) : sum;
}

/* So that no kernel, but who reads the datagram, sees the damage. */
static void
put_checksum (guint8 *frame, gsize at, gsize size)
{
  guint32 sum = IPPROTO_UDP + size;

  frame[at + 6] = frame[at + 7] = 0;
  if (is_ipv6 (frame)) /* the addresses */
    sum = add_words (frame + ETHER_HDR_LEN + 8, 32, sum);
  else
    sum = add_words (frame + ETHER_HDR_LEN + 12, 8, sum);
  sum = add_words (frame + at, size, sum);
  while (sum > 0xffff)
    sum = (sum & 0xffff) + (sum >> 16);
  sum = sum == 0xffff ? 0xffff : ~sum & 0xffff;
  frame[at + 6] = sum >> 8;
  frame[at + 7] = sum & 0xff;
}

void
frame_damage (guint8 *frame, gsize at, GRand *dice)
{
  const gsize size = frame[at + 4] << 8 | frame[at + 5];

  if (size <= 8)
    return;
  frame[at + g_rand_int_range (dice, 8, size)] ^=
    1 << g_rand_int_range (dice, 0, 8);
  put_checksum (frame, at, size);
}

gint64
frame_get_mac (const guint8 *at)
{
  gint64 mac = 0;

  for (guint i = 0; i < ETH_ALEN; i++)
    mac = mac << 8 | at[i];
  return mac;
}
