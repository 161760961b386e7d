/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hein/hein.h>
#include <sodium.h>

/*
 * Reads the file of a key, after a look at whose it is and who else may read
 * it. What is read lies in locked memory from the first byte on.
 */

#define HEX_SIZE (2 * MC_KEY_SIZE)

static gboolean
fail_errno (const char *path, const char *what, GError **error)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s: %s",
               path, what, g_strerror (code));
  return FALSE;
}

/* Of what was opened, for the name may mean another file by now. */
static gboolean
check_stat (const char *path, const struct stat *info, GError **error)
{
  guint mode = info->st_mode & 07777;

  if (!S_ISREG (info->st_mode))
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: is no regular file",
                 path);
  else if (info->st_uid != geteuid ())
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: belongs to user %u, not to user %u who wants to read "
                 "it: chown it, or make a key of your own",
                 path, (guint) info->st_uid, (guint) geteuid ());
  else if (mode != 0600 && mode != 0400)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                 "%s: its mode is 0%o, a key must be for its owner only: "
                 "chmod 600 it, and replace the key if others have read it",
                 path, mode);
  else
    return TRUE;
  return FALSE;
}

/* O_NONBLOCK: a fifo that nobody writes to would keep us waiting. */
static int
open_secret (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat info;

  if (fd < 0 || fstat (fd, &info) != 0)
    fail_errno (path, "cannot open", error);
  else if (check_stat (path, &info, error))
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Reads until @room is full or the file ends; -1: failed. */
static gssize
read_all (int fd, char *to, gsize room)
{
  gsize size = 0;

  while (size < room)
    {
      gssize n = read (fd, to + size, room - size);

      if (n < 0 && errno != EINTR)
        return -1;
      if (n == 0)
        break;
      size += MAX (n, 0);
    }
  return size;
}

char *
mc_key_read_file (const char *path, gsize max_size, gsize *size, GError **error)
{
  int fd = open_secret (path, error);
  char *text;
  gssize n;

  if (fd < 0)
    return NULL;
  g_assert (sodium_init () >= 0);
  text = sodium_malloc (max_size + 1);
  if (text == NULL)
    g_error ("no memory for a key");
  n = read_all (fd, text, max_size + 1);
  if (n < 0)
    fail_errno (path, "cannot read", error);
  close (fd);
  if (n > (gssize) max_size)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is no file of a key, which has at most %" G_GSIZE_FORMAT
                 " bytes",
                 path, max_size);
  if (n < 0 || n > (gssize) max_size)
    {
      sodium_free (text);
      return NULL;
    }
  text[n] = '\0';
  *size = n;
  return text;
}

McKey *
mc_key_new_from_hex (const char *hex, gsize n)
{
  guint8 bytes[MC_KEY_SIZE];
  McKey *self = NULL;
  gsize size;

  if (n == HEX_SIZE &&
      sodium_hex2bin (bytes, sizeof bytes, hex, n, NULL, &size, NULL) == 0 &&
      size == sizeof bytes)
    self = mc_key_new (bytes);
  sodium_memzero (bytes, sizeof bytes);
  return self;
}

/* Digits of a key that was copied on Windows end with two bytes. */
static gsize
chomp (const char *text, gsize size)
{
  if (size > HEX_SIZE && text[size - 1] == '\n')
    size--;
  if (size > HEX_SIZE && text[size - 1] == '\r')
    size--;
  return size;
}

McKey *
mc_key_new_from_text (const char *name,
                      const char *text,
                      gsize size,
                      GError **error)
{
  g_autoptr (McKey) self = NULL;

  if (size == MC_KEY_SIZE)
    self = mc_key_new ((const guint8 *) text);
  else
    self = mc_key_new_from_hex (text, chomp (text, size));
  if (self == NULL)
    g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                 "%s: is neither %d bytes nor %d hex digits", name, MC_KEY_SIZE,
                 HEX_SIZE);
  else if (sodium_is_zero (mc_key_get_bytes (self), MC_KEY_SIZE))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_INSECURE,
                   "%s: a key of zeros is none: make a random one", name);
      return NULL;
    }
  return g_steal_pointer (&self);
}

McKey *
mc_key_new_from_file (const char *path, GError **error)
{
  gsize size;
  char *text = mc_key_read_file (path, HEX_SIZE + 2, &size, error);
  McKey *self;

  if (text == NULL)
    return NULL;
  self = mc_key_new_from_text (path, text, size, error);
  sodium_free (text);
  return self;
}
