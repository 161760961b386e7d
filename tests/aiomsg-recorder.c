/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "aiomsg-recorder.h"

#include <string.h>

Recorder *
aiomsg_recorder_new_as (const char *name, AiomsgSetup setup)
{
  return recorder_new (g_object_new (HEIN_TYPE_AIOMSG, "dialect", setup.dialect,
                                     "guarantee", setup.guarantee, NULL),
                       setup.is_dialled, name, NULL);
}

Recorder *
aiomsg_recorder_new (AiomsgDialect dialect, gboolean dialled)
{
  return aiomsg_recorder_new_as ("spock",
                                 (AiomsgSetup){ dialect, AIOMSG_AT_MOST_ONCE,
                                                dialled });
}

void
aiomsg_recorder_forget (Recorder *self)
{
  g_bytes_unref (recorder_take_written (self));
}

Recorder *
aiomsg_recorder_open_with (AiomsgDialect dialect, AiomsgGuarantee guarantee)
{
  Recorder *self =
    aiomsg_recorder_new_as ("spock", (AiomsgSetup){ dialect, guarantee, TRUE });

  self->audience = HEIN_AUDIENCE_CHOSEN;
  if (dialect == AIOMSG_DIALECT_1)
    FEED (self, HELLO);
  else
    FEED (self, M_HELLO);
  g_assert_true (self->is_ready);
  aiomsg_recorder_forget (self);
  return self;
}

Recorder *
aiomsg_recorder_open (AiomsgDialect dialect)
{
  return aiomsg_recorder_open_with (dialect, AIOMSG_AT_MOST_ONCE);
}

Recorder *
aiomsg_recorder_open_sure (AiomsgDialect dialect)
{
  return aiomsg_recorder_open_with (dialect, AIOMSG_AT_LEAST_ONCE);
}

void
aiomsg_recorder_assert_failed (Recorder *self, int code, const char *reason)
{
  g_assert_error (self->failure, HEIN_ERROR, code);
  g_assert_nonnull (strstr (self->failure->message, reason));
}
