/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "socketengine-lines.h"

G_BEGIN_DECLS

#define SOCKETENGINE_NAME_TYPE   "__name_conn"
#define SOCKETENGINE_STATUS_TYPE "__status"
#define SOCKETENGINE_CLOSING     "__closing"

#define SOCKETENGINE_JSON_TYPE "application/json"
#define SOCKETENGINE_PNG_TYPE  "image/png"
#define SOCKETENGINE_JPEG_TYPE "image/jpeg"

typedef enum
{
  SOCKETENGINE_DIALECT_J,    /* 0.3.0 and 1.0.0 */
  SOCKETENGINE_DIALECT_J_OLD /* 0.1, 0.2 and Node: other names for images */
} SocketengineDialect;

typedef enum
{
  SOCKETENGINE_NAME,    /* accepted: waits for the name, if one comes */
  SOCKETENGINE_OFFERED, /* waits for the verdict of the bus */
  SOCKETENGINE_UP,
  SOCKETENGINE_OVER
} SocketengineState;

#define HEIN_TYPE_SOCKETENGINE (hein_socketengine_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinSocketengine, hein_socketengine, HEIN, SOCKETENGINE, HeinProtocol)

struct _HeinSocketengine
{
  HeinProtocol parent_instance;

  /* options */
  SocketengineDialect dialect;
  guint image_ack_ms;

  SocketengineState state;
  char *name; /* what the peer said first; NULL: nothing */

  /* reading */
  gboolean is_begun;
  gsize scanned;   /* bytes of the next line that hold no end */
  gint64 heard_us; /* when the start of a first line came, or the connection */

  /* images */
  gint64 image_us; /* since when an acknowledgement is due; 0: none is */
};

gboolean socketengine_is_old (HeinSocketengine *self);
/* What images and their acknowledgements are called in its dialect. */
const char *socketengine_get_image_type (HeinSocketengine *self);
const char *socketengine_get_ack_type (HeinSocketengine *self);

/* ---- sending ---- */

/* When an image is not waited for any longer. */
static inline gint64
socketengine_get_image_due_us (const HeinSocketengine *self)
{
  return self->image_us == 0
           ? G_MAXINT64
           : self->image_us + (gint64) self->image_ack_ms * 1000;
}

void socketengine_put_line (HeinWire *wire, const char *type, const char *text);
/* As the slot of its name. */
gboolean socketengine_encode (HeinProtocol *protocol,
                              HeinWire *wire,
                              HeinMessage *message,
                              GError **error);
/* An acknowledgement has come, or is not waited for any longer. */
void socketengine_free_image (HeinSocketengine *self, HeinWire *wire);
void socketengine_check_image (HeinSocketengine *self,
                               HeinWire *wire,
                               gint64 now_us);

/* ---- receiving ---- */

/* @data: a line without its end, once the peer is up. FALSE with @error: the
 * connection is over. */
gboolean socketengine_take_line (HeinSocketengine *self,
                                 HeinWire *wire,
                                 const char *data,
                                 gsize size,
                                 GError **error);

G_END_DECLS
