/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-services.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-hash.h>
#include <hein/hein-message.h>

#include "message/hein-pattern.h"

/* Finds the service that answers requests about a topic. */

struct _HeinServices
{
  GHashTable *exact;  /* borrowed topic -> owned HeinService */
  GPtrArray *wild;    /* owned HeinService, in the order of adding */
  HeinService *found; /* borrowed: the last of `exact`; nullable */
  gsize found_size;   /* of its topic */
};

static void
clear_service (gpointer data)
{
  HeinService *self = data;

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_free (self->pattern);
}

void
hein_service_release (HeinService *self)
{
  g_rc_box_release_full (self, clear_service);
}

static HeinServices *
get_services (HeinCore *core)
{
  HeinServices *self = core->services;

  if (self != NULL)
    return self;
  self = g_new0 (HeinServices, 1);
  self->exact = g_hash_table_new_full (hein_hash_text, g_str_equal, NULL,
                                       (GDestroyNotify) hein_service_release);
  self->wild =
    g_ptr_array_new_with_free_func ((GDestroyNotify) hein_service_release);
  core->services = self;
  return self;
}

/* Finds a pattern among those with stars. */
static gboolean
find_wild (HeinServices *self, const char *pattern, guint *index)
{
  for (guint i = 0; i < self->wild->len; i++)
    {
      HeinService *service = g_ptr_array_index (self->wild, i);

      *index = i;
      if (g_str_equal (service->pattern, pattern))
        return TRUE;
    }
  return FALSE;
}

static gboolean
check_new (HeinServices *self, const char *pattern, GError **error)
{
  guint index;

  if (!hein_pattern_check (pattern, error))
    return FALSE;
  if (!g_hash_table_contains (self->exact, pattern) &&
      !find_wild (self, pattern, &index))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_DUPLICATE,
               "\"%s\" is served already", pattern);
  return FALSE;
}

gboolean
hein_services_add (HeinCore *core,
                   const char *pattern,
                   HeinRequestFunc func,
                   gpointer data,
                   GDestroyNotify destroy,
                   GError **error)
{
  HeinServices *self = get_services (core);
  HeinService *service;

  if (!check_new (self, pattern, error))
    return FALSE;
  service = g_rc_box_new (HeinService);
  *service = (HeinService){ g_strdup (pattern), func, data, destroy };
  if (hein_pattern_is_wild (pattern))
    g_ptr_array_add (self->wild, service);
  else
    g_hash_table_insert (self->exact, service->pattern, service);
  return TRUE;
}

gboolean
hein_services_remove (HeinCore *core, const char *pattern)
{
  HeinServices *self = core->services;
  guint index;

  if (self == NULL)
    return FALSE;
  self->found = NULL;
  if (g_hash_table_remove (self->exact, pattern))
    return TRUE;
  if (!find_wild (self, pattern, &index))
    return FALSE;
  g_ptr_array_remove_index (self->wild, index);
  return TRUE;
}

/* Many requests in a row are about one topic. */
static gboolean
is_found (HeinServices *self, const char *topic, gsize topic_size)
{
  return self->found != NULL && self->found_size == topic_size &&
         memcmp (self->found->pattern, topic, topic_size) == 0;
}

HeinService *
hein_services_find (HeinCore *core, const char *topic, gsize topic_size)
{
  HeinServices *self = core->services;
  char exact[HEIN_TOPIC_MAX + 1];
  HeinService *service;

  if (self == NULL || topic_size > HEIN_TOPIC_MAX)
    return NULL;
  if (is_found (self, topic, topic_size))
    return self->found;
  memcpy (exact, topic, topic_size);
  exact[topic_size] = '\0';
  self->found = service = g_hash_table_lookup (self->exact, exact);
  self->found_size = service != NULL ? strlen (service->pattern) : 0;
  for (guint i = 0; service == NULL && i < self->wild->len; i++)
    {
      HeinService *wild = g_ptr_array_index (self->wild, i);

      if (hein_pattern_match (wild->pattern, topic, topic_size))
        service = wild;
    }
  return service;
}

void
hein_services_free (HeinCore *core)
{
  HeinServices *self = g_steal_pointer (&core->services);

  if (self == NULL)
    return;
  g_hash_table_unref (self->exact);
  g_ptr_array_unref (self->wild);
  g_free (self);
}
