/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-subject.h"

/* Examining how an address proves the identity of peers. */

G_BEGIN_DECLS

/* Reports whether the certificates and passwords of CURVE and PLAIN can be
 * used. TRUE: the connection is encrypted by CURVE. */
gboolean tool_doctor_check_mechanism (ToolDoctor *self);
/* Reports what proves the identity of peers, as hein_peer_get_security() names
 * it. */
void tool_doctor_check_security (ToolDoctor *self);

G_END_DECLS
