/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

/*
 * <transport>[+<protocol>]:[//<host>[:<port>]][<path>][?<option>=<value>&…]
 *
 * Split before anything is decoded, so that no value can inject an option.
 */
typedef struct
{
  char *uri;
  char *shown; /* for messages and logs: without secrets */
  char *transport;
  char *protocol; /* NULL: the transport's default */
  char *host;     /* never NULL; brackets of IPv6 taken off */
  int port;       /* -1 when there is none */
  char *path;     /* never NULL; "@name" in unix:@name */
  char **names;   /* of the options, in order */
  char **values;  /* decoded; as many */
} HeinAddress;

HeinAddress *hein_address_parse (const char *uri, GError **error);
void hein_address_free (HeinAddress *self);
/* The same URI with an option more, for errors that say what to write. */
char *hein_address_dup_with_option (const HeinAddress *self,
                                    const char *name,
                                    const char *value);
/* The same URI with another host and port (port < 0: none). */
char *
hein_address_dup_bound (const HeinAddress *self, const char *host, int port);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinAddress, hein_address_free)

/* Whether it looks like <host>:<port>, what somebody writes who forgets the
 * transport. */
gboolean hein_address_is_host_port (const char *uri);

G_END_DECLS
