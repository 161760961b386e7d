/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* What the explorer's networks are made of: an address for each, and what it
 * promises to programs, as the README of its plugin says. */

G_BEGIN_DECLS

typedef enum
{
  KNOWS_BOTH,    /* both ends learn the other one's name */
  KNOWS_DIALLER, /* who listens learns the name of who dials */
  KNOWS_NOBODY,
} ExplorerNames;

typedef struct
{
  const char *name;    /* of the test */
  const char *address; /* %s: the host, or on one machine the place */
  const char *listens; /* nullable: more options of who listens */
  const char *dials;   /* nullable: more options of who dials */
  const char *const *faults;
  ExplorerNames names;
  gboolean knows_buses; /* two that dial each other have one connection */
  gboolean is_one_way;  /* who listens sends, who dials receives */
  gboolean is_local;    /* all programs are on one host */
  gboolean is_encrypted;
  gboolean has_ring;   /* each has a key of its own, which proves its name */
  gboolean has_rights; /* access files */
  const char *proof;   /* nullable; "unix:": who runs it */
  gboolean has_topics;
  gboolean has_subscriptions;
  gboolean filters_names; /* what is for one peer, too, it must subscribe to */
  gboolean has_requests;
  gboolean has_receipts;
  gboolean has_values; /* all that is sent is retained */
  gboolean gives_back; /* what a connection has not sent when it ends may come
                        * behind later messages, to this peer or another */
  gboolean repeats;    /* as well, and again */
  guint64 found[6];    /* seeds that have broken a rule once; 0: no more */
} ExplorerKind;

extern const ExplorerKind explorer_kinds[];
extern const guint explorer_n_kinds;

G_END_DECLS
