/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "explorer-party.h"

/*
 * Rights of the explorer: nobody is given, or gives, what the access file of
 * either side has not allowed at any moment since it was sent.
 */

G_BEGIN_DECLS

/* What the programs at a place have said of their peers, one after the other. */
Rights *rights_new (const char *folder, const char *place);
void rights_free (Rights *self);
const char *rights_get_path (const Rights *self);
/* Writes others into the file, of which some are about one of the lives. */
void rights_draw (Scene *scene, Rights *self);
/* Writes that everybody may do everything. */
void rights_open (Scene *scene, Rights *self);
/* How long a bus may go on with the rules before the last ones. */
#define RIGHTS_READ_MS 1000

/* Whether @self allows it, or has at some moment since then. */
gboolean right_is_given (const Party *self,
                         const Party *to,
                         HeinAction action,
                         guint topic,
                         gint64 since_us);
/* That @self may hear such a message of @from, by the rules of both. */
void right_check_message (const Party *self,
                          const Party *from,
                          HeinAction action,
                          guint topic,
                          gint64 sent_us);

G_END_DECLS
