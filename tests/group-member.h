/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "multicast-test.h"
#include "../plugins/transports/udp-multicast/sealed/mc-opener.h"
#include "../plugins/transports/udp-multicast/sealed/mc-sealer.h"

G_BEGIN_DECLS

/*
 * A member of a group of the format `hein` that does what a test says, and no
 * more: it repairs nothing, and says nothing by itself but ADMIT.
 */
typedef struct
{
  MulticastPlace *place; /* borrowed */
  McSuite suite;
  McKey *key; /* nullable */
  McSealer *sealer;
  McOpener *opener;
  char *name;
  char *instance; /* of its bus, as it says */
  int own_fd;     /* it sends from there */
  int relay_fd;   /* -1; or a stranger's, who is quicker with what it answers */
  int group_fd;
  GSource *sources[2];
  gboolean is_silent; /* answers nothing */
  guint64 dseq;       /* of the next message to all, and to one */
  guint64 dseq_one;
  GArray *hellos;                  /* McHello, that asked for it */
  guint n_admits;                  /* for it */
  McAdmit admit;                   /* the last of them */
  gsize largest;                   /* of them, on the wire */
  GPtrArray *texts;                /* owned, what came for it alone */
  guint8 other[MC_SENDER_ID_SIZE]; /* who asked last */
} GroupMember;

/* @is_sealed: with the key of the @place. */
GroupMember *
group_member_new (MulticastPlace *place, const char *name, gboolean is_sealed);
void group_member_free (GroupMember *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GroupMember, group_member_free)

/* Sends from another socket from now on, and closes the one before. */
void group_member_move (GroupMember *self);
/* The address of a socket as HELLO has it: MC_WHERE_SIZE bytes. */
void group_member_get_where (int fd, guint8 *where);

/* A datagram of it; it is not sent. @recipient: NULL for all. (transfer full) */
GBytes *group_member_seal (GroupMember *self,
                           const guint8 *recipient,
                           const McInner *inner,
                           gconstpointer payload,
                           gsize size);
/* One that says @text: on the channel for all or the one for one alone. */
GBytes *group_member_seal_text (GroupMember *self,
                                const guint8 *recipient,
                                guint channel,
                                const char *text);
void group_member_send (GroupMember *self, GBytes *datagram);
void group_member_say (GroupMember *self, const char *text);
gboolean group_member_has_heard (GroupMember *self, const char *text);

G_END_DECLS
