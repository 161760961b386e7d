/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include "tcp/hein-tcp.h"

/* State, not a queue: a value that was not sent yet is replaced by a newer one,
 * and a newcomer gets the current values first. Both are done by the core, and
 * are the defaults here. */
struct _HeinChannel
{
  HeinStreamTransport parent_instance;
};

#define HEIN_TYPE_CHANNEL (hein_channel_get_type ())
G_DECLARE_FINAL_TYPE (
  HeinChannel, hein_channel, HEIN, CHANNEL, HeinStreamTransport)
G_DEFINE_FINAL_TYPE (HeinChannel, hein_channel, HEIN_TYPE_STREAM_TRANSPORT)

/* Beside those that are TCP's. */
enum
{
  PROP_OVERFLOW = 100,
  PROP_RETAIN
};

static GObjectClass tcp_class; /* get_property and set_property */

/* They are those of every transport, but for what they are at first. */
static GObjectClass *
find_base (guint prop_id, GParamSpec **pspec)
{
  GObjectClass *class = g_type_class_peek (HEIN_TYPE_TRANSPORT);

  if (prop_id < PROP_OVERFLOW)
    return &tcp_class;

  *pspec = g_object_class_find_property (class, (*pspec)->name);
  return class;
}

static void
hein_channel_get_property (GObject *object,
                           guint prop_id,
                           GValue *value,
                           GParamSpec *pspec)
{
  GObjectClass *base = find_base (prop_id, &pspec);

  base->get_property (object, pspec->param_id, value, pspec);
}

static void
hein_channel_set_property (GObject *object,
                           guint prop_id,
                           const GValue *value,
                           GParamSpec *pspec)
{
  GObjectClass *base = find_base (prop_id, &pspec);

  base->set_property (object, pspec->param_id, value, pspec);
}

static void
hein_channel_class_init (HeinChannelClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  hein_tcp_class_install (HEIN_STREAM_TRANSPORT_CLASS (class));
  tcp_class.get_property = object_class->get_property;
  tcp_class.set_property = object_class->set_property;
  object_class->get_property = hein_channel_get_property;
  object_class->set_property = hein_channel_set_property;
  g_object_class_install_property (object_class, PROP_OVERFLOW,
                                   g_param_spec_enum ("overflow", NULL, NULL,
                                                      HEIN_TYPE_OVERFLOW,
                                                      HEIN_OVERFLOW_LATEST,
                                                      flags));
  g_object_class_install_property (object_class, PROP_RETAIN,
                                   g_param_spec_boolean ("retain", NULL, NULL,
                                                         TRUE, flags));
}

static void
hein_channel_init (HeinChannel *self)
{
  g_object_set (self, "overflow", HEIN_OVERFLOW_LATEST, "retain", TRUE, NULL);
}

HEIN_PLUGIN_DEFINE (HeinChannel,
                    hein_channel,
                    TRANSPORT,
                    "channel",
                    "channel",
                    "State over TCP: the latest value of each topic")
