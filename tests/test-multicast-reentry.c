/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multicast-test.h"

/* A filter sees what a datagram says while that is being read: whatever it does
 * there, nothing may be freed that the reader still stands on. Each datagram has
 * several messages where the format can, so that there is a rest to be read. */

#define N_MESSAGES 30
#define ACT_AT     3

typedef struct
{
  MulticastPlace *place;
  HeinTestBus *sender;
  HeinBus *receiver;      /* owned */
  HeinEndpoint *endpoint; /* owned: the receiver's */
  guint n_seen;           /* by the filter */
  guint n_heard;          /* by the application */
  void (*act) (gpointer bed, HeinFilter *filter, HeinPeer *peer);
  gboolean refuses;
} Bed;

#define TEST_TYPE_DEED (test_deed_get_type ())
G_DECLARE_FINAL_TYPE (TestDeed, test_deed, TEST, DEED, GObject)

struct _TestDeed
{
  GObject parent_instance;

  Bed *bed;
};

static HeinMessage *
deed_receive (HeinFilter *filter,
              HeinPeer *peer,
              HeinMessage *message,
              GError **error)
{
  Bed *bed = TEST_DEED (filter)->bed;

  if (++bed->n_seen == ACT_AT)
    bed->act (bed, filter, peer);
  if (bed->n_seen != ACT_AT || !bed->refuses)
    return hein_message_ref (message);
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_REFUSED, "no");
  return NULL;
}

static HeinMessage *
deed_send (HeinFilter *filter, HeinMessage *message, GError **error)
{
  return hein_message_ref (message);
}

static void
test_deed_iface_init (HeinFilterInterface *iface)
{
  iface->receive = deed_receive;
  iface->send = deed_send;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestDeed,
                               test_deed,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (HEIN_TYPE_FILTER,
                                                      test_deed_iface_init))

static void
test_deed_class_init (TestDeedClass *class)
{
}

static void
test_deed_init (TestDeed *self)
{
}

/* ---- the deeds ---- */

static void
close_bus (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  hein_bus_close (((Bed *) bed)->receiver);
}

static void
close_endpoint (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  hein_endpoint_close (((Bed *) bed)->endpoint);
}

static void
close_peer (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  hein_peer_close (peer);
}

static void
close_endpoint_and_bus (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  close_endpoint (bed, filter, peer);
  close_bus (bed, filter, peer);
}

static void
answer_and_close (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  g_autoptr (HeinMessage) answer = hein_message_new_text ("", "yes");

  hein_bus_send (((Bed *) bed)->receiver, answer, NULL);
  close_endpoint (bed, filter, peer);
}

static void
remove_filter (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  hein_bus_remove_filter (((Bed *) bed)->receiver, filter);
}

static void
join_again (gpointer bed, HeinFilter *filter, HeinPeer *peer)
{
  Bed *self = bed;
  g_autofree char *uri = g_strdup (hein_endpoint_get_uri (self->endpoint));

  hein_endpoint_close (self->endpoint);
  g_assert_nonnull (hein_bus_listen (self->receiver, uri, NULL));
}

static const struct
{
  const char *name;
  void (*act) (gpointer bed, HeinFilter *filter, HeinPeer *peer);
  gboolean refuses;
  gboolean ends; /* nothing is heard by that endpoint any more */
} deeds[] = {
  { "close-bus", close_bus, FALSE, TRUE },
  { "close-bus-and-refuse", close_bus, TRUE, TRUE },
  { "close-endpoint", close_endpoint, FALSE, TRUE },
  { "close-endpoint-and-bus", close_endpoint_and_bus, TRUE, TRUE },
  { "close-peer", close_peer, TRUE, FALSE },
  { "answer-and-close", answer_and_close, FALSE, TRUE },
  { "remove-filter", remove_filter, FALSE, FALSE },
  { "join-again", join_again, FALSE, TRUE },
};

/* ---- the bed ---- */

static void
on_message (HeinBus *bus, HeinMessage *message, gpointer bed)
{
  ((Bed *) bed)->n_heard++;
}

static char *
dup_uri (MulticastPlace *place, const char *options)
{
  return g_str_has_prefix (options, "format=")
           ? multicast_place_dup_uri (place, options)
           : multicast_place_dup_sealed_uri (place, options);
}

static void
send_some (Bed *self)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autoptr (HeinMessage) message = hein_message_new_text (NULL, "hello!");

      hein_bus_send (self->sender->bus, message, NULL);
    }
}

/* Those of `plain` and `multisock` are peers only when they have spoken. */
static void
meet (Bed *self, const char *options)
{
  if (g_str_has_prefix (options, "format=plain") ||
      g_str_has_prefix (options, "format=multisock"))
    return;
  hein_test_wait (
    hein_test_bus_count_peers (self->sender) == 1 &&
    hein_peers_get_n_peers (hein_bus_get_peers (self->receiver)) == 1);
}

static void
run (const char *options, guint deed)
{
  g_autoptr (MulticastPlace) place = multicast_place_new ();
  Bed bed = { .place = place,
              .act = deeds[deed].act,
              .refuses = deeds[deed].refuses };
  g_autoptr (TestDeed) filter = NULL;
  g_autofree char *uri = NULL;

  if (place == NULL)
    return;
  filter = g_object_new (TEST_TYPE_DEED, NULL);
  filter->bed = &bed;
  uri = dup_uri (place, options);
  bed.sender = multicast_join ("sender", dup_uri (place, options));
  bed.receiver = hein_bus_new ("receiver");
  g_signal_connect (bed.receiver, "message", G_CALLBACK (on_message), &bed);
  g_object_set (bed.receiver, "linger-ms", 100, NULL);
  bed.endpoint = g_object_ref (hein_bus_listen (bed.receiver, uri, NULL));
  hein_bus_add_filter (bed.receiver, HEIN_FILTER (filter));
  hein_test_wait (hein_endpoint_get_state (bed.endpoint) ==
                  HEIN_ENDPOINT_STATE_OPEN);
  meet (&bed, options);
  send_some (&bed);
  hein_test_wait (bed.n_seen >= ACT_AT);
  if (deeds[deed].ends)
    hein_test_wait (hein_endpoint_get_bus (bed.endpoint) == NULL);
  else
    {
      send_some (&bed);
      hein_test_wait (bed.n_heard >= N_MESSAGES);
    }
  g_clear_object (&bed.endpoint);
  g_assert_finalize_object (g_steal_pointer (&bed.receiver));
  hein_test_bus_free (bed.sender);
}

static void
test_deeds (gconstpointer options)
{
  for (guint i = 0; i < G_N_ELEMENTS (deeds); i++)
    {
      g_test_message ("%s", deeds[i].name);
      run (options, i);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/multicast-reentry/plain", "format=plain", test_deeds);
  g_test_add_data_func ("/multicast-reentry/multisock",
                        "format=multisock&plaintext=yes&key=k&iv=i",
                        test_deeds);
  g_test_add_data_func ("/multicast-reentry/unencrypted", "format=hein",
                        test_deeds);
  g_test_add_data_func ("/multicast-reentry/sealed", "reliable=no", test_deeds);
  g_test_add_data_func ("/multicast-reentry/reliable", "reliable=yes",
                        test_deeds);
  return g_test_run ();
}
