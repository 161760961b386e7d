/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* What an option takes, and which field keeps it. */
typedef enum
{
  HEIN_OPTION_NUMBER, /* guint */
  HEIN_OPTION_SIGNED, /* int */
  HEIN_OPTION_LARGE,  /* guint64 */
  HEIN_OPTION_FLAG,   /* gboolean: yes or no */
  HEIN_OPTION_CHOICE, /* int: a value of an enumeration */
  HEIN_OPTION_TEXT    /* char *, owned: NULL unless one is given */
} HeinOptionKind;

/*
 * Where an object keeps a structure for options that are seldom given: it is
 * made when one of them is.
 */
typedef struct
{
  gsize offset; /* of the pointer to it, which is NULL until then */
  gsize size;
} HeinOptionPart;

/* An option of addresses, which is a property that does nothing but keep its
 * value in a field of the object. */
typedef struct
{
  const char *name;
  HeinOptionKind kind;
  /* A property of the class above, which keeps it: it only has another value
   * here unless one is given. */
  gboolean is_inherited;
  gsize offset;               /* of the field, in the object or its part */
  const HeinOptionPart *part; /* nullable: it is in the object itself */
  GType (*get_type) (void);   /* of the enumeration */
  gint64 minimum;             /* of numbers */
  gint64 maximum;
  gint64 value; /* unless another is given; not of one in a part */
} HeinOptionEntry;

/* Makes properties of @entries, which a name of NULL ends and which stay; for
 * class_init. They are the only ones that the class itself has. */
void hein_options_install (GObjectClass *class, const HeinOptionEntry *entries);
/* Gives each its value; for init. */
void hein_options_init (gpointer object, const HeinOptionEntry *entries);
/* Frees the texts, but no part; for finalize. */
void hein_options_clear (gpointer object, const HeinOptionEntry *entries);

G_END_DECLS
