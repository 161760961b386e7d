/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-stream-keys.h"

#include <hein/hein-error.h>
#include <hein/hein-transport.h>

#include "hein-endpoint-state.h"
#include "hein-file-watch.h"

/* Opening the key files of a stream endpoint, and watching them for changes. */

static GParamSpec *
make_text (const char *name)
{
  return g_param_spec_string (name, NULL, NULL, NULL,
                              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
}

void
hein_stream_keys_make_properties (GParamSpec **specs)
{
  /**
   * HeinStreamTransport:key-file:
   *
   * A file with a key that all peers share, as `hein keygen` makes it. The
   * connection is then encrypted and authenticated by TLS 1.3, and nobody
   * without the key can connect; everybody who has the key can pretend to be
   * any other of them. The file must be accessible to its owner only (mode
   * 0600). It is read again within a second of a change, and connections that
   * used the old key are closed then.
   *
   * Since: 0.9
   */
  specs[HEIN_STREAM_KEYS_FILE] = make_text ("key-file");
  /**
   * HeinStreamTransport:key-ring-file:
   *
   * A file with a key for each peer: lines of a name and 64 hexadecimal digits.
   * A peer has to be the one that its key belongs to, by the name of its bus. A
   * listening endpoint accepts everybody who has one of the keys; a dialling
   * endpoint has one line, for the bus that it dials. Apart from that it works
   * like [property@StreamTransport:key-file], and the two exclude each other.
   *
   * Since: 0.9
   */
  specs[HEIN_STREAM_KEYS_RING_FILE] = make_text ("key-ring-file");
  /**
   * HeinStreamTransport:identity:
   *
   * A file with a private key of this bus alone, and its certificate, as `hein
   * keygen --identity` makes it; with it goes [property@StreamTransport:peers]
   * or [property@StreamTransport:ca-file]. The connection is then encrypted
   * and authenticated by TLS 1.3, and nobody can pretend to be another. A
   * certificate that names somebody has to name this bus. The file must be
   * accessible to its owner only (mode 0600). It is read again within a second
   * of a change; connections that exist stay.
   *
   * Since: 0.9
   */
  specs[HEIN_STREAM_KEYS_IDENTITY] = make_text ("identity");
  /**
   * HeinStreamTransport:peers:
   *
   * A file of who may be at the other end: lines of a name and the
   * fingerprint of its key, 64 hexadecimal digits, as `hein keygen --identity`
   * prints them. A peer has to be the one that its key belongs to, by the name
   * of its bus; dates and everything else in its certificate are not looked
   * at. There is no secret in the file, so others may read it; who can write to
   * it lets in anybody, so it must belong to this user or root, and be writable
   * for nobody else. It is read again within a second of a change, and
   * connections whose line is gone are closed then.
   *
   * Since: 0.9
   */
  specs[HEIN_STREAM_KEYS_PEERS] = make_text ("peers");
  /**
   * HeinStreamTransport:ca-file:
   *
   * A file of authorities, certificates in PEM, and perhaps lists of what they
   * have revoked. Who has a certificate of one of them is let in, as long as
   * it is valid by the clock, and has to be called as the one subject
   * alternative name in it says: `DNS:kirk`, or
   * `DNS:kirk.peer.hein.internal`; with [property@StreamTransport:tls], it has
   * to name the host in the address. Others must not be able to write the file.
   * It is read again within a second of a change, and connections whose
   * certificate is not good any more are closed then.
   *
   * Since: 0.9
   */
  specs[HEIN_STREAM_KEYS_CA_FILE] = make_text ("ca-file");
  /**
   * HeinStreamTransport:peer-name:
   *
   * With [property@StreamTransport:identity], the only one who may be at the
   * other end. Who dials says it where many have a certificate of the
   * authority: any of them could pretend to be at that address.
   *
   * Since: 0.9
   */
  specs[HEIN_STREAM_KEYS_PEER_NAME] = make_text ("peer-name");
}

GParamSpec *
hein_stream_keys_make_flag (void)
{
  /**
   * HeinStreamTransport:tls:
   *
   * Whether to encrypt what is dialled as most of the Internet does: by TLS
   * 1.3, where the other side proves by a certificate that it is the host in
   * the address, and this side proves nothing, unless it has an
   * [property@StreamTransport:identity]. For servers that are no heins, such as
   * brokers.
   *
   * The certificate has to be of an authority that the system trusts, or, with
   * [property@StreamTransport:ca-file], of one in that file. Each of several
   * hosts in the address has to prove its own name; one that a peer has told
   * has to prove that of the host in the address by which it is known.
   *
   * Since: 0.9
   */
  return g_param_spec_boolean ("tls", NULL, NULL, FALSE,
                               G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
}

gboolean
hein_stream_keys_are_wanted (const HeinStreamKeys *self)
{
  if (self->by_host)
    return TRUE;
  for (guint i = 0; i < HEIN_STREAM_KEYS_N; i++)
    if (self->texts[i] != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
has (const HeinStreamKeys *self, guint option)
{
  return self->texts[option] != NULL;
}

/* The same with hosts that prove their names. */
static const char *
find_conflict_by_host (const HeinStreamKeys *self, HeinRole role)
{
  if (role == HEIN_ROLE_LISTEN)
    return "tls=yes is for dialling: to listen, say identity=FILE and "
           "ca-file=FILE or peers=FILE, or key-file=FILE";
  if (has (self, HEIN_STREAM_KEYS_FILE) ||
      has (self, HEIN_STREAM_KEYS_RING_FILE) ||
      has (self, HEIN_STREAM_KEYS_PEERS) ||
      has (self, HEIN_STREAM_KEYS_PEER_NAME))
    return "tls=yes and keys of heins (key-file, key-ring-file, peers, "
           "peer-name): say one of them";
  return NULL;
}

/* NULL: they fit together. */
static const char *
find_conflict (const HeinStreamKeys *self)
{
  const gboolean has_identity = has (self, HEIN_STREAM_KEYS_IDENTITY);
  const gboolean has_peers = has (self, HEIN_STREAM_KEYS_PEERS);
  const gboolean has_authorities = has (self, HEIN_STREAM_KEYS_CA_FILE);

  if (has (self, HEIN_STREAM_KEYS_FILE) &&
      has (self, HEIN_STREAM_KEYS_RING_FILE))
    return "key-file and key-ring-file: say one of them";
  if (has (self, HEIN_STREAM_KEYS_FILE) ||
      has (self, HEIN_STREAM_KEYS_RING_FILE))
    return has_identity || has_peers || has_authorities ||
               has (self, HEIN_STREAM_KEYS_PEER_NAME)
             ? "a file of keys that are shared, and an identity (or peers, "
               "ca-file, peer-name): say one of them"
             : NULL;
  if (has_peers && has_authorities)
    return "peers and ca-file: say one of them";
  if (has_identity && !has_peers && !has_authorities)
    return "an identity needs to know others: say peers=FILE, with a line of "
           "name and fingerprint for each, or ca-file=FILE";
  if (!has_identity)
    return "peers, ca-file and peer-name need an identity of this side: say "
           "identity=FILE ('hein keygen --identity FILE' makes one)";
  return NULL;
}

static gboolean
check (HeinStreamKeys *self, HeinRole role, gboolean plaintext, GError **error)
{
  const char *trouble =
    self->by_host ? find_conflict_by_host (self, role) : find_conflict (self);

  if (trouble == NULL && plaintext)
    trouble = "plaintext=yes and encryption: say one of them";
  if (trouble == NULL)
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS, trouble);
  return FALSE;
}

static void
arm (HeinStreamKeys *self)
{
  hein_file_watch_arm (self->endpoint->core->host.loop, &self->timer);
}

static void
on_look (HeinTimer *timer, gint64 now_us)
{
  HeinStreamKeys *self =
    (HeinStreamKeys *) ((char *) timer -
                        G_STRUCT_OFFSET (HeinStreamKeys, timer));
  g_autoptr (GError) error = NULL;

  arm (self);
  self->module->look (self->tls, &error);
  if (error != NULL)
    hein_transport_fail (self->endpoint->transport, error);
}

gboolean
hein_stream_keys_open (HeinStreamKeys *self,
                       HeinEndpoint *endpoint,
                       GError **error)
{
  const HeinTlsOptions options = {
    .key_file = self->texts[HEIN_STREAM_KEYS_FILE],
    .key_ring_file = self->texts[HEIN_STREAM_KEYS_RING_FILE],
    .identity = self->texts[HEIN_STREAM_KEYS_IDENTITY],
    .peers = self->texts[HEIN_STREAM_KEYS_PEERS],
    .ca_file = self->texts[HEIN_STREAM_KEYS_CA_FILE],
    .peer_name = self->texts[HEIN_STREAM_KEYS_PEER_NAME],
    .by_host = self->by_host,
    .is_dialling = endpoint->role == HEIN_ROLE_DIAL,
    .bus_name = endpoint->core->host.name,
    .bus_instance = endpoint->core->host.instance,
  };
  gboolean plaintext;

  if (!hein_stream_keys_are_wanted (self))
    return TRUE;
  g_object_get (endpoint->transport, "plaintext", &plaintext, NULL);
  if (!check (self, endpoint->role, plaintext, error))
    return FALSE;
  self->tls = self->module->open (&options, error);
  if (self->tls == NULL)
    return FALSE;
  self->endpoint = endpoint;
  self->timer.expired = on_look;
  arm (self);
  return TRUE;
}

void
hein_stream_keys_close (HeinStreamKeys *self)
{
  if (self->tls == NULL)
    return;
  /* an endpoint without a core has been closed, and has no timer any more */
  if (self->endpoint->core != NULL)
    hein_loop_disarm (self->endpoint->core->host.loop, &self->timer);
  self->module->close (g_steal_pointer (&self->tls));
}

void
hein_stream_keys_clear (HeinStreamKeys *self)
{
  hein_stream_keys_close (self);
  for (guint i = 0; i < HEIN_STREAM_KEYS_N; i++)
    g_clear_pointer (&self->texts[i], g_free);
}

HeinStream *
hein_stream_keys_secure (HeinStreamKeys *self,
                         HeinStream *stream,
                         gboolean is_dialled,
                         const char *host)
{
  if (self->tls == NULL)
    return stream;
  return self->module->new_stream (self->tls, stream, is_dialled, host);
}
