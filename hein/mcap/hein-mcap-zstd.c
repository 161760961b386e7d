/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-zstd.h"

#include <gio/gio.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif

/* Compression by libzstd: fast, since a recorder must keep up with what
 * comes. */

#define LEVEL 1

#ifdef HAVE_ZSTD

struct _HeinMcapZstd
{
  ZSTD_CCtx *compress;
  ZSTD_DCtx *expand;
  guint8 *buffer;
  gsize room;
};

gboolean
hein_mcap_zstd_is_there (void)
{
  return TRUE;
}

HeinMcapZstd *
hein_mcap_zstd_new (void)
{
  return g_new0 (HeinMcapZstd, 1);
}

void
hein_mcap_zstd_free (HeinMcapZstd *self)
{
  ZSTD_freeCCtx (self->compress);
  ZSTD_freeDCtx (self->expand);
  g_free (self->buffer);
  g_free (self);
}

static void
make_room (HeinMcapZstd *self, gsize size)
{
  if (size <= self->room)
    return;
  g_free (self->buffer);
  self->buffer = g_malloc (size);
  self->room = size;
}

const guint8 *
hein_mcap_zstd_compress (HeinMcapZstd *self,
                         const guint8 *data,
                         gsize *size,
                         GError **error)
{
  gsize n;

  if (self->compress == NULL)
    self->compress = ZSTD_createCCtx ();
  make_room (self, ZSTD_compressBound (*size));
  n = ZSTD_compressCCtx (self->compress, self->buffer, self->room, data, *size,
                         LEVEL);
  if (ZSTD_isError (n))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   "it cannot be compressed: %s", ZSTD_getErrorName (n));
      return NULL;
    }
  *size = n;
  return self->buffer;
}

const guint8 *
hein_mcap_zstd_expand (HeinMcapZstd *self,
                       const guint8 *data,
                       gsize size,
                       gsize plain_size)
{
  gsize n;

  if (self->expand == NULL)
    self->expand = ZSTD_createDCtx ();
  make_room (self, MAX (plain_size, 1));
  n = ZSTD_decompressDCtx (self->expand, self->buffer, plain_size, data, size);
  return !ZSTD_isError (n) && n == plain_size ? self->buffer : NULL;
}

#else

gboolean
hein_mcap_zstd_is_there (void)
{
  return FALSE;
}

HeinMcapZstd *
hein_mcap_zstd_new (void)
{
  return NULL;
}

void
hein_mcap_zstd_free (HeinMcapZstd *self)
{
}

const guint8 *
hein_mcap_zstd_compress (HeinMcapZstd *self,
                         const guint8 *data,
                         gsize *size,
                         GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "hein was built without zstd");
  return NULL;
}

const guint8 *
hein_mcap_zstd_expand (HeinMcapZstd *self,
                       const guint8 *data,
                       gsize size,
                       gsize plain_size)
{
  return NULL;
}

#endif
