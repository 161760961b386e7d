/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "session-script.h"

#include "fuzz.h"

/*
 * The input: a byte of options of the protocol, then pairs of bytes. The
 * first of a pair says what is done (its lowest four bits) and which side
 * does it (the highest), the second one how much of it.
 *
 * Behind the script all that is on its way comes, and time passes: unless
 * somebody has ended or the connection was cut, everything that was said has
 * come then.
 */

#define TURN_MS 25
#define N_TURNS 400 /* at the end; ten seconds */
#define LARGE   5000

static const char *const topics[] = { "", "a", "a/b", "news" };

void
session_begin (Session *self, HeinProtocol *dialler, HeinProtocol *listener)
{
  side_init (&self->sides[0], recorder_new (dialler, TRUE, "kirk", NULL),
             session_kind.keeps_topics);
  side_init (&self->sides[1], recorder_new (listener, FALSE, "spock", NULL),
             session_kind.keeps_topics);
  for (guint i = 0; i < 2; i++)
    self->sides[i].recorder->served = session_kind.serves;
}

/* ---- the script ---- */

/* What was said is told as refused, and may be mistaken for something else. */
static gboolean
has_misheard (Session *self)
{
  return session_kind.may_fail && (self->sides[0].recorder->n_drops > 0 ||
                                   self->sides[1].recorder->n_drops > 0);
}

static void
check (Session *self)
{
  if (self->is_forged || has_misheard (self))
    return;
  side_check (&self->sides[0], &self->sides[1]);
  side_check (&self->sides[1], &self->sides[0]);
}

static void
pass_time (Session *self, gint64 ms)
{
  side_pass_time (&self->sides[0], ms);
  side_pass_time (&self->sides[1], ms);
}

static void
ping (Side *self)
{
  if (side_may_say (self) &&
      HEIN_PROTOCOL_GET_CLASS (self->recorder->protocol)->ping != NULL &&
      self->recorder->has_heartbeat)
    recorder_ping (self->recorder);
}

/* Somebody on the way changes a bit: nothing that comes then can be relied on,
 * but nothing breaks. */
static void
forge (Session *self, Side *side, guint8 how)
{
  GByteArray *pipe = side->pipe;

  if (pipe->len == 0)
    return;
  pipe->data[how % pipe->len] ^= 1 << how % 8;
  self->is_forged = TRUE;
}

static void
cut (Session *self)
{
  self->is_cut = TRUE;
  side_lose (&self->sides[0]);
  side_lose (&self->sides[1]);
}

static void
act (Session *self, guint8 what, guint8 how)
{
  Side *side = &self->sides[what >> 7];
  Side *other = &self->sides[!(what >> 7)];
  const char *topic = topics[how % G_N_ELEMENTS (topics)];
  const gsize size = how < 250 ? how : LARGE;

  switch (what & 15)
    {
    case 0:
      side_say (side, HEIN_ASK_NONE, topic, size);
      break;
    case 1:
      side_say (side, HEIN_ASK_DELIVERY, topic, size);
      break;
    case 2:
      side_say (side, HEIN_ASK_REQUEST, topic, size);
      break;
    case 3:
      side_settle (side, other, how % 2 == 0);
      break;
    case 4:
      if (*topic != '\0' || !session_kind.filters)
        side_subscribe (side, topic, how < 128);
      break;
    case 5:
      ping (side);
      break;
    case 6:
      pass_time (self, how);
      break;
    case 7:
      side_end (side);
      break;
    case 8:
      forge (self, side, how);
      break;
    case 9:
      cut (self);
      break;
    default:
      side_carry (side, other, how == 0 ? G_MAXSIZE : how);
    }
  check (self);
}

/* ---- the end ---- */

static gboolean
has_failed (Session *self)
{
  return self->sides[0].recorder->is_over || self->sides[1].recorder->is_over;
}

static gboolean
is_whole (Session *self)
{
  return !self->is_forged && !self->is_cut && !has_failed (self) &&
         !self->sides[0].has_ended && !self->sides[1].has_ended;
}

static void
let_all_come (Session *self)
{
  for (guint n = 0; n < N_TURNS && is_whole (self); n++)
    {
      side_carry (&self->sides[0], &self->sides[1], G_MAXSIZE);
      side_carry (&self->sides[1], &self->sides[0], G_MAXSIZE);
      check (self);
      if (self->sides[0].pipe->len + self->sides[1].pipe->len == 0 &&
          side_count_unheard (&self->sides[0]) +
              side_count_unheard (&self->sides[1]) ==
            0)
        return;
      pass_time (self, TURN_MS);
    }
}

static void
check_end (Session *self)
{
  for (guint i = 0; i < 2 && !self->is_forged && !self->is_cut; i++)
    if (!session_kind.may_fail && !self->sides[!i].has_ended)
      g_assert_no_error (self->sides[i].recorder->failure);
  if (!is_whole (self) || has_misheard (self))
    return;
  g_assert_cmpuint (side_count_unheard (&self->sides[0]), ==, 0);
  g_assert_cmpuint (side_count_unheard (&self->sides[1]), ==, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Session self = { 0 };

  if (size == 0)
    return 0;
  session_kind.begin (&self, data[0]);
  for (gsize i = 1; i + 1 < size && !self.is_cut; i += 2)
    act (&self, data[i], data[i + 1]);
  let_all_come (&self);
  check_end (&self);
  if (!self.is_cut)
    cut (&self);
  check (&self);
  side_clear (&self.sides[0]);
  side_clear (&self.sides[1]);
  return 0;
}
