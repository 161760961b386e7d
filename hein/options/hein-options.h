/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * An option of addresses, which is a property that does nothing but keep its value
 * in a field of the object: a guint, a gboolean or an enumeration.
 */
typedef struct
{
  const char *name;
  gsize offset; /* of the field, in the structure of the object */
  /* (nullable): of the enumeration; NULL: a number, or yes and no */
  GType (*get_type) (void);
  guint minimum;
  guint maximum; /* of numbers; 0: it is yes or no */
  guint value;   /* unless another is given */
} HeinOptionEntry;

/* Makes properties of @entries, which a name of NULL ends and which stay; for
 * class_init. They are the only ones that the class itself has. */
void hein_options_install (GObjectClass *class, const HeinOptionEntry *entries);
/* Gives each its value; for init. */
void hein_options_init (gpointer object, const HeinOptionEntry *entries);

G_END_DECLS
