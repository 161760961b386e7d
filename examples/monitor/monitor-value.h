/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

/* The payload of a message as somebody can read it. */

G_BEGIN_DECLS

typedef enum
{
  MONITOR_VALUE_EMPTY,
  MONITOR_VALUE_TEXT,
  MONITOR_VALUE_JSON,
  MONITOR_VALUE_VARIANT,
  MONITOR_VALUE_PICTURE,
  MONITOR_VALUE_BYTES
} MonitorValueKind;

/* So much of a value is shown, in bytes. */
#define MONITOR_VALUE_SHOWN_MAX 16384

MonitorValueKind monitor_value_get_kind (HeinMessage *message);
/* Such as "JSON". */
const char *monitor_value_get_kind_name (MonitorValueKind kind);
/* The value on lines, at most about MONITOR_VALUE_SHOWN_MAX bytes of it; empty
 * for a picture. Printable. */
char *monitor_value_dup_text (HeinMessage *message);
/* The same in a short line. */
char *monitor_value_dup_summary (HeinMessage *message);
/* FALSE: it is no number, as text or as GVariant. */
gboolean monitor_value_read_number (HeinMessage *message, double *value);

G_END_DECLS
