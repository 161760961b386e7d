/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-link-state.h"

/* Making a link, and freeing it. */

G_BEGIN_DECLS

/* What a new link is made of. */
typedef struct
{
  HeinLinkOwner *owner;
  HeinProtocol *protocol; /* the link takes ownership */
  HeinStream *stream;     /* the link takes ownership */
  gboolean is_dialled;
  gboolean is_encrypted;   /* by TLS, or is going to be */
  gboolean begins_plain;   /* the protocol says when TLS begins */
  GSocketAddress *address; /* nullable */
  HeinOverflow overflow;   /* option of the endpoint's address */
  int linger_ms;           /* option of the address; -1: the bus decides */
} HeinLinkParts;

HeinLink *hein_link_new (HeinLinkHost *host, const HeinLinkParts *parts);
/* Frees the link, not within its callbacks. @is_fork: leaves epoll alone. */
void hein_link_destroy (HeinLink *self, gboolean is_fork);
/* Returns the peer of the link, making it if there is none; it has no name
 * yet. */
HeinPeer *hein_link_ensure_peer (HeinLink *self);
/* To be called when limits or times in the settings have changed. */
void hein_link_review (HeinLink *self);
void
hein_link_subscription (HeinLink *self, const char *prefix, gboolean wanted);
/* Returns whether the peer has been told: FALSE: it knows prefixes only. */
gboolean
hein_link_pattern (HeinLink *self, const char *pattern, gboolean wanted);
/* Returns whether the peer has been asked to confirm its subscriptions. */
gboolean hein_link_confirm (HeinLink *self, guint number);
/* Returns whether the peer can be told of subscriptions: not before it is
 * ready, when it is told of all of them. */
static inline gboolean
hein_link_hears (const HeinLink *self)
{
  return self->said.is_ready && self->state <= HEIN_LINK_UP;
}
/* The verdict of hein-admission.c; @refusal NULL: the link is admitted. */
void hein_link_verdict (HeinLink *self, const GError *refusal);

G_END_DECLS
