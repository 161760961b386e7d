/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include <hein/hein.h>

#include "fuzz.h"
#include "mcap/hein-mcap-envelope.h"
#include "mcap/hein-mcap-reader.h"

/* Whatever a file holds: reading it ends, twice in the same way, and what was
 * found can be sent or is refused. */

typedef struct
{
  guint64 n;
  guint64 n_bytes;
} Found;

static Found
read_all (HeinMcapReader *reader)
{
  Found found = { 0, 0 };
  HeinMcapMessage recorded;

  while (hein_mcap_reader_next (reader, &recorded, NULL))
    {
      g_autofree char *sender = NULL;
      g_autoptr (HeinMessage) message = NULL;

      if (recorded.channel == NULL)
        continue;
      message = hein_mcap_envelope_open (recorded.channel, recorded.data,
                                         recorded.size, &sender);

      found.n++;
      found.n_bytes += recorded.size;
      if (message != NULL)
        g_assert_cmpuint (hein_message_get_n_parts (message), >, 0);
    }
  return found;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const int fd = memfd_create ("fuzz-mcap", MFD_CLOEXEC);
  g_autoptr (HeinMcapReader) reader = NULL;

  g_assert_cmpint (write (fd, data, size), ==, size);
  reader = hein_mcap_reader_new (fd, NULL);
  if (reader != NULL)
    {
      const Found found = read_all (reader);
      Found again;

      hein_mcap_reader_rewind (reader);
      again = read_all (reader);
      /* a channel that came late is known the second time */
      g_assert_cmpuint (again.n, >=, found.n);
    }
  close (fd);
  return 0;
}
