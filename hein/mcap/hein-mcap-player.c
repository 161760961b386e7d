/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-mcap-player.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <gio/gio.h>

#include "hein-mcap-alarm.h"
#include "hein-mcap-envelope.h"
#include "hein-mcap-reader.h"

/* Plays a recording: its messages, and when each is due. */

/* Messages of a file that one look may pass over before others get their
 * turn. */
#define PASSED_OVER_MAX 1024
/* A sleeper is woken 50 to 100 us after the time that it asked for, so it asks
 * for one that is earlier by this, and messages leave as much before their time
 * as after it. */
#define EARLY_US 50

struct _HeinMcapPlayer
{
  HeinMcapPlayerOptions options;
  char *file_name;
  int fd;
  HeinMcapReader *reader;
  guint64 n_passed;
  guint64 n_unsendable; /* the most of one pass through the file */
  guint64 n_unsendable_now;

  /* this pass through the file */
  gint64 start_us;  /* monotonic; 0: it has not begun */
  guint64 first_ns; /* when its first message was recorded */
  gboolean has_first;
  gboolean has_passed; /* any */

  /* the message that was found */
  HeinMessage *message; /* nullable */
  char *sender;         /* nullable: of this message alone */
  const char *sender_shown;
  gint64 due_us;
};

gboolean
hein_mcap_parse_rate (const char *text, double *rate)
{
  char *rest;

  *rate = g_str_equal (text, "max") ? 0 : g_ascii_strtod (text, &rest);
  if (*rate == 0)
    return g_str_equal (text, "max");
  /* strtod also takes spaces, signs, exponents, and "inf" */
  return text[strspn (text, "0123456789.")] == '\0' && *rest == '\0' &&
         *rate <= HEIN_MCAP_RATE_MAX;
}

HeinMcapPlayer *
hein_mcap_player_new (const char *file_name,
                      const HeinMcapPlayerOptions *options,
                      GError **error)
{
  g_autoptr (HeinMcapPlayer) self = g_new0 (HeinMcapPlayer, 1);

  self->options = *options;
  self->file_name = g_strdup (file_name);
  /* a pipe that nobody writes to does not hold it up */
  self->fd = open (file_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (self->fd < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s",
                   file_name, g_strerror (errno));
      return NULL;
    }
  self->reader = hein_mcap_reader_new (self->fd, error);
  if (self->reader != NULL)
    return g_steal_pointer (&self);
  g_prefix_error (error, "%s: ", file_name);
  return NULL;
}

static void
forget_message (HeinMcapPlayer *self)
{
  g_clear_pointer (&self->message, hein_message_unref);
  g_clear_pointer (&self->sender, g_free);
}

void
hein_mcap_player_free (HeinMcapPlayer *self)
{
  forget_message (self);
  g_clear_pointer (&self->reader, hein_mcap_reader_free);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->file_name);
  g_free (self);
}

/* When the message of @time_ns is due. Time that goes back is no time at
 * all. */
static gint64
get_due_us (HeinMcapPlayer *self, guint64 time_ns)
{
  double distance_us;

  if (!self->has_first)
    self->first_ns = time_ns;
  self->has_first = TRUE;
  if (self->options.rate == 0 || time_ns <= self->first_ns)
    return 0;
  distance_us = (time_ns - self->first_ns) / 1e3 / self->options.rate;
  return distance_us < (double) (G_MAXINT64 / 4)
           ? self->start_us + (gint64) distance_us
           : G_MAXINT64;
}

/* Makes what was recorded the message that was found, if it is wanted. */
static void
take (HeinMcapPlayer *self, const HeinMcapMessage *recorded)
{
  g_autoptr (HeinMessage) message =
    hein_mcap_envelope_open (recorded->channel, recorded->data, recorded->size,
                             &self->sender);

  if (message == NULL)
    {
      self->n_unsendable_now++;
      self->n_unsendable = MAX (self->n_unsendable, self->n_unsendable_now);
    }
  else if (self->options.wants == NULL ||
           self->options.wants (message, self->options.data))
    {
      self->message = g_steal_pointer (&message);
      self->sender_shown =
        self->sender != NULL ? self->sender : recorded->channel->sender;
      self->due_us = get_due_us (self, recorded->time_ns);
      return;
    }
  g_clear_pointer (&self->sender, g_free);
}

/* Returns whether the file is played once more. One of which nothing was wanted
 * is not: that would go round in circles. */
static gboolean
begin_again (HeinMcapPlayer *self)
{
  if (!self->options.is_endless || !self->has_passed)
    return FALSE;
  hein_mcap_reader_rewind (self->reader);
  self->n_unsendable_now = 0;
  self->start_us = g_get_monotonic_time ();
  self->has_first = FALSE;
  self->has_passed = FALSE;
  return TRUE;
}

HeinMcapPlayerState
hein_mcap_player_look (HeinMcapPlayer *self, GError **error)
{
  g_autoptr (GError) trouble = NULL;
  HeinMcapMessage recorded;

  if (self->start_us == 0)
    self->start_us = g_get_monotonic_time ();
  for (guint i = 0; self->message == NULL; i++)
    {
      if (i == PASSED_OVER_MAX)
        return HEIN_MCAP_PLAYER_BUSY;
      if (hein_mcap_reader_next (self->reader, &recorded, &trouble))
        {
          if (recorded.channel == NULL)
            return HEIN_MCAP_PLAYER_BUSY;
          take (self, &recorded);
        }
      else if (trouble != NULL)
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&trouble),
                                      "%s: ", self->file_name);
          return HEIN_MCAP_PLAYER_FAILED;
        }
      else if (!begin_again (self))
        return HEIN_MCAP_PLAYER_END;
    }
  return HEIN_MCAP_PLAYER_MESSAGE;
}

HeinMessage *
hein_mcap_player_get_message (HeinMcapPlayer *self)
{
  return self->message;
}

const char *
hein_mcap_player_get_sender (HeinMcapPlayer *self)
{
  return self->sender_shown != NULL ? self->sender_shown : "";
}

gboolean
hein_mcap_player_must_wait (HeinMcapPlayer *self, GSource *alarm)
{
  gint64 start_us = self->due_us - EARLY_US;

  if (self->due_us == 0 || start_us <= g_get_monotonic_time ())
    return FALSE;
  hein_mcap_alarm_set (alarm, start_us);
  return TRUE;
}

void
hein_mcap_player_pass (HeinMcapPlayer *self)
{
  forget_message (self);
  self->has_passed = TRUE;
  self->n_passed++;
}

guint64
hein_mcap_player_get_n_passed (HeinMcapPlayer *self)
{
  return self->n_passed;
}

double
hein_mcap_player_get_progress (HeinMcapPlayer *self)
{
  return hein_mcap_reader_get_progress (self->reader);
}

GStrv
hein_mcap_player_list_faults (HeinMcapPlayer *self)
{
  const guint64 n = hein_mcap_reader_get_n_damaged (self->reader);
  g_autoptr (GPtrArray) faults = g_ptr_array_new ();

  if (n > 0)
    g_ptr_array_add (
      faults, g_strdup_printf ("%s is damaged in %" G_GUINT64_FORMAT
                               " place%s, and what stood there was not sent",
                               self->file_name, n, n == 1 ? "" : "s"));
  if (hein_mcap_reader_is_cut (self->reader))
    g_ptr_array_add (
      faults, g_strdup_printf ("%s was cut short: what follows is not in it",
                               self->file_name));
  if (self->n_unsendable > 0)
    g_ptr_array_add (faults,
                     g_strdup_printf ("%" G_GUINT64_FORMAT
                                      " message%s cannot be sent by hein",
                                      self->n_unsendable,
                                      self->n_unsendable == 1 ? "" : "s"));
  g_ptr_array_add (faults, NULL);
  return (GStrv) g_ptr_array_steal (faults, NULL);
}
