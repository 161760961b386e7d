/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "load-board.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The file in which a process of the soak counts: see load-board.h. */

static Board *
map (int fd)
{
  void *memory =
    mmap (NULL, sizeof (Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  if (memory == MAP_FAILED)
    g_error ("a board cannot be mapped");
  close (fd);
  return memory;
}

Board *
board_new (const char *path, const char *name)
{
  const int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  Board *self;

  if (fd < 0 || ftruncate (fd, sizeof (Board)) != 0)
    g_error ("%s cannot be made", path);
  self = map (fd);
  g_strlcpy (self->name, name, sizeof self->name);
  return self;
}

Board *
board_open (const char *path)
{
  const int fd = open (path, O_RDWR | O_CLOEXEC);

  /* an empty one is about to be made */
  if (fd >= 0 && lseek (fd, 0, SEEK_END) == sizeof (Board))
    return map (fd);
  if (fd >= 0)
    close (fd);
  return NULL;
}

void
board_close (Board *self)
{
  munmap (self, sizeof *self);
}

BoardRow *
board_get_row (Board *self, const char *name)
{
  BoardRow *row = self->rows;

  for (guint i = 0; i < self->n_rows; i++, row++)
    if (strcmp (row->name, name) == 0)
      return row;
  if (self->n_rows == BOARD_N_ROWS)
    g_error ("the board is full");
  g_strlcpy (row->name, name, sizeof row->name);
  self->n_rows++;
  return row;
}

BoardConnection *
board_add_connection (Board *self, const char *name)
{
  BoardConnection *connection = self->connections + self->n_connections;

  if (self->n_connections == BOARD_N_CONNECTIONS)
    g_error ("the board has no place for another connection");
  g_strlcpy (connection->name, name, sizeof connection->name);
  self->n_connections++;
  return connection;
}

void
board_note_latency (Board *self, gint64 latency_us)
{
  const guint64 value = CLAMP (latency_us, 0, G_MAXINT32);
  const guint exponent = g_bit_storage (value) - 1;
  const guint bucket =
    value < 16 ? value : (exponent - 3) * 16 + (value >> (exponent - 4)) % 16;

  self->latencies[bucket]++;
}

void
board_note_dropped (Board *self, HeinBus *bus)
{
  for (guint reason = 0; reason < BOARD_N_REASONS; reason++)
    self->n_dropped[reason] = hein_bus_get_n_dropped (bus, reason);
}

/* What the allocator keeps for later, in whole pages or between what is in use,
 * tells nothing about what the process forgets to free. */
void
board_note_heap (Board *self)
{
  const struct mallinfo2 info = mallinfo2 ();

  self->heap_bytes = info.uordblks + info.hblkhd;
}
