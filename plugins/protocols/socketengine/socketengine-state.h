/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

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

typedef struct _HeinSocketengine HeinSocketengine;

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

G_END_DECLS
