/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

#include "hein-mcap.h"

/* Plays a recording: its messages, and when each is due. */

G_BEGIN_DECLS

/* The most that a rate may be. */
#define HEIN_MCAP_RATE_MAX 1000000.0

typedef struct _HeinMcapPlayer HeinMcapPlayer;

/* Whether @text is `max`, which is the rate 0, or a number above 0. */
gboolean hein_mcap_parse_rate (const char *text, double *rate);

typedef struct
{
  double rate;         /* so many times as fast as it was; 0: all at once */
  gboolean is_endless; /* begins again at the end */
  /* which messages are wanted; NULL: all */
  gboolean (*wants) (HeinMessage *message, gpointer data);
  gpointer data;
} HeinMcapPlayerOptions;

typedef enum
{
  HEIN_MCAP_PLAYER_MESSAGE, /* there is one */
  HEIN_MCAP_PLAYER_BUSY,    /* none yet, though much was read: ask again */
  HEIN_MCAP_PLAYER_END,     /* there is none any more */
  HEIN_MCAP_PLAYER_FAILED   /* the file cannot be read on */
} HeinMcapPlayerState;

/* Opens the file; NULL with @error, which names it: it is no recording. */
HeinMcapPlayer *hein_mcap_player_new (const char *file_name,
                                      const HeinMcapPlayerOptions *options,
                                      GError **error);
void hein_mcap_player_free (HeinMcapPlayer *self);
/* Reads on to the next message that is wanted, and stays there until it is
 * passed. The first call starts the clock. */
HeinMcapPlayerState hein_mcap_player_look (HeinMcapPlayer *self,
                                           GError **error);
/* The message that was found, borrowed until it is passed. */
HeinMessage *hein_mcap_player_get_message (HeinMcapPlayer *self);
/* Who sent it when it was recorded; empty: that is not known. */
const char *hein_mcap_player_get_sender (HeinMcapPlayer *self);
/* Whether it is not due yet; if so, sets @alarm for that time. */
gboolean hein_mcap_player_must_wait (HeinMcapPlayer *self, GSource *alarm);
void hein_mcap_player_pass (HeinMcapPlayer *self);
/* How many messages were passed, and how much of the file was read, 0 to 1. */
guint64 hein_mcap_player_get_n_passed (HeinMcapPlayer *self);
double hein_mcap_player_get_progress (HeinMcapPlayer *self);
/* What was wrong with the file so far, each in words; empty: nothing. (transfer
 * full) */
GStrv hein_mcap_player_list_faults (HeinMcapPlayer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeinMcapPlayer, hein_mcap_player_free)

G_END_DECLS
