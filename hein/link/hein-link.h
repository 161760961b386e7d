/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

G_BEGIN_DECLS

/* What a link begins with. */
typedef struct
{
  HeinLinkOwner *owner;
  HeinProtocol *protocol; /* taken */
  HeinStream *stream;     /* taken */
  gboolean is_dialled;
  GSocketAddress *address; /* nullable */
  HeinOverflow overflow;   /* of the endpoint, as given there */
  int linger_ms;           /* the same; -1: as the bus says */
} HeinLinkParts;

HeinLink *hein_link_new (HeinLinkHost *host, const HeinLinkParts *parts);
/* Frees it now, from outside of its callbacks; @is_fork: touch no epoll. */
void hein_link_destroy (HeinLink *self, gboolean is_fork);
/* Its peer, which has no name before one was offered. */
HeinPeer *hein_link_ensure_peer (HeinLink *self);
/* Its limits or its times are others. */
void hein_link_review (HeinLink *self);
void
hein_link_subscription (HeinLink *self, const char *prefix, gboolean wanted);
/* The verdict of hein-admission.c: @refusal NULL for yes. */
void hein_link_verdict (HeinLink *self, const GError *refusal);

G_END_DECLS
