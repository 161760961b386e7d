/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * Topics of hein and subjects of NATS:
 *
 *   topic     a/b        prefix  ""    >            pattern  a/ * /c   a.*.c
 *   subject   a.b                a/    a.>                   a/ **     a and a.>
 *                                a/b   a.>                   a/ ** /c  a.>
 *
 * Of what comes by wider subjects, the bus leaves out what it does not want. Levels
 * that are empty, that have a "." or a blank, and those that are "*" or ">", are in
 * no subject.
 *
 * Subjects that begin with "$" or with "_INBOX." are for the system and for answers:
 * a wildcard in the first level does not stand for them, as in MQTT.
 */

/* Writes the subject of a topic, which has as many bytes; FALSE with @error: there
 * is none. */
gboolean
nats_subject_write (char *to, const char *topic, gsize size, GError **error);
/* Writes the topic of a subject, which need not be terminated, without a NUL at
 * the end. NULL, or why it is none that hein can have. */
const char *nats_subject_read (char *topic, const char *subject, gsize size);
/* The subject that has all topics with a prefix; NULL: there are none. (transfer
 * full) */
char *nats_subject_from_prefix (const char *prefix);
/* The same for a pattern; @base is for a second one. */
char *nats_subject_from_pattern (const char *pattern, char **base);
/* Whether it is one for the system, or for answers. */
gboolean nats_subject_is_special (const char *subject, gsize size);

G_END_DECLS
