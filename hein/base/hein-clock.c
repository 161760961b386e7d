/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein-clock.h>

#include <hein/hein-error.h>

#include "io/hein-world.h"

/* What plugins are told of time and chance. */

/**
 * hein_get_monotonic_time:
 *
 * Gets the time that hein itself goes by, to be used by plugins in place of
 * g_get_monotonic_time(): it is the same, except on a thread that runs a
 * simulation, whose time it then is.
 *
 * - Thread: any.
 *
 * Returns: the time in µs since a moment that has no meaning
 *
 * Since: 0.9
 */
gint64
hein_get_monotonic_time (void)
{
  return hein_world_get_us ();
}

/**
 * hein_get_real_time:
 *
 * Gets the time of day, to be used by plugins in place of g_get_real_time():
 * see [func@Hein.get_monotonic_time].
 *
 * - Thread: any.
 *
 * Returns: the time in µs since the beginning of 1970, UTC
 *
 * Since: 0.9
 */
gint64
hein_get_real_time (void)
{
  return hein_world_get_real_us ();
}

/**
 * hein_get_random: (skip)
 * @bytes: (array length=size) (out caller-allocates): a place for the numbers
 * @size: its size in bytes
 * @error: (nullable): a place for an error
 *
 * Fills @bytes with random numbers that nobody can guess: the kernel's, except
 * on a thread that runs a simulation, where the same seed gives the same.
 *
 * - Thread: any.
 * - Errors: %HEIN_ERROR_FAILED when the system gives none.
 *
 * Returns: whether it succeeded
 *
 * Since: 0.9
 */
gboolean
hein_get_random (guint8 *bytes, gsize size, GError **error)
{
  g_return_val_if_fail (bytes != NULL || size == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (hein_world_draw (bytes, size))
    return TRUE;
  g_set_error_literal (error, HEIN_ERROR, HEIN_ERROR_FAILED,
                       "the system gives no random numbers");
  return FALSE;
}

/**
 * hein_get_random_int:
 *
 * Draws a number for what must differ from time to time but is no secret, such
 * as a pause: to be used by plugins in place of g_random_int(), since the same
 * simulation draws the same again.
 *
 * - Thread: any.
 *
 * Returns: a number from 0 to 4,294,967,295
 *
 * Since: 0.9
 */
guint32
hein_get_random_int (void)
{
  return (guint32) hein_world_draw_number ();
}
