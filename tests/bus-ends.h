/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-test.h"

/* Two buses over TCP, for the tests of what a bus does. */

G_BEGIN_DECLS

#define LOOPBACK "tcp://127.0.0.1:0"

/* Listens there; returns where that is. (transfer full) */
char *bus_ends_listen_at (HeinTestBus *bus);
/* @client dials @hub, until each knows the other. */
void bus_ends_meet (HeinTestBus *hub, HeinTestBus *client);
void bus_ends_assert_text (HeinTestBus *bus, guint index, const char *expected);
/* A message with a payload of @size bytes. (transfer full) */
HeinMessage *bus_ends_make_block (gsize size);

G_END_DECLS
