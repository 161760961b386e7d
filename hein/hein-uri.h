/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein-types.h>

G_BEGIN_DECLS

HEIN_API
char *hein_uri_hide_secrets (const char *uri);

G_END_DECLS
