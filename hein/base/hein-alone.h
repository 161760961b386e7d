/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* Objects that are used again when nobody else holds them. */

G_BEGIN_DECLS

/* Returns whether the caller has the only reference to @object, and nothing is
 * kept with it: whatever GLib and the languages keep with an object, such as
 * weak references and wrappers, is in its qdata. */
static inline gboolean
hein_object_is_alone (gpointer object)
{
#ifdef __SANITIZE_ADDRESS__
  /* uses none again, so that the sanitizer sees a use after free */
  return FALSE;
#else
  GObject *self = object;

  return g_atomic_int_get ((int *) &self->ref_count) == 1 &&
         self->qdata == NULL;
#endif
}

G_END_DECLS
