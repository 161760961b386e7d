/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-report.h"
#include "tool-doctor-subject.h"

G_BEGIN_DECLS

/* The examination of a udp-multicast address. */
typedef struct
{
  ToolDoctor *doctor;
  ToolReport *report;
  GInetAddress *address;
  GSocketFamily family;
  gboolean is_ipv6;
  gboolean is_local; /* without key and plaintext: nothing leaves the machine */
  GPtrArray *links;
  GPtrArray *used; /* borrowed from links */
} ToolGroup;

/* Checks the keys, and who else could read the messages; sets is_local. */
void tool_group_check_secrecy (ToolGroup *self);

G_END_DECLS
