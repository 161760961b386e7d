/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "offset-sessions.h"

/* Sessions of messages: after the handshake one each way, or several at once. */

#define N_SIZES 5

static const gsize sizes[N_SIZES] = { 1, 40, 300, 1, 9 };

/* Each side speaks when it knows of the other one. */
static gboolean
step (Scene *self, guint n)
{
  gboolean have_begun = TRUE;

  for (Direction i = 0; i < N_DIRECTIONS; i++)
    {
      if (i == UP && self->wire->is_one_way)
        continue;
      if (self->n_accepted[i] == 0 && scene_can_say (self, i))
        for (guint k = 0; k < n; k++)
          scene_say (self, i, sizes[k]);
      have_begun &= self->n_accepted[i] > 0;
    }
  return have_begun && (self->is_broken || scene_has_heard_all (self));
}

static gboolean
step_one (Scene *self)
{
  return step (self, 1);
}

static gboolean
step_several (Scene *self)
{
  return step (self, N_SIZES);
}

static void
check (Scene *self)
{
  if (!self->is_broken)
    g_assert_true (scene_has_heard_all (self));
}

const Session session_handshake = { .name = "handshake",
                                    .step = step_one,
                                    .check = check };
const Session session_messages = { .name = "messages",
                                   .step = step_several,
                                   .check = check };
