/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport-line.h"
#include "transport-suite.h"

G_BEGIN_DECLS

/* A hub that listens, and one that dialled it; or the two of a line, which both
 * dial. */
typedef struct
{
  TransportLine *line; /* owned, nullable */
  HeinTestBus *hub;
  HeinTestBus *client;
  HeinEndpoint *listener; /* borrowed */
  HeinEndpoint *dialler;  /* borrowed */
  char *uri;              /* to dial */
} TransportPair;

TransportPair *transport_pair_new (const HeinTransportSuite *suite);
void transport_pair_free (TransportPair *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TransportPair, transport_pair_free)

void
transport_assert_text (HeinTestBus *bus, guint index, const char *expected);

/* The part of the suite about what is sent. */
extern const HeinLaw transport_message_tests[];
extern const gsize n_transport_message_tests;

G_END_DECLS
