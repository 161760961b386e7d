/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench-shake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

/* What a connection with a key cannot do without: TLS 1.3 as hein speaks it, by
 * GnuTLS alone, on blocking sockets, with a key that is known before. Sessions
 * stay until the process ends, as those of connections do. */

#define PRIORITY                                                               \
  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:-GROUP-ALL:+GROUP-X25519:" \
  "-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305"

static guint8 key[32];

static int
find_key (gnutls_session_t session,
          const gnutls_datum_t *name,
          gnutls_datum_t *found)
{
  found->size = sizeof key;
  found->data = gnutls_calloc (1, sizeof key);
  return found->data != NULL ? 0 : GNUTLS_E_MEMORY_ERROR;
}

/* Of this process, which either listens or dials. */
static gpointer
make_credentials (gboolean listens)
{
  const gnutls_datum_t name = {
    (guint8 *) "hein1:01234567:0123456789abcdef0123456789abcdef:bench-1", 55
  };
  const gnutls_datum_t psk = { key, sizeof key };
  gnutls_psk_server_credentials_t server;
  gnutls_psk_client_credentials_t client;
  if (listens)
    {
      gnutls_psk_allocate_server_credentials (&server);
      gnutls_psk_set_server_credentials_function2 (server, find_key);
      return server;
    }
  gnutls_psk_allocate_client_credentials (&client);
  gnutls_psk_set_client_credentials2 (client, &name, &psk, GNUTLS_PSK_KEY_RAW);
  return client;
}

static void
shake_hands (int fd, gboolean listens)
{
  static gpointer credentials;
  static gnutls_priority_t priority;
  gnutls_session_t session;
  int code;
  /* as hein's connections are: or each waits for a late acknowledgement */
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  if (credentials == NULL)
    {
      credentials = make_credentials (listens);
      gnutls_priority_init (&priority, PRIORITY, NULL);
    }
  gnutls_init (&session,
               (listens ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NO_TICKETS);
  gnutls_priority_set (session, priority);
  gnutls_credentials_set (session, GNUTLS_CRD_PSK, credentials);
  gnutls_transport_set_int (session, fd);
  do
    code = gnutls_handshake (session);
  while (code < 0 && !gnutls_error_is_fatal (code));
  if (code != 0)
    bench_fail ("gnutls_handshake: %s", gnutls_strerror (code));
}

void
bench_shake_accept (int fd)
{
  shake_hands (fd, TRUE);
}

/* One after the other, each until the hub has accepted it. */
static void
let_dial (Bench *bench, int *sockets, guint n)
{
  const struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_port = htons (bench_wait_port (bench)),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  for (guint i = 0; i < n; i++)
    {
      char accepted;
      sockets[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect (sockets[i], (const struct sockaddr *) &address,
                   sizeof address) != 0)
        bench_fail ("connect: %s", g_strerror (errno));
      if (bench_is_variant (bench, "shake"))
        shake_hands (sockets[i], FALSE);
      if (read (sockets[i], &accepted, 1) != 1)
        bench_fail ("it was not accepted");
    }
}

void
bench_shake_guests (Bench *bench, guint index)
{
  const guint n = BENCH_N_PRIMED + bench->n_connections;
  g_autofree int *sockets = g_new0 (int, n);
  let_dial (bench, sockets, BENCH_N_PRIMED);
  bench_idle_primed (bench);
  let_dial (bench, sockets + BENCH_N_PRIMED, bench->n_connections);
  bench_idle_up (bench);
  for (guint i = 0; i < n; i++)
    {
      char heard;
      if (read (sockets[i], &heard, 1) != 1)
        bench_fail ("it heard nothing");
    }
  bench_idle_served (bench, n);
}
