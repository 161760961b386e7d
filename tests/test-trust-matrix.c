/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "certificates.h"
#include "trust-ends.h"

/*
 * Each way of trust against each way of being somebody else, for who listens and who
 * dials; tests/trust.md says where the rest is. The hub listens and kirk dials, with
 * these files in the folder:
 *
 *   lamps.key other.key      keys; the rings have names for them
 *   hub.id kirk.id           keys of each, pinned in hub.peers and kirk.peers
 *   hub.cert kirk.cert       signed by fleet, believed by who has fleet.pem
 *   other.cert late.cert     kirk's, by another authority and over
 */

#define LAMPS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "b7f3d1c0a9e8476655443322110f0e0d0c0b0a09080706050403020100fedcba"
#define NOBODY_S                                                               \
  "5555555555555555555555555555555555555555555555555555555555555555"

#define KEY         "key-file=%s/lamps.key"
#define OTHER_KEY   "key-file=%s/other.key"
#define RING        "key-ring-file=%s/hub.ring"
#define DIAL_RING   "key-ring-file=%s/kirk.ring"
#define PINS_HUB    "identity=%s/hub.id&peers=%s/hub.peers"
#define PINS_KIRK   "identity=%s/kirk.id&peers=%s/kirk.peers"
#define SIGNED_HUB  "identity=%s/hub.cert&ca-file=%s/fleet.pem"
#define SIGNED_KIRK "identity=%s/kirk.cert&ca-file=%s/fleet.pem"

#define DAY_S (24 * 60 * 60)

/* ---- files ---- */

static void
write_ring (TrustEnds *self,
            const char *file,
            const char *name,
            const char *key)
{
  g_autofree char *line = g_strdup_printf ("%s %s\n", name, key);

  trust_ends_write (self, file, line, 0600);
}

static void
certify (TrustEnds *self,
         const char *authority,
         const char *file,
         const char *name,
         gint64 until_s)
{
  g_autofree char *path = trust_ends_dup_path (self, file);
  g_autofree char *issuer = trust_ends_dup_path (self, authority);

  certificates_make (path, &(TestCertificate){ .issuer = issuer,
                                               .dns = name,
                                               .from_s = -2 * DAY_S,
                                               .until_s = until_s });
}

static void
make_authority (TrustEnds *self, const char *file)
{
  g_autofree char *path = trust_ends_dup_path (self, file);

  certificates_make (path, &(TestCertificate){ .is_authority = TRUE,
                                               .from_s = -2 * DAY_S,
                                               .until_s = DAY_S });
}

static void
set_up (TrustEnds *self, gconstpointer data)
{
  trust_ends_set_up (self, data);
  g_object_set (self->kirk->bus, "reconnect-failed-ms", 20u, NULL);
  trust_ends_make_files (self);
  trust_ends_write (self, "other.key", OTHER, 0600);
  write_ring (self, "hub.ring", "kirk", LAMPS);
  write_ring (self, "kirk.ring", "hub", LAMPS);
  make_authority (self, "fleet");
  make_authority (self, "others");
  certify (self, "fleet", "hub.cert", "hub", DAY_S);
  certify (self, "fleet", "kirk.cert", "kirk", DAY_S);
  certify (self, "others", "other.cert", "kirk", DAY_S);
  certify (self, "others", "other-hub.cert", "hub", DAY_S);
  certify (self, "fleet", "late.cert", "kirk", -DAY_S);
  certify (self, "fleet", "late-hub.cert", "hub", -DAY_S);
}

/* ---- those that are let in ---- */

typedef struct
{
  const char *name;
  const char *hub;
  const char *kirk;
  const char *security; /* of kirk */
} Right;

static const Right rights[] = {
  { "key-file", KEY, KEY, "psk:lamps" },
  { "ring", RING, KEY, "psk:kirk" },
  { "ring-dialled", KEY, DIAL_RING, "psk:lamps" },
  { "pins", PINS_HUB, PINS_KIRK, "pin:kirk" },
  { "authority", SIGNED_HUB, SIGNED_KIRK, "ca:fleet" },
};

static void
test_right (TrustEnds *self, gconstpointer data)
{
  const Right *it = data;

  trust_ends_listen (self, it->hub);
  trust_ends_dial (self, it->kirk);
  trust_ends_wait_for_both (self);
  trust_ends_assert_security (self->hub, it->security);
  trust_ends_exchange (self);
}

/* ---- those that are not ---- */

typedef struct
{
  const char *name; /* the way, what is wrong, and with whom */
  const char *hub;
  const char *kirk;
  const char *file; /* nullable: is changed before */
  const char *text;
} Wrong;

#define UNCHANGED NULL, NULL

static const Wrong wrongs[] = {
  { "key-file/wrong-key", KEY, OTHER_KEY, UNCHANGED },
  { "key-file/no-key/dialler", KEY, "", UNCHANGED },
  { "key-file/no-key/listener", "", KEY, UNCHANGED },
  { "key-file/certificate/dialler", KEY, PINS_KIRK, UNCHANGED },
  { "key-file/certificate/listener", PINS_HUB, KEY, UNCHANGED },
  { "ring/wrong-key/dialler", RING, OTHER_KEY, UNCHANGED },
  { "ring/wrong-key/listener", OTHER_KEY, DIAL_RING, UNCHANGED },
  { "ring/no-key/dialler", RING, "", UNCHANGED },
  { "ring/no-key/listener", "", DIAL_RING, UNCHANGED },
  { "ring/wrong-name/dialler", RING, KEY, "hub.ring", "spock " LAMPS "\n" },
  { "ring/wrong-name/listener", KEY, DIAL_RING, "kirk.ring",
    "spock " LAMPS "\n" },
  { "pins/wrong-key/dialler", PINS_HUB, PINS_KIRK, "hub.peers",
    "kirk " NOBODY_S "\n" },
  { "pins/wrong-key/listener", PINS_HUB, PINS_KIRK, "kirk.peers",
    "hub " NOBODY_S "\n" },
  { "pins/no-key/dialler", PINS_HUB, "", UNCHANGED },
  { "pins/no-key/listener", "", PINS_KIRK, UNCHANGED },
  { "pins/signed/dialler", PINS_HUB, SIGNED_KIRK, UNCHANGED },
  { "pins/signed/listener", SIGNED_HUB, PINS_KIRK, UNCHANGED },
  { "authority/wrong-key/dialler", SIGNED_HUB, PINS_KIRK, UNCHANGED },
  { "authority/wrong-key/listener", PINS_HUB, SIGNED_KIRK, UNCHANGED },
  { "authority/no-key/dialler", SIGNED_HUB, "", UNCHANGED },
  { "authority/no-key/listener", "", SIGNED_KIRK, UNCHANGED },
  { "authority/wrong-name/listener", SIGNED_HUB, SIGNED_KIRK "&peer-name=spock",
    UNCHANGED },
  { "authority/wrong-name/dialler", SIGNED_HUB "&peer-name=spock", SIGNED_KIRK,
    UNCHANGED },
  { "authority/expired/dialler", SIGNED_HUB,
    "identity=%s/late.cert&ca-file=%s/fleet.pem", UNCHANGED },
  { "authority/expired/listener",
    "identity=%s/late-hub.cert&ca-file=%s/fleet.pem", SIGNED_KIRK, UNCHANGED },
  { "authority/other/dialler", SIGNED_HUB,
    "identity=%s/other.cert&ca-file=%s/fleet.pem", UNCHANGED },
  { "authority/other/listener",
    "identity=%s/other-hub.cert&ca-file=%s/fleet.pem", SIGNED_KIRK, UNCHANGED },
};

/* Whoever is wrong, nobody has a peer, and who dials is told why. */
static void
assert_nobody (TrustEnds *self)
{
  HeinTestBus *const buses[] = { self->hub, self->kirk };

  hein_test_wait (self->kirk->n_failed > 0);
  g_assert_true (self->kirk->failure->domain == HEIN_ERROR);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_assert_cmpuint (buses[i]->added->len, ==, 0);
      g_assert_cmpuint (buses[i]->messages->len, ==, 0);
    }
}

static void
test_wrong (TrustEnds *self, gconstpointer data)
{
  const Wrong *it = data;

  if (it->file != NULL)
    trust_ends_write (self, it->file, it->text, 0600);
  trust_ends_listen (self, it->hub);
  trust_ends_dial (self, it->kirk);
  assert_nobody (self);
}

/* ---- those that are not any more ---- */

typedef struct
{
  const char *name;
  const char *hub;
  const char *kirk;
  const char *file;
  const char *text; /* NULL: the .pem of the other authority */
  gboolean is_kirk; /* it is kirk who does not trust the hub any more */
} Revoked;

static const Revoked revoked[] = {
  { "key-file/listener", KEY, OTHER_KEY, "lamps.key", LAMPS, FALSE },
  { "key-file/dialler", OTHER_KEY, KEY, "lamps.key", LAMPS, TRUE },
  { "ring/listener", RING, KEY, "hub.ring", "spock " OTHER "\n", FALSE },
  { "ring/dialler", KEY, DIAL_RING, "kirk.ring", "hub " OTHER "\n", TRUE },
  { "pins/listener", PINS_HUB, PINS_KIRK, "hub.peers", "", FALSE },
  { "pins/dialler", PINS_HUB, PINS_KIRK, "kirk.peers", "", TRUE },
  { "authority/listener", SIGNED_HUB, SIGNED_KIRK, "fleet.pem", NULL, FALSE },
  { "authority/dialler", "identity=%s/hub.cert&ca-file=%s/copy.pem",
    SIGNED_KIRK, "fleet.pem", NULL, TRUE },
};

static void
copy (TrustEnds *self, const char *from, const char *to, int mode)
{
  g_autofree char *path = trust_ends_dup_path (self, from);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  trust_ends_write (self, to, text, mode);
}

static void
test_revoked (TrustEnds *self, gconstpointer data)
{
  const Revoked *it = data;
  HeinTestBus *bus = it->is_kirk ? self->kirk : self->hub;

  copy (self, "fleet.pem", "copy.pem", 0644);
  /* two files of one key: one is changed, and the other stays */
  if (it->text != NULL && strcmp (it->file, "lamps.key") == 0)
    trust_ends_write (self, "lamps.key", OTHER, 0600);
  trust_ends_listen (self, it->hub);
  trust_ends_dial (self, it->kirk);
  trust_ends_wait_for_both (self);
  if (it->text != NULL)
    trust_ends_write (self, it->file, it->text, 0600);
  else
    copy (self, "others.pem", it->file, 0644);
  hein_test_wait (self->hub->removed->len == 1 &&
                  self->kirk->removed->len == 1);
  g_assert_error (bus->reason, HEIN_ERROR, HEIN_ERROR_INSECURE);
  /* and it does not come in again */
  hein_test_wait (self->kirk->n_failed > 0);
  g_assert_cmpuint (self->hub->added->len, ==, 1);
  g_assert_cmpuint (self->kirk->added->len, ==, 1);
}

/* ---- mirrored ---- */

/* What a bus says is given back to it: its own listener stands for the mirror. */
static void
test_mirrored (TrustEnds *self, gconstpointer data)
{
  HeinTestBus *hub = self->hub;

  self->hub = self->kirk;
  trust_ends_listen (self, data);
  self->hub = hub;
  trust_ends_dial (self, data);
  assert_nobody (self);
}

/* ---- all of them ---- */

static void
add (const char *group,
     const char *name,
     gconstpointer data,
     void (*test) (TrustEnds *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/trust-matrix/%s/%s", group, name);

  g_test_add (path, TrustEnds, data, set_up, test, trust_ends_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rights); i++)
    add ("right", rights[i].name, &rights[i], test_right);
  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++)
    add ("wrong", wrongs[i].name, &wrongs[i], test_wrong);
  for (guint i = 0; i < G_N_ELEMENTS (revoked); i++)
    add ("revoked", revoked[i].name, &revoked[i], test_revoked);
  add ("mirrored", "key-file", KEY, test_mirrored);
  add ("mirrored", "ring", RING, test_mirrored);
  add ("mirrored", "pins", PINS_KIRK, test_mirrored);
  add ("mirrored", "authority", SIGNED_KIRK, test_mirrored);
  return g_test_run ();
}
