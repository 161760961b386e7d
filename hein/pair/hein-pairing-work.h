/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "hein-pairing-code.h"

/* The part of a pairing that blocks. */

G_BEGIN_DECLS

/* What the thread needs; it does not touch the object. */
typedef struct
{
  char *identity;
  char *peers;
  char *name; /* nullable */
  HeinPairingCode code;
  GSocket *socket;            /* owned; NULL: it dials */
  GSocketConnectable *target; /* owned; NULL: it listens */
  gint64 end_us;

  /* what came of it */
  char *other; /* owned: the name of the other side; NULL: error */
  GError *error;
} HeinPairingWork;

void hein_pairing_work_free (HeinPairingWork *self);
/* The thread: @data is a GTask (transfer full) with such data; it returns the
 * name of the other side. */
gpointer hein_pairing_work_run (gpointer data);

G_END_DECLS
