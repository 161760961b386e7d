/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Who is the server of CURVE. */
typedef enum
{
  LIBZMQ_MODE_PLAINTEXT,
  LIBZMQ_MODE_LISTENER_SERVES,
  LIBZMQ_MODE_DIALLER_SERVES,
  LIBZMQ_N_MODES
} LibzmqMode;

/* Of the case that runs. */
extern LibzmqMode libzmq_mode;
extern const char *const libzmq_mode_names[LIBZMQ_N_MODES];
/* What a server of libzmq is told of every client (27/ZAP); NULL: nobody is
 * asked. */
extern const char *libzmq_zap_status;

/* Whether both sides have CURVE. */
gboolean libzmq_has_curve (void);
/* Makes files of keys, as pyzmq and CZMQ write them. */
void libzmq_keys_make (void);
void libzmq_keys_remove (void);
/* (transfer full): an address with the options for the mode. @listens: hein
 * does. */
char *libzmq_keys_dup_uri (const char *uri, int type, gboolean listens);
/* Gives a socket of libzmq its keys. */
void libzmq_keys_set (void *socket, gboolean listens);
/* (nullable): a thread that ends with the context. */
GThread *libzmq_zap_start (void *context);
