/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "socketengine-state.h"

G_BEGIN_DECLS

#define HEIN_TYPE_SOCKETENGINE (hein_socketengine_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinSocketengine, hein_socketengine, HEIN, SOCKETENGINE, HeinProtocol)

G_END_DECLS
