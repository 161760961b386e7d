/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "transport-suite.h"

G_BEGIN_DECLS

/*
 * A serial line: two pseudo-terminals, joined by a thread. Both stay open, so
 * that neither end sees whether somebody is at the other one.
 */
typedef struct _TransportLine TransportLine;

/* What stands for the device in an address. */
#define TRANSPORT_LINE_DEVICE "{tty}"

TransportLine *transport_line_new (void);
void transport_line_free (TransportLine *self);
/* The address of one end, 0 or 1. (transfer full) */
char *transport_line_dup_uri (const TransportLine *self,
                              const char *pattern,
                              guint end);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TransportLine, transport_line_free)

/* Returns what tests the law for a line, whose ends both dial. */
GTestDataFunc transport_line_find_test (const HeinLaw *law);

G_END_DECLS
