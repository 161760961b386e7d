/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

/* Everybody gets every message. */
struct _HeinPublish
{
  HeinStrategy parent_instance;
};

#define HEIN_TYPE_PUBLISH (hein_publish_get_type ())
G_DECLARE_FINAL_TYPE (HeinPublish, hein_publish, HEIN, PUBLISH, HeinStrategy)
G_DEFINE_FINAL_TYPE (HeinPublish, hein_publish, HEIN_TYPE_STRATEGY)

/* Also when nobody is there: the bus counts the loss, and keeps messages to
 * retain. */
static void
hein_publish_select (HeinStrategy *strategy,
                     HeinPeers *peers,
                     const char *key,
                     HeinMessage *message,
                     HeinSelection *selection)
{
  hein_selection_add_all (selection);
}

static void
hein_publish_class_init (HeinPublishClass *class)
{
  HEIN_STRATEGY_CLASS (class)->select = hein_publish_select;
}

static void
hein_publish_init (HeinPublish *self)
{
}

HEIN_PLUGIN_DEFINE (HeinPublish,
                    hein_publish,
                    STRATEGY,
                    "publish",
                    "",
                    "Every peer gets every message")
