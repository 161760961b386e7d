/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>
#include <string.h>

#include <hein/hein.h>

#include "mcap/hein-mcap-alarm.h"
#include "mcap/hein-mcap-player.h"
#include "options/hein-options.h"
#include "replay-cast.h"

/* The transport `replay`: a recording, whose senders are peers. */

/* What is delivered before others get their turn. */
#define BURST_MESSAGES 256
#define BURST_BYTES    (1024 * 1024)

struct _HeinReplay
{
  HeinTransport parent_instance;

  /* options */
  char *rate; /* nullable */
  gboolean is_endless;
  char *topic;   /* nullable */
  char *pattern; /* nullable */

  /* NULL before it is open, and when it is over */
  HeinMcapPlayer *player;
  GSource *alarm;
  ReplayCast *cast;

  GHashTable *paused; /* borrowed HeinPeer that gives no message now */
  gsize max_size;     /* of a message that the bus takes */
};

#define HEIN_TYPE_REPLAY (hein_replay_get_type ())
G_DECLARE_FINAL_TYPE (HeinReplay, hein_replay, HEIN, REPLAY, HeinTransport)
G_DEFINE_FINAL_TYPE (HeinReplay, hein_replay, HEIN_TYPE_TRANSPORT)

static const HeinOptionEntry options[] = {
  { "rate", HEIN_OPTION_TEXT, .offset = offsetof (HeinReplay, rate) },
  { "loop", HEIN_OPTION_FLAG, .offset = offsetof (HeinReplay, is_endless) },
  { "topic", HEIN_OPTION_TEXT, .offset = offsetof (HeinReplay, topic) },
  { "pattern", HEIN_OPTION_TEXT, .offset = offsetof (HeinReplay, pattern) },
  { NULL },
};

/* ---- the end ---- */

static void
release (HeinReplay *self, const GError *reason)
{
  ReplayCast *cast = g_steal_pointer (&self->cast);

  if (self->alarm != NULL)
    g_source_destroy (self->alarm);
  g_clear_pointer (&self->alarm, g_source_unref);
  g_clear_pointer (&self->player, hein_mcap_player_free);
  if (cast != NULL)
    replay_cast_free (cast, reason);
}

/* Every peer leaves: with @reason, which is told, or in order. */
static void
end (HeinReplay *self, const GError *reason)
{
  if (reason != NULL)
    hein_transport_fail (HEIN_TRANSPORT (self), reason);
  release (self, reason);
}

/* At the end of the file. */
static void
end_played (HeinReplay *self)
{
  g_auto (GStrv) faults = hein_mcap_player_list_faults (self->player);
  g_autofree char *text = g_strjoinv ("; ", faults);
  g_autoptr (GError) error = NULL;

  if (faults[0] != NULL)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, text);
  /* of nothing, too, somebody has come and gone */
  else if (hein_mcap_player_get_n_passed (self->player) == 0)
    replay_cast_find (self->cast, "", &error);
  end (self, error);
}

/* ---- what is delivered ---- */

/* Returns FALSE when the peer cannot be had: then it is over. */
static gboolean
deliver (HeinReplay *self)
{
  HeinTransport *transport = HEIN_TRANSPORT (self);
  g_autoptr (HeinMessage) message =
    hein_message_ref (hein_mcap_player_get_message (self->player));
  const gsize size = hein_message_get_size (message);
  g_autoptr (GError) error = NULL;
  HeinPeer *peer =
    replay_cast_find (self->cast, hein_mcap_player_get_sender (self->player),
                      &error);

  if (self->player == NULL)
    return FALSE;
  if (peer == NULL)
    {
      end (self, error);
      return FALSE;
    }
  /* who has just come may find the bus with too much already */
  if (g_hash_table_size (self->paused) > 0)
    return TRUE;
  hein_mcap_player_pass (self->player);
  if (size > self->max_size)
    hein_transport_drop (transport, peer, HEIN_DROP_REASON_INVALID, 1, size);
  else
    hein_transport_deliver (transport, peer, message);
  return TRUE;
}

/* Returns FALSE when nothing more can be delivered now. */
static gboolean
play_one (HeinReplay *self, gsize *n_bytes)
{
  g_autoptr (GError) error = NULL;

  switch (hein_mcap_player_look (self->player, &error))
    {
    case HEIN_MCAP_PLAYER_MESSAGE:
      if (hein_mcap_player_must_wait (self->player, self->alarm))
        return FALSE;
      *n_bytes +=
        hein_message_get_size (hein_mcap_player_get_message (self->player));
      return deliver (self);
    case HEIN_MCAP_PLAYER_BUSY:
      *n_bytes += BURST_BYTES; /* the others first */
      return TRUE;
    case HEIN_MCAP_PLAYER_END:
      end_played (self);
      return FALSE;
    case HEIN_MCAP_PLAYER_FAILED:
    default:
      end (self, error);
      return FALSE;
    }
}

static gboolean
on_alarm (gpointer data)
{
  g_autoptr (HeinReplay) self = g_object_ref (data);
  gsize n_bytes = 0;

  hein_mcap_alarm_stop (self->alarm);
  for (guint i = 0; i < BURST_MESSAGES && n_bytes < BURST_BYTES; i++)
    if (self->player == NULL || g_hash_table_size (self->paused) > 0 ||
        !play_one (self, &n_bytes))
      return G_SOURCE_CONTINUE;
  if (self->player != NULL && g_hash_table_size (self->paused) == 0)
    hein_mcap_alarm_set (self->alarm, 0);
  return G_SOURCE_CONTINUE;
}

static void
hein_replay_pause (HeinTransport *transport, HeinPeer *peer, gboolean paused)
{
  HeinReplay *self = HEIN_REPLAY (transport);

  if (paused)
    g_hash_table_add (self->paused, peer);
  else
    g_hash_table_remove (self->paused, peer);
  if (self->alarm == NULL)
    return;
  if (g_hash_table_size (self->paused) > 0)
    hein_mcap_alarm_stop (self->alarm);
  else
    hein_mcap_alarm_set (self->alarm, 0);
}

/* ---- what is sent to it ---- */

/* Nobody is there to take it, and the program goes on as if somebody were; the
 * counters tell. */
static gboolean
hein_replay_send (HeinTransport *transport,
                  HeinPeer *peer,
                  HeinMessage *message,
                  GError **error)
{
  hein_transport_drop (transport, peer, HEIN_DROP_REASON_UNSENDABLE, 1,
                       hein_message_get_size (message));
  return TRUE;
}

/* Nothing waits for anybody, so that each policy is kept. */
static gboolean
hein_replay_keeps_overflow (HeinTransport *transport, HeinOverflow overflow)
{
  return TRUE;
}

static void
hein_replay_close_peer (HeinTransport *transport, HeinPeer *peer)
{
  HeinReplay *self = HEIN_REPLAY (transport);

  if (self->cast != NULL)
    replay_cast_remove (self->cast, peer);
}

/* ---- opening ---- */

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
               "%s, write replay:///path/file.mcap", why);
  return FALSE;
}

static gboolean
check_address (HeinTransport *transport, HeinEndpoint *endpoint, GError **error)
{
  const char *path = hein_transport_get_path (transport);

  if (hein_endpoint_get_role (endpoint) != HEIN_ROLE_DIAL)
    return refuse (error, "a recording is dialled, nobody can listen there");
  if (hein_transport_get_host (transport)[0] != '\0' ||
      hein_transport_get_port (transport) >= 0)
    return refuse (error, "a host has no meaning here");
  if (path[0] != '/')
    return refuse (error, "the path is not absolute");
  return TRUE;
}

static gboolean
is_wanted (HeinMessage *message, gpointer data)
{
  HeinReplay *self = data;
  const char *topic = hein_message_get_topic (message);

  return (self->topic == NULL || g_str_has_prefix (topic, self->topic)) &&
         (self->pattern == NULL || hein_topic_matches (topic, self->pattern));
}

/* The name of the file, or `replay` where no peer can have that. */
static char *
dup_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);

  if (g_str_has_suffix (base, ".mcap"))
    base[strlen (base) - strlen (".mcap")] = '\0';
  return hein_name_is_valid (base, strlen (base)) ? g_steal_pointer (&base)
                                                  : g_strdup ("replay");
}

static gboolean
open_file (HeinReplay *self, GError **error)
{
  HeinMcapPlayerOptions played = {
    .rate = 1,
    .is_endless = self->is_endless,
    .wants = self->topic != NULL || self->pattern != NULL ? is_wanted : NULL,
    .data = self,
  };

  if (self->rate != NULL && !hein_mcap_parse_rate (self->rate, &played.rate))
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS,
                   "rate=%s: write max or a number above 0, up to %.0f",
                   self->rate, HEIN_MCAP_RATE_MAX);
      return FALSE;
    }
  self->player =
    hein_mcap_player_new (hein_transport_get_path (HEIN_TRANSPORT (self)),
                          &played, error);
  if (self->player != NULL)
    self->alarm = hein_mcap_alarm_new (error);
  return self->alarm != NULL;
}

static gboolean
hein_replay_begin_open (HeinTransport *transport,
                        HeinEndpoint *endpoint,
                        GTask *task,
                        GError **error)
{
  HeinReplay *self = HEIN_REPLAY (transport);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autofree char *name = dup_name (hein_transport_get_path (transport));
  guint64 max_size;

  if (!check_address (transport, endpoint, error) || !open_file (self, error))
    return FALSE;
  g_object_get (hein_endpoint_get_bus (endpoint), "max-message-size", &max_size,
                NULL);
  self->max_size = MIN (max_size, G_MAXSIZE);
  self->cast = replay_cast_new (transport, name);
  g_source_set_callback (self->alarm, on_alarm, self, NULL);
  g_source_attach (self->alarm, context);
  hein_mcap_alarm_set (self->alarm, 0);
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

static void
hein_replay_close (HeinTransport *transport)
{
  release (HEIN_REPLAY (transport), NULL);
}

static void
hein_replay_dispose (GObject *object)
{
  release (HEIN_REPLAY (object), NULL);

  G_OBJECT_CLASS (hein_replay_parent_class)->dispose (object);
}

static void
hein_replay_finalize (GObject *object)
{
  HeinReplay *self = HEIN_REPLAY (object);

  hein_options_clear (self, options);
  g_hash_table_unref (self->paused);

  G_OBJECT_CLASS (hein_replay_parent_class)->finalize (object);
}

static void
hein_replay_class_init (HeinReplayClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  HeinTransportClass *transport_class = HEIN_TRANSPORT_CLASS (class);

  object_class->dispose = hein_replay_dispose;
  object_class->finalize = hein_replay_finalize;
  transport_class->begin_open = hein_replay_begin_open;
  transport_class->send = hein_replay_send;
  transport_class->pause = hein_replay_pause;
  transport_class->close = hein_replay_close;
  transport_class->close_peer = hein_replay_close_peer;
  transport_class->keeps_overflow = hein_replay_keeps_overflow;
  hein_options_install (object_class, options);
}

static void
hein_replay_init (HeinReplay *self)
{
  hein_options_init (self, options);
  self->paused = g_hash_table_new (NULL, NULL);
}

HEIN_PLUGIN_DEFINE (HeinReplay,
                    hein_replay,
                    TRANSPORT,
                    "replay",
                    "replay",
                    "What was recorded, from those who sent it")
