/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-inspect-answer.h"

/* One tool that looks into a bus: it asks, line by line, and is answered. */

G_BEGIN_DECLS

typedef struct _HeinInspectClient HeinInspectClient;

struct _HeinInspectClient
{
  GList link; /* for the owner; link.data is the client */
  HeinWatch watch;
  HeinInspectAnswer answer;
  char request[HEIN_INSPECT_REQUEST_MAX];
  gsize request_size;
  gboolean is_at_end;   /* it asks nothing more */
  GString *text;        /* owned: of the answer */
  gsize text_begin;     /* up to which it is written */
  gint64 active_us;     /* when it last asked */
  GDestroyNotify ended; /* called with the client, which it may free */
  gpointer owner;
};

/* Takes ownership of @fd. NULL: it cannot be watched. */
HeinInspectClient *hein_inspect_client_new (HeinCore *core,
                                            const HeinInspectHost *host,
                                            int fd,
                                            GDestroyNotify ended,
                                            gpointer owner);
void hein_inspect_client_free (HeinInspectClient *self);

G_END_DECLS
