/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-filter-private.h"
#include "hein-wire-private.h"

G_BEGIN_DECLS

/*
 * A wire without a connection: it keeps what a protocol does to it. Names are
 * admitted at once, unless told otherwise.
 */
typedef struct
{
  HeinProtocol *protocol; /* owned */
  HeinWire *wire;         /* owned */

  GByteArray *written;  /* what the protocol put */
  GByteArray *unused;   /* what it has not consumed yet */
  GPtrArray *delivered; /* owned HeinMessage */
  GString *log;         /* "offer kirk", "ready", "accepts 1", … one a line */
  char *note;
  GError *failure;
  gsize expected;
  gboolean is_ready;
  gboolean is_over;       /* failed or redialled: no more bytes for it */
  gboolean wants_verdict; /* an offer waits, because is_slow */
  gboolean is_slow;
  HeinPrefixes prefixes;
  gint64 now_us;
} Recorder;

/* Takes @protocol, and starts it. @note: of an earlier connection, nullable. */
Recorder *recorder_new (HeinProtocol *protocol,
                        gboolean dialled,
                        const char *bus_name,
                        const char *note);
void recorder_free (Recorder *self);
/* Bytes arrive. They are consumed as by a connection. */
void recorder_feed (Recorder *self, const guint8 *data, gsize size);
/* The verdict on an offered name, when is_slow. */
void recorder_admit (Recorder *self, const GError *refusal);
gboolean recorder_encode (Recorder *self, HeinMessage *message, GError **error);
/* What was put since the last call. (transfer full) */
GBytes *recorder_take_written (Recorder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recorder, recorder_free)

G_END_DECLS
