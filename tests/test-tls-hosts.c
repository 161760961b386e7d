/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "trust-certificates.h"

/*
 * Hosts that prove their names, as web servers do: ?tls=yes. The hub stands in for
 * such a server: it has a certificate of a host, and knows kirk by his key.
 */

#define HUB     "identity=%s/hub.id&peers=%s/hub.peers"
#define KIRK    "tls=yes&ca-file=%s/fleet.pem&identity=%s/kirk.id"
#define ADDRESS "\x7f\0\0\1"

typedef struct
{
  TestCertificate like;
  gboolean is_by_other; /* not by the authority that kirk believes */
  const char *told;     /* why kirk does not come in */
} Case;

static const Case address = { { .address = ADDRESS }, FALSE, NULL };
/* one name would be that of a bus */
static const Case names = { { .dns = "localhost", .other = "hub.example" },
                            FALSE,
                            "of another host" };
static const Case elsewhere = { { .address = "\x7f\0\0\2" },
                                FALSE,
                                "of another host" };
static const Case nameless = { { 0 }, FALSE, "of another host" };
static const Case stranger = { { .address = ADDRESS },
                               TRUE,
                               "the ca-file does not have" };
static const Case expired = {
  { .address = ADDRESS, .from_s = -2 * TRUST_DAY_S, .until_s = -TRUST_DAY_S },
  FALSE,
  "has expired at"
};
static const Case client_only = { { .address = ADDRESS,
                                    .purpose = "1.3.6.1.5.5.7.3.2" },
                                  FALSE,
                                  "another purpose" };

static void
set_up (TrustEnds *self, gconstpointer data)
{
  trust_ends_set_up (self, data);
  trust_ends_make_authority (self);
  trust_certificates_write_peers (self, "hub.peers", "kirk");
}

static void
listen_as (TrustEnds *self, const Case *which)
{
  if (which->is_by_other)
    trust_certificates_make_own (self, "hub", which->like);
  else
    trust_certificates_make (self, "hub", which->like);
  trust_ends_listen (self, HUB);
}

static void
test_right (TrustEnds *self, gconstpointer data)
{
  listen_as (self, &address);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  trust_ends_assert_security (self->kirk, "host:127.0.0.1");
  trust_ends_assert_security (self->hub, "pin:kirk");
  trust_ends_exchange (self);
}

/* By the name that is dialled, not by the address that it has. */
static void
test_name (TrustEnds *self, gconstpointer data)
{
  g_autofree char *uri = NULL;

  listen_as (self, &names);
  uri =
    g_strdup_printf ("tcp://localhost:%u?tls=yes&ca-file=%s/fleet.pem&"
                     "identity=%s/kirk.id",
                     trust_ends_get_port (self), self->folder, self->folder);
  hein_test_bus_dial (self->kirk, uri);
  trust_ends_wait_for_both (self);
  trust_ends_assert_security (self->kirk, "host:localhost");
  trust_ends_exchange (self);
}

static void
test_wrong (TrustEnds *self, gconstpointer data)
{
  const Case *wrong = data;

  listen_as (self, wrong);
  trust_ends_dial (self, KIRK);
  trust_ends_assert_nobody (self, wrong->told);
}

/* What the system trusts does not know this authority. */
static void
test_system (TrustEnds *self, gconstpointer data)
{
  g_autofree char *uri = NULL;
  g_autoptr (GError) error = NULL;

  listen_as (self, &address);
  uri =
    g_strdup_printf ("tcp://127.0.0.1:%u?tls=yes", trust_ends_get_port (self));
  self->dialled = hein_bus_dial (self->kirk->bus, uri, &error);
  if (self->dialled == NULL)
    {
      g_assert_nonnull (strstr (error->message, "install ca-certificates"));
      g_test_skip ("without authorities of the system");
      return;
    }
  trust_ends_assert_nobody (self, "this system does not trust");
}

/* Without an identity, where the host wants one. */
static void
test_unknown (TrustEnds *self, gconstpointer data)
{
  listen_as (self, &address);
  trust_ends_dial (self, "tls=yes&ca-file=%s/fleet.pem");
  trust_ends_assert_nobody (self, "identity=FILE");
}

/* The certificates of authorities may change while it is connected. */
static void
test_changed (TrustEnds *self, gconstpointer data)
{
  listen_as (self, &address);
  trust_ends_dial (self, KIRK);
  trust_ends_wait_for_both (self);
  trust_certificates_change_authority (self);
  hein_test_wait (self->kirk->removed->len == 1);
  g_assert_error (self->kirk->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
}

static void
test_options (TrustEnds *self, gconstpointer data)
{
  const HeinError bad = HEIN_ERROR_BAD_ADDRESS;

  trust_ends_refuse (self, HEIN_ROLE_LISTEN, "tls=yes", bad, "for dialling");
  trust_ends_refuse (self, HEIN_ROLE_DIAL, "tls=yes&key-file=%s/kirk.id", bad,
                     "say one of them");
  trust_ends_refuse (self, HEIN_ROLE_DIAL, "tls=yes&peers=%s/hub.peers", bad,
                     "say one of them");
  trust_ends_refuse (self, HEIN_ROLE_DIAL, "tls=yes&peer-name=hub", bad,
                     "say one of them");
  trust_ends_refuse (self, HEIN_ROLE_DIAL, "tls=yes&plaintext=yes", bad,
                     "say one of them");
  trust_ends_refuse (self, HEIN_ROLE_DIAL, "tls=yes&ca-file=%s/hub.peers",
                     HEIN_ERROR_FAILED, "has no certificate");
  trust_ends_refuse (self, HEIN_ROLE_DIAL, "tls=no&ca-file=%s/fleet.pem", bad,
                     "need an identity");
}

static void
add (const char *path,
     const Case *data,
     void (*run) (TrustEnds *self, gconstpointer data))
{
  g_test_add (path, TrustEnds, data, set_up, run, trust_ends_tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/tls-hosts/right", NULL, test_right);
  add ("/tls-hosts/name", NULL, test_name);
  add ("/tls-hosts/wrong-name", &names, test_wrong);
  add ("/tls-hosts/wrong-address", &elsewhere, test_wrong);
  add ("/tls-hosts/nameless", &nameless, test_wrong);
  add ("/tls-hosts/other-authority", &stranger, test_wrong);
  add ("/tls-hosts/expired", &expired, test_wrong);
  add ("/tls-hosts/client-only", &client_only, test_wrong);
  add ("/tls-hosts/system", NULL, test_system);
  add ("/tls-hosts/unknown", NULL, test_unknown);
  add ("/tls-hosts/changed", NULL, test_changed);
  add ("/tls-hosts/options", NULL, test_options);
  return g_test_run ();
}
