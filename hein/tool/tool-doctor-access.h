/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "tool-doctor-subject.h"

/* What an access file allows, for the doctor. */

G_BEGIN_DECLS

/* Checks the access file of an address, if it has one. */
void tool_doctor_check_access (ToolDoctor *self);

/* Reports what the file @path says about @words: who, which action, which
 * topic. TOOL_USAGE: the words are none of those. */
int
tool_doctor_explain_access (ToolReport *report, const char *path, char **words);

G_END_DECLS
