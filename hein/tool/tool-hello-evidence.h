/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What one of two sides knows when both ask why they do not hear each other:
 * plain data, which is sent to the other side and judged by both. */

#define TOOL_HELLO_ID    8
#define TOOL_HELLO_PROOF 16

/* A way from one side to the other. */
typedef enum
{
  TOOL_HELLO_GROUP,      /* to the group and its port, as a program sends */
  TOOL_HELLO_GROUP_SIDE, /* to the group, and the port of the doctor */
  TOOL_HELLO_ALL,        /* to all hosts of the network: 224.0.0.1 */
  TOOL_HELLO_ALL6,       /* to all hosts of the network: ff02::1 */
  TOOL_HELLO_BROADCAST,
  TOOL_HELLO_UNICAST, /* to the other side alone, and the port of the doctor */
  TOOL_HELLO_STREAM,  /* over the connection that the address asks for */
  TOOL_HELLO_N_WAYS
} ToolHelloWayId;

typedef enum
{
  TOOL_HELLO_NO_TROUBLE,
  TOOL_HELLO_FORBIDDEN, /* a firewall of the sender */
  TOOL_HELLO_NO_ROUTE,
  TOOL_HELLO_REFUSED, /* TCP: somebody says no */
  TOOL_HELLO_SILENT,  /* TCP: nobody answers */
  TOOL_HELLO_OTHER_TROUBLE,
  TOOL_HELLO_N_TROUBLES
} ToolHelloTrouble;

typedef struct
{
  guint16 sent;    /* by this side; of a dialler's stream: whether it is open */
  guint16 heard;   /* what came from the other side */
  guint16 largest; /* bytes of the largest that came */
  guint8 hops;     /* how many routers it passed; of those heard, the fewest */
  guint8 trouble;  /* ToolHelloTrouble of the last one sent */
} ToolHelloWay;

typedef enum
{
  TOOL_HELLO_MEMBER, /* of a group */
  TOOL_HELLO_LISTENER,
  TOOL_HELLO_DIALLER,
  TOOL_HELLO_N_ROLES
} ToolHelloRole;

typedef enum
{
  TOOL_HELLO_LOOKING,
  TOOL_HELLO_GATHERING,
  TOOL_HELLO_FROZEN, /* what it knows changes no more */
  TOOL_HELLO_N_STAGES
} ToolHelloStage;

typedef enum
{
  TOOL_HELLO_NO_KEY,
  TOOL_HELLO_KEY,        /* one that both share */
  TOOL_HELLO_RING,       /* several, with times or names */
  TOOL_HELLO_PASSPHRASE, /* which is not compared */
  TOOL_HELLO_IDENTITY,
  TOOL_HELLO_CURVE,
  TOOL_HELLO_N_KEYS
} ToolHelloKey;

typedef enum
{
  TOOL_HELLO_UNPROVED,
  TOOL_HELLO_SAME_KEY,
  TOOL_HELLO_OTHER_KEY,
  TOOL_HELLO_N_PROOFS
} ToolHelloProof;

/* What manages the firewall of a machine. */
typedef enum
{
  TOOL_HELLO_UNKNOWN_FIREWALL,
  TOOL_HELLO_FIREWALLD,
  TOOL_HELLO_UFW,
  TOOL_HELLO_NFT,
  TOOL_HELLO_IPTABLES,
  TOOL_HELLO_N_FIREWALLS
} ToolHelloFirewall;

/* What is wrong with a side as far as it can see alone. */
typedef enum
{
  TOOL_HELLO_SANDBOXED = 1 << 0, /* without network */
  TOOL_HELLO_NO_LINK = 1 << 1,   /* the interface that is named is not there */
  TOOL_HELLO_LINK_DOWN = 1 << 2,
  TOOL_HELLO_NO_CARRIER = 1 << 3,
  TOOL_HELLO_NO_MULTICAST = 1 << 4,
  TOOL_HELLO_NO_ADDRESS = 1 << 5, /* of the family */
  TOOL_HELLO_LOCAL = 1 << 6,      /* the address keeps to this machine */
  TOOL_HELLO_TAKEN = 1 << 7,      /* a program listens there already */
  TOOL_HELLO_NOT_JOINED = 1 << 8, /* the kernel refuses the group */
  TOOL_HELLO_ALL_FLAGS = (1 << 9) - 1
} ToolHelloFlags;

typedef struct
{
  guint8 id[TOOL_HELLO_ID];
  guint8 partner[TOOL_HELLO_ID]; /* whom this side speaks with; 0: nobody yet */
  guint8 proof[TOOL_HELLO_PROOF];
  guint8 stage;        /* ToolHelloStage */
  guint8 has_theirs;   /* the other side's, frozen */
  guint8 role;         /* ToolHelloRole */
  guint8 key;          /* ToolHelloKey */
  guint8 key_agrees;   /* ToolHelloProof: what this side makes of the other's */
  guint8 firewall;     /* ToolHelloFirewall */
  guint8 ttl;          /* of the group */
  guint8 is_ipv6;      /* the address */
  guint8 has_clock;    /* clock_ms is known */
  guint16 flags;       /* ToolHelloFlags */
  guint16 port;        /* of the address */
  guint16 needed;      /* bytes of the largest datagram a program sends */
  guint16 link_mtu;    /* of the interface */
  guint32 n_dropped;   /* came in, and not to any program */
  guint32 n_unsent;    /* went out, and were dropped before they left */
  guint32 n_misrouted; /* came in, and were refused by rp_filter */
  gint64 clock_ms;     /* how much later it is on the other side */
  gint64 sent_us;      /* when this was sent; microseconds since 1970 */
  gint64 echoed_us;    /* sent_us of the last that came; 0: none */
  gint64 held_us;      /* how long ago that was */
  char label[64];      /* host name and address */
  char transport[16];  /* the first word of the address, without protocol */
  char protocol[16];   /* behind the plus; "": the default */
  char host[48];       /* of the address, as written */
  char format[48];     /* what else all members have to say alike */
  char interface[16];  /* of the address; "": none is known */
  char heard_from[48]; /* the address that the other side has */
  char sandbox[64];    /* what to call the program there */
  char bridge[16];     /* a bridge here that watches who joins groups */
  char chain_in[48];   /* nftables: what drops what comes in */
  char chain_out[48];  /* nftables: what drops what goes out */
  char version[16];    /* of hein */
  ToolHelloWay ways[TOOL_HELLO_N_WAYS];
} ToolHelloEvidence;

G_END_DECLS
