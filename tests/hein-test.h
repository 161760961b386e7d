/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Turns the thread-default main context until @condition holds; fails the test
 * when it does not within HEIN_TEST_WAIT_US. Nothing sleeps: the context wakes by
 * itself. */
#define hein_test_wait(condition)                                              \
  G_STMT_START                                                                 \
  {                                                                            \
    gint64 hein_test_end_us = g_get_monotonic_time () + HEIN_TEST_WAIT_US;     \
                                                                               \
    while (!(condition))                                                       \
      if (!hein_test_turn (hein_test_end_us))                                  \
        g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC,      \
                             "waited in vain for " #condition);                \
  }                                                                            \
  G_STMT_END

#define HEIN_TEST_WAIT_US (hein_test_get_patience () * G_USEC_PER_SEC)

/* Seconds: HEIN_TEST_PATIENCE, which valgrind needs more of, or 20: a loaded machine
 * is slow. */
gint64 hein_test_get_patience (void);
/* Returns how many entries a folder has, such as /proc/self/fd. */
guint hein_test_count_entries (const char *folder);

/* One turn of the thread-default context; FALSE when @end_us has passed. */
gboolean hein_test_turn (gint64 end_us);

/* What another process is to run; NULL, as at first: this program. It is copied. */
void hein_test_set_program (const char *const *program);
/* This program in another process, with two arguments. (transfer full) */
GSubprocess *hein_test_spawn (const char *option, const char *argument);

/* Returns when it does nothing any more, before it is killed or goes on. */
void hein_test_stop (GSubprocess *process);

/*
 * A bus whose signals are counted and whose messages are kept, in order.
 */
typedef struct
{
  HeinBus *bus;
  GPtrArray *added;    /* owned HeinPeer */
  GPtrArray *removed;  /* owned HeinPeer */
  GPtrArray *messages; /* owned HeinMessage, while it takes them */
  guint n_ready;
  guint n_failed;
  GError *failure; /* the last one, of `failed` */
  GError *reason;  /* the last one, of `peer-removed` */
  /* as `dropped` told them, by reason */
  guint64 dropped_bytes[HEIN_DROP_REASON_EXPIRED + 1];
} HeinTestBus;

/* It dials again after 1 to 20 ms, so that tests need not wait, and lingers as
 * long as tests wait: a slow machine is no reason to drop anything. */
HeinTestBus *hein_test_bus_new (const char *name);
/* Closes it in order: what was sent goes out. */
void hein_test_bus_close (HeinTestBus *self);
/* Closes it, without waiting for slow peers, and checks that nothing else holds it. */
void hein_test_bus_free (HeinTestBus *self);
/* Whether messages are kept as they come (at first they are), or stay in the
 * bus until hein_bus_take or hein_bus_receive. */
void hein_test_bus_set_takes (HeinTestBus *self, gboolean takes);
HeinEndpoint *hein_test_bus_listen (HeinTestBus *self, const char *uri);
HeinEndpoint *hein_test_bus_dial (HeinTestBus *self, const char *uri);
/* Those that take messages: with some protocols a peer that is up has still to
 * subscribe, and what is published until then is not for it. */
guint hein_test_bus_count_peers (HeinTestBus *self);
HeinPeer *hein_test_bus_find_peer (HeinTestBus *self, const char *name);
/* Sends and asserts that it was taken. @name: NULL for the strategy's choice */
void hein_test_bus_send (HeinTestBus *self,
                         const char *name,
                         const char *topic,
                         const char *text);
/* Takes nothing from now on, so that what is sent to it stays where it is. */
void hein_test_bus_hold_up (HeinTestBus *self);
/* Publishes a payload of @size bytes that begins with @number. */
gboolean hein_test_bus_send_number (HeinTestBus *self,
                                    const char *topic,
                                    guint32 number,
                                    gsize size);
guint32 hein_test_get_number (HeinMessage *message);
/* For whatever reason. */
guint64 hein_test_bus_count_dropped (HeinTestBus *self);
/* Their payloads, as far as that was told. */
guint64 hein_test_bus_count_dropped_bytes (HeinTestBus *self);
/* The payload of the message at @index as text. (transfer full) */
char *hein_test_bus_dup_text (HeinTestBus *self, guint index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinTestBus, hein_test_bus_free)

G_END_DECLS
