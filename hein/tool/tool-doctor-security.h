/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-subject.h"

G_BEGIN_DECLS

/* Adds whether the certificates and passwords of CURVE and PLAIN are of use. TRUE:
 * what is said is encrypted by CURVE. */
gboolean tool_doctor_check_mechanism (ToolDoctor *self);
/* Adds what proves who the peers are, as hein_peer_get_security() calls it. */
void tool_doctor_check_security (ToolDoctor *self);

G_END_DECLS
