/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-access.h>

#include "hein-access-rules.h"

/* Access files, which are read again when they change. */

G_BEGIN_DECLS

/* The file of an endpoint, and the rules that were in it when it could last be
 * read. Its peers hold references, by g_rc_box_acquire. Thread: owner. */
typedef struct _HeinAccessFile HeinAccessFile;

/* Reads a file. NULL with INSECURE (others could write to it), FAILED,
 * TOO_LARGE or a #GIOErrorEnum. */
HeinAccessFile *hein_access_file_open (const char *path, GError **error);
void hein_access_file_release (HeinAccessFile *self);
/* Reads it again if it has changed and then stayed the same for one look;
 * FALSE: it cannot be used, and what was read before stays. */
gboolean hein_access_file_look (HeinAccessFile *self, GError **error);
/* Like hein_access_rules_allow, by the rules as they are now. @reason: (out)
 * (optional) (transfer full): which line of which file decided */
gboolean hein_access_file_allows (HeinAccessFile *self,
                                  const HeinAccessPeer *peer,
                                  HeinAction action,
                                  const char *topic,
                                  gsize topic_size,
                                  char **reason);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinAccessFile, hein_access_file_release)

G_END_DECLS
