/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "multisock-value.h"

#include <string.h>

/*
 * The values of one object, allocated together and freed together, so that an
 * object which contains another twice needs no counting.
 */

struct _MultisockValues
{
  GPtrArray *values;   /* owned MultisockValue */
  GStringChunk *texts; /* copies */
};

static void
free_value (gpointer data)
{
  MultisockValue *self = data;

  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_clear_pointer (&self->places, g_tree_unref);
  g_free (self);
}

MultisockValues *
multisock_values_new (void)
{
  MultisockValues *self = g_new0 (MultisockValues, 1);

  self->values = g_ptr_array_new_with_free_func (free_value);
  self->texts = g_string_chunk_new (256);
  return self;
}

void
multisock_values_free (MultisockValues *self)
{
  g_ptr_array_unref (self->values);
  g_string_chunk_free (self->texts);
  g_free (self);
}

MultisockValue *
multisock_values_add (MultisockValues *self, MultisockKind kind, GError **error)
{
  MultisockValue *value;

  if (self->values->len == MULTISOCK_VALUES_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE,
                   "an object of more than %d values", MULTISOCK_VALUES_MAX);
      return NULL;
    }
  value = g_new0 (MultisockValue, 1);
  value->kind = kind;
  g_ptr_array_add (self->values, value);
  return value;
}

MultisockText
multisock_values_keep (MultisockValues *self, const char *data, gsize size)
{
  return (MultisockText){
    g_string_chunk_insert_len (self->texts, data, (gssize) size), size
  };
}

gboolean
multisock_text_is (const MultisockText *text, const char *expected)
{
  return text->size == strlen (expected) &&
         memcmp (text->data, expected, text->size) == 0;
}

guint
multisock_value_count (const MultisockValue *self)
{
  return self->items != NULL ? self->items->len : 0;
}

void
multisock_value_append (MultisockValue *self, MultisockValue *item)
{
  if (self->items == NULL)
    self->items = g_ptr_array_new ();
  g_ptr_array_add (self->items, item);
}

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  const MultisockText *first = &((const MultisockValue *) a)->text;
  const MultisockText *second = &((const MultisockValue *) b)->text;
  const gsize size = MIN (first->size, second->size);
  const int order = size > 0 ? memcmp (first->data, second->data, size) : 0;

  if (order != 0)
    return order;
  return (first->size > second->size) - (first->size < second->size);
}

/* A tree and no hash table: a peer can choose keys of one hash. */
gboolean
multisock_value_set (MultisockValue *self,
                     MultisockValue *key,
                     MultisockValue *value,
                     GError **error)
{
  guint place;

  if (key->kind != MULTISOCK_TEXT)
    {
      g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                           "a dict with a key that is not text");
      return FALSE;
    }
  if (self->places == NULL)
    self->places = g_tree_new (compare_keys);
  place = GPOINTER_TO_UINT (g_tree_lookup (self->places, key));
  if (place > 0)
    {
      self->items->pdata[place] = value;
      return TRUE;
    }
  multisock_value_append (self, key);
  multisock_value_append (self, value);
  g_tree_insert (self->places, key, GUINT_TO_POINTER (self->items->len - 1));
  return TRUE;
}
