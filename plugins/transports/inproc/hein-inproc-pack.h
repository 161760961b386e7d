/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Messages one after the other in a block, which is passed on as a whole: a
 * thread that frees what another one has allocated costs both of them more than
 * a copy does. Those that have nothing but a topic and a payload can be in one.
 * Thread: one at a time.
 */
typedef struct
{
  GList
    link; /* in a row of messages and packs, whose data is NULL for a pack */
  guint begin; /* of the first message that was not skipped */
  guint end;
  guint64 data[]; /* HeinInprocPacked, each aligned */
} HeinInprocPack;

typedef struct
{
  GBytes *payload; /* owned; NULL: it is behind the topic */
  gsize size;      /* of the payload */
  guint32 step;    /* to the next one */
  guint8 topic_size;
  guint8 is_addressed; /* whatever is subscribed to at the other side */
  char topic[];        /* terminated */
} HeinInprocPacked;

HeinInprocPack *hein_inproc_pack_new (void);
/* @self may have messages, which nobody gets. */
void hein_inproc_pack_free (HeinInprocPack *self);
/* Copies what @view has; @payload (transfer none, nullable) is shared instead
 * of its data. FALSE: there is no room. */
gboolean hein_inproc_pack_add (HeinInprocPack *self,
                               const HeinMessageView *view,
                               GBytes *payload,
                               gboolean is_addressed);
/* The first message as an object of its own. */
HeinMessage *hein_inproc_pack_make_first (HeinInprocPack *self);

/* NULL: the node is a message. */
static inline HeinInprocPack *
hein_inproc_pack_from_node (GList *node)
{
  return node->data == NULL ? (HeinInprocPack *) node : NULL;
}

static inline gboolean
hein_inproc_pack_is_empty (const HeinInprocPack *self)
{
  return self->begin == self->end;
}

/* The one at @offset. */
static inline HeinInprocPacked *
hein_inproc_pack_get (HeinInprocPack *self, guint offset)
{
  return (HeinInprocPacked *) ((char *) self->data + offset);
}

static inline HeinInprocPacked *
hein_inproc_pack_get_first (HeinInprocPack *self)
{
  return hein_inproc_pack_get (self, self->begin);
}

static inline const guint8 *
hein_inproc_packed_get_data (const HeinInprocPacked *self)
{
  return (const guint8 *) self->topic + self->topic_size + 1;
}

/* Whoever skips the first one has taken its payload, and can read it until the
 * pack is used again. */
static inline void
hein_inproc_pack_skip (HeinInprocPack *self)
{
  self->begin += hein_inproc_pack_get_first (self)->step;
}

G_END_DECLS
