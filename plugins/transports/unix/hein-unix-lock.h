/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Owns the path of a listening socket: a file beside it, <path>.lock, that is
 * locked (flock) for as long as the listener lives. The kernel lets go of the
 * lock when a process dies, whatever it dies of, so a socket without a locked
 * file is stale.
 */
typedef struct _HeinUnixLock HeinUnixLock;

/* Takes the lock and removes a stale socket. G_IO_ERROR_ADDRESS_IN_USE names
 * the process that has it. */
HeinUnixLock *hein_unix_lock_new (const char *path, GError **error);
/* To be called when the path was bound: only that socket is removed at the end,
 * not one that another has put there. */
void hein_unix_lock_set_bound (HeinUnixLock *self);
/* Removes socket and lock file; in a forked child only closes. */
void hein_unix_lock_free (HeinUnixLock *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinUnixLock, hein_unix_lock_free)

G_END_DECLS
