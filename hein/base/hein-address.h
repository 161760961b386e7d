/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

#include "hein-place.h"

G_BEGIN_DECLS

/*
 * A parsed address:
 *
 * <transport>[+<protocol>]:[//<host>[:<port>],…][<path>][?<option>=<value>&…]
 *
 * It is split before anything is decoded, so that no value can inject an
 * option.
 */
typedef struct
{
  char *uri;
  char *shown; /* the address without secrets, for errors and logs */
  char *transport;
  char *protocol;    /* NULL: the default of the transport */
  GPtrArray *places; /* owned HeinPlace: one at least, and mostly no more */
  const char *host;  /* that of the first place */
  int port;          /* the same */
  char *path;        /* never NULL; "@name" in unix:@name */
  char **names;      /* names of the options, in order */
  char **values;     /* decoded values, of the same length */
} HeinAddress;

HeinAddress *hein_address_parse (const char *uri, GError **error);
void hein_address_free (HeinAddress *self);
/* Returns the same URI with another option, for errors that suggest it. */
char *hein_address_dup_with_option (const HeinAddress *self,
                                    const char *name,
                                    const char *value);
/* Returns the same URI with another host and port (port < 0: none). */
char *
hein_address_dup_bound (const HeinAddress *self, const char *host, int port);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinAddress, hein_address_free)

/* Returns whether the text looks like <host>:<port>, which people write who
 * forget the transport. */
gboolean hein_address_is_host_port (const char *uri);

G_END_DECLS
