/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-report.h"
#include "tool-doctor-subject.h"

G_BEGIN_DECLS

/* An address of udp-multicast while it is looked at. */
typedef struct
{
  ToolDoctor *doctor;
  ToolReport *report;
  GInetAddress *address;
  GSocketFamily family;
  gboolean is_ipv6;
  gboolean is_local; /* neither key nor plaintext: nothing leaves */
  GPtrArray *links;
  GPtrArray *used; /* borrowed from links */
} ToolGroup;

/* Keys, and who may read what is said; sets is_local. */
void tool_group_check_secrecy (ToolGroup *self);

G_END_DECLS
