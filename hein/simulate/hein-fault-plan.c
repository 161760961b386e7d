/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-fault-plan.h"

#include <string.h>

#include <hein/hein-error.h>

/* Plans of faults: drawn at random, written as text, and read again. */

#define FAULTS_MAX 8   /* of a plan that is drawn */
#define ALL_OTHERS "*" /* in the text */

typedef struct
{
  const char *name;
  gboolean has_other;
  guint n_numbers;        /* the first ones count */
  gboolean is_in_default; /* a test need not know of it */
} Kind;

static const Kind kinds[HEIN_FAULT_N_KINDS] = {
  [HEIN_FAULT_CUT] = { "cut", TRUE, 1, TRUE },
  [HEIN_FAULT_PARTITION] = { "partition", TRUE, 2, TRUE },
  [HEIN_FAULT_PAUSE] = { "pause", FALSE, 2, TRUE },
  [HEIN_FAULT_SLOW] = { "slow", TRUE, 3, TRUE },
  [HEIN_FAULT_CRASH] = { "crash", FALSE, 2, FALSE },
};

HeinFault *
hein_fault_copy (const HeinFault *self)
{
  HeinFault *copy = g_memdup2 (self, sizeof *self);

  copy->host = g_strdup (self->host);
  copy->other = g_strdup (self->other);
  return copy;
}

void
hein_fault_free (HeinFault *self)
{
  g_free (self->host);
  g_free (self->other);
  g_free (self);
}

const char *
hein_fault_get_name (const HeinFault *self)
{
  return kinds[self->kind].name;
}

/* Returns HEIN_FAULT_N_KINDS when there is none of that name. */
static HeinFaultKind
find_kind (const char *name)
{
  HeinFaultKind kind = 0;

  while (kind < HEIN_FAULT_N_KINDS && strcmp (kinds[kind].name, name) != 0)
    kind++;
  return kind;
}

gboolean
hein_fault_is_kind (const char *name)
{
  return find_kind (name) < HEIN_FAULT_N_KINDS;
}

gboolean
hein_fault_is_host (const char *name)
{
  return *name != '\0' && strcmp (name, ALL_OTHERS) != 0 &&
         strpbrk (name, " \t\r\n;") == NULL;
}

GPtrArray *
hein_fault_plan_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) hein_fault_free);
}

GPtrArray *
hein_fault_plan_copy_without (const GPtrArray *self, guint first, guint n)
{
  GPtrArray *copy = hein_fault_plan_new ();

  for (guint i = 0; i < self->len; i++)
    if (i < first || i - first >= n)
      g_ptr_array_add (copy, hein_fault_copy (g_ptr_array_index (self, i)));
  return copy;
}

/* ---- drawing ---- */

/* Its own generator: whoever leaves a fault out must not change what the
 * simulation draws. */
static guint
draw (GRand *dice, guint n)
{
  return n > 1 ? (guint) g_rand_int_range (dice, 0, (gint32) n) : 0;
}

/* As often between 10 µs and 100 µs as between 1 s and 10 s: a handshake is as
 * likely to be hit as a heartbeat. */
static gint64
draw_time (GRand *dice, gint64 max_us)
{
  const gint64 below_us = G_GINT64_CONSTANT (1)
                          << draw (dice, g_bit_storage ((gulong) max_us) + 1);
  const gint64 drawn_us = (gint64) (g_rand_double (dice) * (double) below_us);

  return MIN (drawn_us, max_us);
}

static gint64
draw_begin (GRand *dice, gint64 max_us)
{
  return draw (dice, 2) == 0
           ? draw_time (dice, max_us)
           : (gint64) (g_rand_double (dice) * (double) max_us);
}

static HeinFaultKind
draw_kind (GRand *dice, const char *const *names)
{
  HeinFaultKind kind;

  if (names != NULL)
    return find_kind (names[draw (dice, g_strv_length ((char **) names))]);
  do
    kind = draw (dice, HEIN_FAULT_N_KINDS);
  while (!kinds[kind].is_in_default);
  return kind;
}

static char *
draw_other (GRand *dice, const char *const *hosts, const char *host)
{
  const guint n = g_strv_length ((char **) hosts);
  const char *other;

  if (n < 2 || (n > 2 && draw (dice, 4) == 0))
    return NULL;
  do
    other = hosts[draw (dice, n)];
  while (other == host);
  return g_strdup (other);
}

static HeinFault *
draw_fault (GRand *dice, const HeinFaultChoice *choice)
{
  HeinFault *self = g_new0 (HeinFault, 1);
  const guint n = g_strv_length ((char **) choice->hosts);
  const char *host = choice->hosts[draw (dice, n)];
  gint64 begin_us = draw_begin (dice, choice->within_us);

  self->kind = draw_kind (dice, choice->kinds);
  self->host = g_strdup (host);
  self->numbers[HEIN_FAULT_BEGIN] = begin_us;
  if (kinds[self->kind].has_other)
    self->other = draw_other (dice, choice->hosts, host);
  if (kinds[self->kind].n_numbers > HEIN_FAULT_LENGTH)
    self->numbers[HEIN_FAULT_LENGTH] =
      draw_time (dice, choice->within_us - begin_us);
  if (kinds[self->kind].n_numbers > HEIN_FAULT_DELAY)
    self->numbers[HEIN_FAULT_DELAY] = draw_time (dice, G_USEC_PER_SEC);
  return self;
}

static gint
compare_begins (gconstpointer a, gconstpointer b)
{
  const HeinFault *one = *(const HeinFault *const *) a;
  const HeinFault *other = *(const HeinFault *const *) b;

  return (one->numbers[HEIN_FAULT_BEGIN] > other->numbers[HEIN_FAULT_BEGIN]) -
         (one->numbers[HEIN_FAULT_BEGIN] < other->numbers[HEIN_FAULT_BEGIN]);
}

GPtrArray *
hein_fault_plan_draw (const HeinFaultChoice *choice)
{
  const guint32 seed[] = { (guint32) choice->seed,
                           (guint32) (choice->seed >> 32) };
  g_autoptr (GRand) dice = g_rand_new_with_seed_array (seed, 2);
  GPtrArray *plan = hein_fault_plan_new ();

  for (guint n = draw (dice, FAULTS_MAX + 1); n > 0; n--)
    g_ptr_array_add (plan, draw_fault (dice, choice));
  g_ptr_array_sort (plan, compare_begins);
  return plan;
}

/* ---- as text ---- */

static void
print_fault (GString *text, const HeinFault *self)
{
  const Kind *kind = &kinds[self->kind];

  g_string_append_printf (text, "%" G_GINT64_FORMAT " %s %s",
                          self->numbers[HEIN_FAULT_BEGIN], kind->name,
                          self->host);
  if (kind->has_other)
    g_string_append_printf (text, " %s",
                            self->other != NULL ? self->other : ALL_OTHERS);
  for (guint i = HEIN_FAULT_LENGTH; i < kind->n_numbers; i++)
    g_string_append_printf (text, " %" G_GINT64_FORMAT, self->numbers[i]);
  g_string_append_c (text, '\n');
}

char *
hein_fault_plan_print (const GPtrArray *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->len; i++)
    print_fault (text, g_ptr_array_index (self, i));
  return g_string_free (text, FALSE);
}

static gboolean
read_number (const char *word, gint64 *number)
{
  guint64 read;

  if (!g_ascii_string_to_unsigned (word, 10, 0, G_MAXINT64 / 4, &read, NULL))
    return FALSE;
  *number = (gint64) read;
  return TRUE;
}

/* @words: without blanks between them. */
static gboolean
read_words (HeinFault *self, const char *const *words, guint n)
{
  const Kind *kind;
  guint next = 3;

  if (n < next || !read_number (words[0], &self->numbers[HEIN_FAULT_BEGIN]) ||
      !hein_fault_is_kind (words[1]) || !hein_fault_is_host (words[2]))
    return FALSE;
  self->kind = find_kind (words[1]);
  kind = &kinds[self->kind];
  if (n != next + kind->has_other + kind->n_numbers - 1)
    return FALSE;
  self->host = g_strdup (words[2]);
  if (kind->has_other && strcmp (words[next], ALL_OTHERS) != 0)
    self->other = g_strdup (words[next]);
  next += kind->has_other;
  for (guint i = HEIN_FAULT_LENGTH; i < kind->n_numbers; i++)
    if (!read_number (words[next++], &self->numbers[i]))
      return FALSE;
  return TRUE;
}

static gboolean
parse_line (GPtrArray *plan, const char *line, GError **error)
{
  g_auto (GStrv) split = g_strsplit_set (line, " \t\r", -1);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autoptr (HeinFault) fault = g_new0 (HeinFault, 1);

  for (guint i = 0; split[i] != NULL; i++)
    if (*split[i] != '\0')
      g_ptr_array_add (words, split[i]);
  if (words->len == 0)
    return TRUE;
  if (!read_words (fault, (const char *const *) words->pdata, words->len))
    {
      g_autofree char *shown =
        hein_error_dup_printable (line, MIN (strlen (line), 100));

      g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                   "\"%s\" is no fault: one is a time in µs and, for instance, "
                   "cut HOST HOST, partition HOST HOST LENGTH, "
                   "pause HOST LENGTH, slow HOST HOST LENGTH DELAY or "
                   "crash HOST LENGTH",
                   shown);
      return FALSE;
    }
  g_ptr_array_add (plan, g_steal_pointer (&fault));
  return TRUE;
}

GPtrArray *
hein_fault_plan_parse (const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit_set (text, ";\n", -1);
  g_autoptr (GPtrArray) plan = hein_fault_plan_new ();

  for (guint i = 0; lines[i] != NULL; i++)
    if (!parse_line (plan, lines[i], error))
      return NULL;
  return g_steal_pointer (&plan);
}
