/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/*
 * What an object of multisock is made of, between pickle and JSON.
 */

/* Values of one object, and what may lie on the stack while it is read. */
#define MULTISOCK_VALUES_MAX 65536

typedef enum
{
  MULTISOCK_NONE,
  MULTISOCK_TRUE,
  MULTISOCK_FALSE,
  MULTISOCK_INT,
  MULTISOCK_LONG, /* an integer past 64 bits, as decimal text */
  MULTISOCK_FLOAT,
  MULTISOCK_TEXT, /* UTF-8 that may have NULs in it */
  MULTISOCK_BYTES,
  MULTISOCK_LIST,
  MULTISOCK_TUPLE,
  MULTISOCK_DICT
} MultisockKind;

typedef struct
{
  const char *data;
  gsize size;
} MultisockText;

/* A value may be in several lists, and in itself. */
typedef struct _MultisockValue
{
  MultisockKind kind;
  union
  {
    gint64 integer;
    double number;
    MultisockText text; /* decimal text, text and bytes */
  };
  GPtrArray *items; /* of a list or tuple; of a dict keys and values, in turn */
  GTree *places;    /* of a dict: key -> where its value is in @items */
} MultisockValue;

/* Owns values and texts until the object has been converted. */
typedef struct _MultisockValues MultisockValues;

MultisockValues *multisock_values_new (void);
void multisock_values_free (MultisockValues *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MultisockValues, multisock_values_free)

/* NULL with @error: there are too many. */
MultisockValue *multisock_values_add (MultisockValues *self,
                                      MultisockKind kind,
                                      GError **error);
/* A copy. */
MultisockText
multisock_values_keep (MultisockValues *self, const char *data, gsize size);

gboolean multisock_text_is (const MultisockText *text, const char *expected);
guint multisock_value_count (const MultisockValue *self);
void multisock_value_append (MultisockValue *self, MultisockValue *item);
/* In a dict; takes the place of the value that @key had. FALSE with @error:
 * @key is no text. */
gboolean multisock_value_set (MultisockValue *self,
                              MultisockValue *key,
                              MultisockValue *value,
                              GError **error);

G_END_DECLS
