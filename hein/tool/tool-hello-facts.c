/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-hello-facts.h"

#include <string.h>

#include "tool-doctor-links.h"
#include "tool-hello-firewall.h"
#include "tool-hello-sandbox.h"

/* Takes the address apart, and looks at what this machine says of itself. */

#define DEFAULT_MTU 1400 /* of a group: bytes of a datagram */

static gboolean
is_group (ToolDoctor *doctor)
{
  return g_str_equal (doctor->transport, "udp-multicast");
}

static gboolean
has_key (ToolDoctor *doctor)
{
  return tool_doctor_get (doctor, "key-file") != NULL ||
         tool_doctor_get (doctor, "key-ring-file") != NULL ||
         tool_doctor_get (doctor, "passphrase-file") != NULL;
}

/* ---- groups ---- */

static const char *
get_format (ToolDoctor *doctor)
{
  const char *format = tool_doctor_get (doctor, "format");

  if (format != NULL && !g_str_equal (format, "auto"))
    return format;
  return has_key (doctor) ? "hein" : "plain";
}

static void
describe_format (ToolHelloEvidence *mine, ToolDoctor *doctor)
{
  const char *format = get_format (doctor);
  const char *cipher = tool_doctor_get (doctor, "cipher");
  const char *dialect = tool_doctor_get (doctor, "dialect");

  if (g_str_equal (format, "hein"))
    g_snprintf (mine->format, sizeof mine->format,
                "format=hein cipher=%s reliable=%s",
                cipher != NULL ? cipher : "xchacha20",
                tool_doctor_get_flag (doctor, "reliable") ? "yes" : "no");
  else
    g_snprintf (mine->format, sizeof mine->format, "format=%s%s%s", format,
                dialect != NULL ? " dialect=" : "",
                dialect != NULL ? dialect : "");
}

/* What the transport does: without a key nothing leaves the machine. */
static guint
get_ttl (ToolDoctor *doctor)
{
  const gint64 ttl = tool_doctor_get_number (doctor, "ttl", -1);

  if (ttl >= 0)
    return (guint) ttl;
  if (!has_key (doctor) && !tool_doctor_get_flag (doctor, "plaintext"))
    return 0;
  return g_str_equal (get_format (doctor), "multisock") ? 32 : 1;
}

static gboolean
take_group (ToolHelloEvidence *mine, ToolDoctor *doctor, GError **error)
{
  g_autoptr (GInetAddress) group =
    g_inet_address_new_from_string (doctor->host);
  g_autofree char *text = NULL;
  const gint64 mtu = tool_doctor_get_number (doctor, "mtu", 0);

  if (group == NULL || !g_inet_address_get_is_multicast (group))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "\"%s\" is not a multicast group", doctor->host);
      return FALSE;
    }
  text = g_inet_address_to_string (group);
  g_strlcpy (mine->host, text, sizeof mine->host);
  mine->role = TOOL_HELLO_MEMBER;
  mine->is_ipv6 = g_inet_address_get_family (group) == G_SOCKET_FAMILY_IPV6;
  mine->ttl = (guint8) get_ttl (doctor);
  if (mine->ttl == 0)
    mine->flags |= TOOL_HELLO_LOCAL;
  mine->needed = (guint16) (mtu > 0 ? mtu : DEFAULT_MTU);
  describe_format (mine, doctor);
  return TRUE;
}

/* ---- streams ---- */

static gboolean
is_own (GInetAddress *host)
{
  g_autoptr (GPtrArray) links = tool_links_list ();
  g_autofree char *text = g_inet_address_to_string (host);

  return g_inet_address_get_is_any (host) ||
         g_inet_address_get_is_loopback (host) ||
         tool_links_find (links, text) != NULL;
}

/* Looks up a name as who dials does. (transfer full) */
static GInetAddress *
find_host (const char *host, GError **error)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  GList *all = NULL;
  GInetAddress *first = NULL;

  if (host[0] == '\0' || g_ascii_strcasecmp (host, "localhost") == 0)
    host = "127.0.0.1";
  else if (g_str_equal (host, "*"))
    host = "0.0.0.0";
  all = g_resolver_lookup_by_name (resolver, host, NULL, error);
  if (all != NULL)
    first = g_object_ref (all->data);
  g_resolver_free_addresses (all);
  return first;
}

static gboolean
take_stream (ToolHelloEvidence *mine,
             ToolDoctor *doctor,
             gboolean dials,
             GError **error)
{
  g_autoptr (GInetAddress) host = find_host (doctor->host, error);
  g_autofree char *text = NULL;

  if (host == NULL)
    return FALSE;
  text = g_inet_address_to_string (host);
  g_strlcpy (mine->host, text, sizeof mine->host);
  mine->is_ipv6 = g_inet_address_get_family (host) == G_SOCKET_FAMILY_IPV6;
  mine->role =
    !dials && is_own (host) ? TOOL_HELLO_LISTENER : TOOL_HELLO_DIALLER;
  if (mine->role == TOOL_HELLO_LISTENER &&
      g_inet_address_get_is_loopback (host))
    mine->flags |= TOOL_HELLO_LOCAL;
  return TRUE;
}

gboolean
tool_hello_facts_take_address (ToolHelloEvidence *mine,
                               ToolDoctor *doctor,
                               gboolean dials,
                               GError **error)
{
  const char *plus = strchr (doctor->uri, '+');
  const char *colon = strchr (doctor->uri, ':');
  const gboolean is_tcp = g_str_equal (doctor->transport, "tcp") ||
                          g_str_equal (doctor->transport, "channel");

  if (!is_tcp && !is_group (doctor))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "--hello is for tcp, channel and udp-multicast, and not for "
                 "%s, which stays on one machine or has no network",
                 doctor->transport);
  else if (doctor->port <= 0)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                 "--hello needs the port that both sides say");
  if (doctor->port <= 0 || (!is_tcp && !is_group (doctor)))
    return FALSE;
  g_strlcpy (mine->transport, doctor->transport, sizeof mine->transport);
  if (plus != NULL && plus < colon)
    g_strlcpy (mine->protocol, plus + 1,
               MIN (sizeof mine->protocol, (gsize) (colon - plus)));
  mine->port = (guint16) doctor->port;
  return is_tcp ? take_stream (mine, doctor, dials, error)
                : take_group (mine, doctor, error);
}

/* ---- the machine ---- */

static gboolean
reads_one (const char *link, const char *name)
{
  g_autofree char *path =
    g_build_filename ("/sys/class/net", link, "bridge", name, NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && text[0] == '1';
}

static void
find_bridge (ToolHelloEvidence *mine)
{
  g_autoptr (GPtrArray) links = tool_links_list ();

  for (guint i = 0; i < links->len && mine->bridge[0] == '\0'; i++)
    {
      const ToolLink *link = g_ptr_array_index (links, i);

      if (reads_one (link->name, "multicast_snooping"))
        g_strlcpy (mine->bridge, link->name, sizeof mine->bridge);
    }
}

void
tool_hello_facts_look_at_machine (ToolHelloEvidence *mine)
{
  g_snprintf (mine->version, sizeof mine->version, "%d.%d.%d",
              HEIN_MAJOR_VERSION, HEIN_MINOR_VERSION, HEIN_MICRO_VERSION);
  find_bridge (mine);
  tool_hello_sandbox_look (mine);
  tool_hello_firewall_look (mine);
}
