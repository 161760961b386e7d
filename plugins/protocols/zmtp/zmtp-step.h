/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a command of a mechanism has come to. */
typedef enum
{
  ZMTP_STEP_FAILED, /* with an error */
  ZMTP_STEP_WAIT,   /* the other side has the word */
  ZMTP_STEP_SPEAK,  /* this side has to say what it is now */
  ZMTP_STEP_HEARD   /* what the other side is has come */
} ZmtpStep;

G_END_DECLS
