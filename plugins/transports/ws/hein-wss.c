/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ws-transport.h"

/* WebSockets within TLS, which has to be there. */

#define PORT 443 /* RFC 6455, 3 */

typedef WsTransport HeinWss;
typedef HeinStreamTransportClass HeinWssClass;

GType hein_wss_get_type (void);

G_DEFINE_FINAL_TYPE (HeinWss, hein_wss, HEIN_TYPE_STREAM_TRANSPORT)

static const HeinOptionEntry options[] = {
  WS_OPTIONS,
  { NULL },
};

static gboolean
has_option (HeinStreamTransport *self, const char *name)
{
  g_autofree char *value = NULL;

  g_object_get (self, name, &value, NULL);
  return value != NULL;
}

static gboolean
check_keys (HeinStreamTransport *self, GError **error)
{
  gboolean by_host = FALSE;

  g_object_get (self, "tls", &by_host, NULL);
  if (by_host || has_option (self, "key-file") ||
      has_option (self, "key-ring-file") || has_option (self, "identity"))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                       "wss is within TLS, which needs keys: say key-file= "
                       "('hein keygen FILE' makes one), key-ring-file= or "
                       "identity=, or to dial a server with a certificate, "
                       "tls=yes; without encryption it is ws:");
  return FALSE;
}

static GSocketConnectable *
hein_wss_get_connectable (HeinStreamTransport *self,
                          HeinEndpoint *endpoint,
                          GError **error)
{
  return ws_transport_get_target (self, endpoint, PORT, error);
}

static gboolean
hein_wss_begin_open (HeinTransport *transport,
                     HeinEndpoint *endpoint,
                     GTask *task,
                     GError **error)
{
  return check_keys (HEIN_STREAM_TRANSPORT (transport), error) &&
         HEIN_TRANSPORT_CLASS (hein_wss_parent_class)
           ->begin_open (transport, endpoint, task, error);
}

static void
hein_wss_finalize (GObject *object)
{
  hein_options_clear (object, options);
  G_OBJECT_CLASS (hein_wss_parent_class)->finalize (object);
}

static void
hein_wss_class_init (HeinWssClass *class)
{
  G_OBJECT_CLASS (class)->finalize = hein_wss_finalize;
  HEIN_TRANSPORT_CLASS (class)->begin_open = hein_wss_begin_open;
  ws_transport_class_install (class);
  class->get_connectable = hein_wss_get_connectable;
  hein_options_install (G_OBJECT_CLASS (class), options);
}

static void
hein_wss_init (HeinWss *self)
{
  hein_options_init (self, options);
}

HEIN_PLUGIN_DEFINE (HeinWss,
                    hein_wss,
                    TRANSPORT,
                    "wss",
                    "wss",
                    "Many peers both ways over WebSockets within TLS")
