/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "udp-multicast-open.h"

#include <string.h>

#include <sodium.h>

#include "group/mc-group.h"
#include "keys/mc-key-file.h"
#include "plain/mc-plain.h"
#include "secret/hein-secret.h"
#include "udp-multicast-options.h"

/*
 * From an endpoint's address to an open socket and its format: the group,
 * interfaces, keys, and whether it is safe.
 */

#define MESSAGE_MAX (1024 * 1024)
/* Sealing a datagram costs 0.5 µs more than its bytes. On the loopback device
 * any datagram fits; the kernel takes four of these at once. */
#define MTU_LOOPBACK  16250
#define MTU_ELSEWHERE 1400

/* ---- where ---- */

GInetSocketAddress *
hein_udp_multicast_dup_group (HeinTransport *transport, GError **error)
{
  const char *host = hein_transport_get_host (transport);
  const int port = hein_transport_get_port (transport);
  const char *path = hein_transport_get_path (transport);
  g_autoptr (GInetAddress) group = g_inet_address_new_from_string (host);
  const char *zone = strchr (host, '%');

  if (zone != NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "\"%s\" names an interface: write ?interface=%s instead", host,
                 zone + 1);
  else if (group == NULL || !g_inet_address_get_is_multicast (group))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "\"%s\" is not a multicast group: these are 224.0.0.0 to "
                 "239.255.255.255, and ff00::/8",
                 host);
  else if (port <= 0)
    g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                         "missing port, write udp-multicast://group:port");
  else if (path[0] != '\0' && !g_str_equal (path, "/"))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "a path (%s) has no meaning here", path);
  else
    return G_INET_SOCKET_ADDRESS (g_inet_socket_address_new (group, port));
  return NULL;
}

static gboolean
may_leave (HeinUdpMulticast *self)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  HeinBus *bus =
    hein_endpoint_get_bus (hein_transport_get_endpoint (transport));
  gboolean allow_plaintext = FALSE;

  g_object_get (bus, "allow-plaintext", &allow_plaintext, NULL);
  return allow_plaintext || hein_transport_get_plaintext (transport) ||
         hein_udp_multicast_has_key (self);
}

static int
get_ttl (HeinUdpMulticast *self)
{
  if (self->options.ttl >= 0)
    return self->options.ttl;
  if (!may_leave (self))
    return 0;
  return hein_udp_multicast_get_format (self) == MC_FORMAT_MULTISOCK ? 32 : 1;
}

static char **
dup_interfaces (HeinUdpMulticast *self)
{
  if (self->options.interface != NULL)
    return g_strsplit (self->options.interface, ",", -1);
  /* nothing leaves this machine */
  return may_leave (self) ? NULL : g_strsplit ("lo", ",", -1);
}

static gboolean
is_loopback (char **interfaces)
{
  return interfaces != NULL && g_strv_length (interfaces) == 1 &&
         (g_str_equal (interfaces[0], "lo") ||
          g_str_equal (interfaces[0], "127.0.0.1") ||
          g_str_equal (interfaces[0], "::1"));
}

static guint
choose_mtu (HeinUdpMulticast *self, char **interfaces)
{
  if (self->options.mtu > 0)
    return self->options.mtu;
  return is_loopback (interfaces) ? MTU_LOOPBACK : MTU_ELSEWHERE;
}

static gboolean
check_plaintext (HeinUdpMulticast *self, char **interfaces, GError **error)
{
  HeinEndpoint *endpoint = hein_transport_get_endpoint (HEIN_TRANSPORT (self));
  const char *uri = hein_endpoint_get_uri (endpoint);

  if (may_leave (self) || (self->options.ttl <= 0 && is_loopback (interfaces)))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
               "data would go over the network without encryption; make a key "
               "with 'hein keygen FILE' and say key-file=FILE, or write "
               "%s%splaintext=yes",
               uri, strchr (uri, '?') != NULL ? "&" : "?");
  return FALSE;
}

/* The kernel would let it out with 0 hops of IPv6, and the next machine take
 * it. */
static gboolean
check_reach (HeinUdpMulticast *self, GError **error)
{
  if (get_ttl (self) > 0 || self->options.loopback)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "with loopback=no and ttl=0, which is the default "
                       "without a key, nobody would hear anything");
  return FALSE;
}

/* ---- keys ---- */

gboolean
hein_udp_multicast_read_ring (HeinUdpMulticast *self,
                              McKeyRing **ring,
                              GError **error)
{
  const McOptions *options = &self->options;
  const gboolean is_ring = options->key_ring_file != NULL;
  const char *path = is_ring ? options->key_ring_file : options->key_file;

  *ring = NULL;
  if (path == NULL)
    return TRUE;
  g_clear_pointer (&self->watch, mc_key_watch_free);
  self->watch = mc_key_watch_new (path, is_ring);
  *ring = mc_key_watch_read (self->watch,
                             hein_get_real_time () / G_USEC_PER_SEC, error);
  return *ring != NULL;
}

typedef struct
{
  char *path;
  GInetSocketAddress *group;
} Derivation;

static void
derivation_free (gpointer data)
{
  Derivation *self = data;

  g_free (self->path);
  g_object_unref (self->group);
  g_free (self);
}

static void
derive (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Derivation *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (McKey) key = NULL;
  McKeyRing *ring;
  guint8 salt[MC_SALT_SIZE];
  gsize size;
  char *passphrase =
    mc_key_read_file (self->path, MC_PASSPHRASE_MAX * 4, &size, &error);

  if (passphrase != NULL)
    {
      g_strchomp (passphrase);
      mc_key_make_salt ("", self->group, MC_LEVEL_MODERATE, salt);
      key = mc_key_derive (passphrase, salt, MC_LEVEL_MODERATE, &error);
      sodium_free (passphrase);
    }
  if (key == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  ring = mc_key_ring_new (hein_get_real_time () / G_USEC_PER_SEC);
  mc_key_ring_add (ring, key, 1, MC_TIME_MIN, MC_TIME_MAX, NULL);
  g_task_return_pointer (task, ring, (GDestroyNotify) mc_key_ring_unref);
}

void
hein_udp_multicast_derive (HeinUdpMulticast *self,
                           GAsyncReadyCallback done,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, done, user_data);
  Derivation *derivation = g_new0 (Derivation, 1);

  derivation->path = g_strdup (self->options.passphrase_file);
  derivation->group = g_object_ref (self->group);
  g_task_set_source_tag (task, hein_udp_multicast_derive);
  g_task_set_task_data (task, derivation, derivation_free);
  g_task_run_in_thread (task, derive);
}

McKeyRing *
hein_udp_multicast_derive_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- opening ---- */

static gboolean
make_crypter (HeinUdpMulticast *self,
              MultisockCrypter **crypter,
              GError **error)
{
  const McOptions *options = &self->options;

  *crypter = NULL;
  if (options->key == NULL)
    return TRUE;
  *crypter = options->dialect == MC_DIALECT_K
               ? multisock_crypter_new_k (options->key, options->iv, error)
               : multisock_crypter_new_d (options->key, options->iv, 0, error);
  return *crypter != NULL;
}

static gboolean
make_plain (HeinUdpMulticast *self, GError **error)
{
  const gboolean is_multisock =
    hein_udp_multicast_get_format (self) == MC_FORMAT_MULTISOCK;
  MultisockCrypter *crypter;

  if (!make_crypter (self, &crypter, error))
    return FALSE;
  self->format = mc_plain_new (HEIN_TRANSPORT (self), self->socket, crypter,
                               is_multisock && self->options.objects);
  return TRUE;
}

/* Members have the key of the file, or know the words in it. NULL: there is none.
 * (transfer full) */
static char *
dup_security (HeinUdpMulticast *self)
{
  const McOptions *options = &self->options;
  const char *path = options->key_ring_file != NULL ? options->key_ring_file
                     : options->key_file != NULL    ? options->key_file
                                                    : options->passphrase_file;
  g_autofree char *name = path != NULL ? hein_secret_dup_name (path) : NULL;

  return name != NULL ? g_strconcat ("psk:", name, NULL) : NULL;
}

static gboolean
make_group (HeinUdpMulticast *self, McKeyRing *ring, guint mtu, GError **error)
{
  HeinBus *bus =
    hein_endpoint_get_bus (hein_transport_get_endpoint (HEIN_TRANSPORT (self)));
  g_autofree char *security = ring != NULL ? dup_security (self) : NULL;
  guint64 max_size;
  McGroupOptions options = {
    .ring = ring,
    .watch = self->watch,
    .suite = ring != NULL ? self->options.suite : MC_SUITE_NONE,
    .security = security,
    .is_reliable = self->options.reliable,
    .mtu = mtu,
    .rate = self->options.rate,
    .name = hein_bus_get_name (bus),
    .instance = hein_bus_get_instance (bus),
  };

  g_object_get (bus, "max-message-size", &max_size, NULL);
  options.max_message_size = MIN (max_size, MESSAGE_MAX);
  self->format = mc_group_new (HEIN_TRANSPORT (self), self->socket, &options,
                               hein_get_monotonic_time (), error);
  return self->format.self != NULL;
}

/* In a simulation: the source reads when the bus is turned next. */
static void
on_arrival (gpointer data)
{
  HeinUdpMulticast *self = data;

  self->has_more = TRUE;
  if (self->source != NULL)
    hein_source_set_ready_time (self->source, 0);
}

gboolean
hein_udp_multicast_open (HeinUdpMulticast *self,
                         McKeyRing *ring,
                         GError **error)
{
  g_auto (GStrv) interfaces = dup_interfaces (self);
  const McFormatKind format = hein_udp_multicast_get_format (self);
  McSocketOptions options = {
    .group = self->group,
    .interfaces = interfaces,
    .ttl = get_ttl (self),
    .loopback = self->options.loopback,
    .from_group_port = format == MC_FORMAT_MULTISOCK,
    /* multisock hears itself, and the format hein knows itself by its id */
    .skips_own = format == MC_FORMAT_PLAIN,
    .endpoint = hein_transport_get_endpoint (HEIN_TRANSPORT (self)),
    .ready = on_arrival,
    .data = self,
  };

  if (!check_plaintext (self, interfaces, error) || !check_reach (self, error))
    return FALSE;
  self->socket = mc_socket_new (&options, error);
  if (self->socket == NULL)
    return FALSE;
  if (format != MC_FORMAT_HEIN)
    return make_plain (self, error);
  return make_group (self, ring, choose_mtu (self, interfaces), error);
}
