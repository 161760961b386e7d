/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "aiomsg-confirm.h"

G_BEGIN_DECLS

typedef enum
{
  AIOMSG_AT_MOST_ONCE,
  AIOMSG_AT_LEAST_ONCE
} AiomsgGuarantee;

typedef enum
{
  AIOMSG_FIRST,   /* waits for the first frame of the other side */
  AIOMSG_OFFERED, /* waits for the verdict on its name */
  AIOMSG_UP,
  AIOMSG_OVER
} AiomsgState;

#define HEIN_TYPE_AIOMSG (hein_aiomsg_get_type ())
G_DECLARE_FINAL_TYPE (HeinAiomsg, hein_aiomsg, HEIN, AIOMSG, HeinProtocol)

struct _HeinAiomsg
{
  HeinProtocol parent_instance;

  /* options */
  AiomsgDialect dialect;
  AiomsgGuarantee guarantee;
  guint resend_ms;
  guint resends;

  AiomsgState state;
  gboolean has_greeted; /* our first frame is out */

  /* at-least-once */
  AiomsgUnconfirmedList unconfirmed;
  gboolean is_pending; /* the core knows that something is unconfirmed */
  gboolean is_held;
  AiomsgSeen seen;
  AiomsgOpen open;
};

G_END_DECLS
