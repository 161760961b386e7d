/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* Tables of options: properties that only store a value. */

/* The type of an option's value, and of the field that stores it. */
typedef enum
{
  HEIN_OPTION_NUMBER, /* guint */
  HEIN_OPTION_SIGNED, /* int */
  HEIN_OPTION_LARGE,  /* guint64 */
  HEIN_OPTION_FLAG,   /* gboolean: yes or no */
  HEIN_OPTION_CHOICE, /* int: a value of an enumeration */
  HEIN_OPTION_TEXT    /* char *, owned: NULL unless set */
} HeinOptionKind;

/*
 * A struct of an object for options that are rarely set: it is allocated when
 * one of them is.
 */
typedef struct
{
  gsize offset; /* of the pointer to the struct, which is NULL until then */
  gsize size;
} HeinOptionPart;

/* An option of addresses: a property that only stores its value in a field of
 * the object. */
typedef struct
{
  const char *name;
  HeinOptionKind kind;
  /* the property belongs to a parent class, which stores it; it only has
   * another default here */
  gboolean is_inherited;
  gsize offset;               /* of the field, in the object or in its part */
  const HeinOptionPart *part; /* nullable: the field is in the object */
  GType (*get_type) (void);   /* of the enumeration */
  gint64 minimum;             /* for numbers */
  gint64 maximum;
  gint64 value; /* the default; not for options in a part */
} HeinOptionEntry;

/* Installs the properties of @entries, a static array that ends with a name of
 * NULL; for class_init. The class must have no other properties of its own. */
void hein_options_install (GObjectClass *class, const HeinOptionEntry *entries);
/* Sets each option to its default; for instance init functions. */
void hein_options_init (gpointer object, const HeinOptionEntry *entries);
/* Frees the texts, but not the parts; for finalize. */
void hein_options_clear (gpointer object, const HeinOptionEntry *entries);

G_END_DECLS
