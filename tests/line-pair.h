/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "link/hein-link-host.h"
#include "link/hein-link-owner.h"

G_BEGIN_DECLS

/*
 * A link whose other end is written and read by hand, as lines. Its protocol says
 * what it is told by the lines that come:
 *
 *   heartbeat       it can ping
 *   instance TEXT   which bus the other side is
 *   unique NAME     a name that is the peer's alone
 *   shared NAME     a name that others may have, too
 *   made-up         no name
 *   keep            what is sent from now on is not confirmed: it comes back
 *   pending, done   something that was sent is not confirmed, or is
 *   goodbye         the end, in order
 *   anything else   a message
 *
 * It says "welcome NAME" or "refused: why", "ping", "bye", and each message.
 */
typedef struct
{
  HeinLink *link; /* borrowed */
  int fd;         /* the other end, which does not block */
} LinePair;

void line_pair_init (LinePair *self,
                     HeinLinkHost *host,
                     HeinLinkOwner *owner,
                     gboolean is_dialled);
void line_pair_clear (LinePair *self);
void line_pair_write (LinePair *self, const char *lines);
/* All that has come and was not read before. (transfer full) */
char *line_pair_read (LinePair *self);
void line_pair_assert (LinePair *self, const char *expected);
/* Whether the other end has been shut, or has ended with unread bytes. */
gboolean line_pair_is_shut (LinePair *self);
gboolean line_pair_is_reset (LinePair *self);

G_END_DECLS
