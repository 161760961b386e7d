/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tinyproto-state.h"

G_BEGIN_DECLS

#define HEIN_TYPE_TINYPROTO (hein_tinyproto_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinTinyproto, hein_tinyproto, HEIN, TINYPROTO, HeinProtocol)

G_END_DECLS
