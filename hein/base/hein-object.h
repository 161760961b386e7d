/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

/* References to objects, and whether somebody else has one. */

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

/* g_object_ref () and g_object_unref () of objects that many hold, such as
 * peers, in a fifth of the instructions. From more than two references on
 * nothing but the count changes: a toggle reference is told of less. */
static inline gpointer
hein_object_ref (gpointer object)
{
  int *count = (int *) &((GObject *) object)->ref_count;
  const int n = g_atomic_int_get (count);

  if (G_LIKELY (n > 2 && g_atomic_int_compare_and_exchange (count, n, n + 1)))
    return object;
  return g_object_ref (object);
}

static inline void
hein_object_unref (gpointer object)
{
  int *count = (int *) &((GObject *) object)->ref_count;
  const int n = g_atomic_int_get (count);

  if (G_UNLIKELY (n <= 2 ||
                  !g_atomic_int_compare_and_exchange (count, n, n - 1)))
    g_object_unref (object);
}

G_END_DECLS
