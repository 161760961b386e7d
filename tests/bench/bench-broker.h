/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Two brokers of MQTT, each a process: mosquitto, and a hein bus. */

#define BENCH_N_BROKERS 2

typedef struct
{
  const char *name;
  GPid pid;
  guint port; /* of 127.0.0.1 */
} BenchBroker;

/* mosquitto has to be in PATH. */
void bench_brokers_start (BenchBroker brokers[BENCH_N_BROKERS]);
void bench_brokers_stop (BenchBroker brokers[BENCH_N_BROKERS]);

/* In seconds, since it began. */
double bench_broker_get_cpu (const BenchBroker *self);
/* In bytes. */
guint64 bench_broker_get_rss (const BenchBroker *self);

/* Returns a connected socket; -1 with errno. */
int bench_mqtt_connect (guint port);
/* Ends the program with @what, and errno. */
void bench_mqtt_fail (const char *what);
