/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hein/hein.h>

#include "fuzz.h"
#include "plugin/hein-plugin-file.h"
#include "plugin/hein-plugin-load.h"
#include "plugin/hein-plugin-script.h"

static int fd = -1;

/* What is called whole has what the linker maps. */
static void
check_file (const uint8_t *data, size_t size)
{
  const ElfW (Ehdr) *header = (gconstpointer) data;
  struct stat status;

  if (fd < 0)
    fd = memfd_create ("plugin", MFD_CLOEXEC);
  g_assert_cmpint (ftruncate (fd, (off_t) size), ==, 0);
  g_assert_cmpint (pwrite (fd, data, size, 0), ==, (gssize) size);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  if (!hein_plugin_file_is_whole (fd, &status))
    return;
  g_assert_cmpuint (size, >=, sizeof *header);
  for (guint i = 0; i < header->e_phnum; i++)
    {
      ElfW (Phdr) segment;

      g_assert_cmpuint (header->e_phoff + (i + 1) * sizeof segment, <=, size);
      memcpy (&segment, data + header->e_phoff + i * sizeof segment,
              sizeof segment);
      g_assert_cmpuint (segment.p_offset, <=, size);
      g_assert_cmpuint (segment.p_filesz, <=, size - segment.p_offset);
    }
}

static GType
get_type (void)
{
  return G_TYPE_INVALID;
}

/* The texts of the description, NULL where the input ends. */
static const char *
take_text (char **at, const char *end)
{
  const char *text = *at;

  if (text >= end)
    return NULL;
  *at += strlen (text) + 1;
  return text;
}

static void
check_description (const uint8_t *data, size_t size)
{
  HeinPluginDescription theirs = { .get_type = get_type };
  HeinPluginDescription description;
  const gsize head = G_STRUCT_OFFSET (HeinPluginDescription, name);
  g_autofree char *texts = NULL;
  g_autoptr (GError) error = NULL;
  char *at;

  if (size < head)
    return;
  memcpy (&theirs, data, head);
  texts = g_strndup ((const char *) data + head, size - head);
  memcpy (texts, data + head, size - head);
  at = texts;
  theirs.name = take_text (&at, texts + size - head);
  theirs.schemes = take_text (&at, texts + size - head);
  theirs.type_name = take_text (&at, texts + size - head);
  theirs.description = take_text (&at, texts + size - head);
  if (!hein_plugin_read_description (&description, &theirs, &error) ||
      !hein_plugin_check_description (&description, &error))
    {
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_PLUGIN);
      return;
    }
  g_assert_true (g_ascii_islower (description.name[0]));
  g_assert_cmpuint (strlen (description.name), <=, 64);
  g_assert_true (g_utf8_validate (description.description, -1, NULL));
}

/* What people read of it is one short line, whatever stands in the file. */
static void
check_script (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  for (guint i = 0; i < hein_script_n_languages; i++)
    {
      g_autofree char *shown =
        hein_script_dup_description (&hein_script_languages[i], text);

      g_assert_cmpuint (strlen (shown), >, 0);
      g_assert_cmpuint (strlen (shown), <=, 200);
      g_assert_true (g_utf8_validate (shown, -1, NULL));
      g_assert_null (strpbrk (shown, "\r\n\033"));
    }
}

/* The input: a module, a description, and a script. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *aligned = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (aligned, data, size);
  check_file (aligned, size);
  check_description (aligned, size);
  check_script (aligned, size);
  return 0;
}
