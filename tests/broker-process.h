/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * A broker of another project, in a process of its own on a free port of
 * loopback, which ends with this one.
 */
typedef struct
{
  GSubprocess *process; /* owned */
  char *folder;         /* owned */
  guint16 port;         /* of 127.0.0.1, once it listens */
} BrokerProcess;

/* "mosquitto" or "nats-server"; NULL where that is not installed. */
BrokerProcess *broker_process_new (const char *program);
void broker_process_free (BrokerProcess *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BrokerProcess, broker_process_free)

G_END_DECLS
