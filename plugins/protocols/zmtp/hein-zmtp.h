/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "zmtp-state.h"

G_BEGIN_DECLS

#define HEIN_TYPE_ZMTP (hein_zmtp_get_type ())
G_DECLARE_FINAL_TYPE (HeinZmtp, hein_zmtp, HEIN, ZMTP, HeinProtocol)

G_END_DECLS
