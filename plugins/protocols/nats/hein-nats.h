/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nats-state.h"

G_BEGIN_DECLS

#define HEIN_TYPE_NATS (hein_nats_get_type ())
G_DECLARE_FINAL_TYPE (HeinNats, hein_nats, HEIN, NATS, HeinProtocol)

G_END_DECLS
