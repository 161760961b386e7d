/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "offset-wires.h"

#include <glib/gstdio.h>
#include <string.h>

#include "broker-process.h"
#ifdef HAS_CURVE
#include "curve-files.h"
#endif

/* The wires of test-offsets, and what they need. */

#define KEY "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
#define ALL G_MAXUINT

const Wire wires[] = {
  { .name = "zmtp",
    .scheme = "tcp",
    .has_names = TRUE,
    .has_requests = TRUE,
    .has_streams = TRUE,
    .has_deliveries = TRUE,
    .resumes = TRUE },
#ifdef HAS_CURVE
  { .name = "curve",
    .scheme = "tcp",
    .has_names = TRUE,
    .has_requests = TRUE,
    .has_streams = TRUE,
    .has_deliveries = TRUE,
    .resumes = TRUE },
#endif
#ifdef HAS_TLS
  { .name = "tls",
    .scheme = "tcp",
    .has_names = TRUE,
    .has_requests = TRUE,
    .has_streams = TRUE,
    .has_deliveries = TRUE,
    .resumes = TRUE },
#endif
  { .name = "channel",
    .scheme = "channel",
    .has_names = TRUE,
    .has_requests = TRUE,
    .has_streams = TRUE,
    .has_deliveries = TRUE,
    .resumes = TRUE,
    .retains = TRUE },
  { .name = "soc",
    .scheme = "tcp+soc",
    .has_names = TRUE,
    .is_one_way = TRUE,
    /* an acknowledgement is for one or all of those that were sent before it: of
     * six here at least one */
    .n_in_good_faith = 5 },
  { .name = "socketengine",
    .scheme = "tcp+socketengine",
    .n_in_good_faith = ALL },
  { .name = "tinyproto",
    .scheme = "tcp+tinyproto",
    .options = "turn-ms=0",
    .n_in_good_faith = 1 },
  { .name = "aiomsg",
    .scheme = "tcp+aiomsg",
    .has_names = TRUE,
    .n_in_good_faith = ALL },
  { .name = "aiomsg-at-least-once",
    .scheme = "tcp+aiomsg",
    .options = "guarantee=at-least-once",
    .has_names = TRUE,
    .has_deliveries = TRUE,
    .sends_again = TRUE },
  { .name = "mqtt-5",
    .scheme = "tcp+mqtt",
    .options = "version=5",
    .broker = "mosquitto",
    .has_deliveries = TRUE },
  { .name = "mqtt-3.1.1",
    .scheme = "tcp+mqtt",
    .options = "version=3.1.1",
    .broker = "mosquitto",
    .has_deliveries = TRUE },
  { .name = "ws-zmtp",
    .scheme = "ws",
    .has_names = TRUE,
    .has_requests = TRUE,
    .has_streams = TRUE,
    .has_deliveries = TRUE,
    .resumes = TRUE },
  { .name = "nats",
    .scheme = "tcp+nats",
    .broker = "nats-server",
    .has_requests = TRUE },
};
const guint n_wires = G_N_ELEMENTS (wires);

static struct
{
  GHashTable *brokers; /* owned, nullable: name of a program -> BrokerProcess */
  char *key;           /* owned, nullable: the path of a file */
#ifdef HAS_CURVE
  CurveFiles *curve; /* owned, nullable */
#endif
} needs;

static BrokerProcess *
get_broker (const char *program)
{
  BrokerProcess *broker;

  if (needs.brokers == NULL)
    needs.brokers =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                             (GDestroyNotify) broker_process_free);
  broker = g_hash_table_lookup (needs.brokers, program);
  if (broker == NULL && (broker = broker_process_new (program)) != NULL)
    g_hash_table_insert (needs.brokers, (gpointer) program, broker);
  return broker;
}

static void
make_key (void)
{
  int fd;

  if (needs.key != NULL)
    return;
  fd = g_file_open_tmp ("hein-offsets-XXXXXX", &needs.key, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents_full (needs.key, KEY, -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600,
                                           NULL));
}

static void
make_certificates (void)
{
#ifdef HAS_CURVE
  if (needs.curve != NULL)
    return;
  needs.curve = curve_files_new ();
  curve_files_make (needs.curve, "server", "");
  curve_files_make (needs.curve, "client", "");
  curve_files_let_in (needs.curve, "client");
#endif
}

gboolean
wire_prepare (const Wire *self)
{
  if (self->broker != NULL && get_broker (self->broker) == NULL)
    {
      g_autofree char *reason =
        g_strdup_printf ("%s is not installed", self->broker);

      g_test_skip (reason);
      return FALSE;
    }
  if (g_str_equal (self->name, "tls"))
    make_key ();
  if (g_str_equal (self->name, "curve"))
    make_certificates ();
  return TRUE;
}

guint16
wire_get_broker_port (const Wire *self)
{
  return get_broker (self->broker)->port;
}

static char *
dup_uri (const Wire *self, guint16 port, gboolean is_listening)
{
  g_autofree char *base =
    g_strdup_printf ("%s://127.0.0.1:%u", self->scheme, port);

  if (g_str_equal (self->name, "tls"))
    return g_strconcat (base, "?key-file=", needs.key, NULL);
#ifdef HAS_CURVE
  if (g_str_equal (self->name, "curve"))
    return is_listening
             ? curve_files_dup_server (needs.curve, base, "server")
             : curve_files_dup_client (needs.curve, base, "client", "server");
#endif
  return g_strconcat (base, self->options != NULL ? "?" : "", self->options,
                      NULL);
}

char *
wire_dup_listen_uri (const Wire *self)
{
  return dup_uri (self, 0, TRUE);
}

char *
wire_dup_dial_uri (const Wire *self, guint16 port)
{
  return dup_uri (self, port, FALSE);
}

void
wires_clean_up (void)
{
  g_clear_pointer (&needs.brokers, g_hash_table_unref);
  if (needs.key != NULL)
    g_unlink (needs.key);
  g_clear_pointer (&needs.key, g_free);
#ifdef HAS_CURVE
  g_clear_pointer (&needs.curve, curve_files_free);
#endif
}
