/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include <hein/hein.h>

#include "spool/hein-spool-index.h"
#include "spool/hein-spool-message.h"
#include "tool-commands.h"
#include "tool-json.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-text.h"

/* The command `hein spool`: lists what lies in a spool. It only reads, so a
 * process may use the spool meanwhile. */

/* A file that is listed may be gone before it is opened, where a process uses
 * the folder. */
#define TRIES_MAX 100
/* Is written at once. */
#define TEXT_SIZE (64 * 1024)
/* The columns of a topic and of a name, unless one is longer. */
#define TEXT_COLUMNS 20

typedef struct
{
  HeinSpoolFolder folder;
  HeinSpoolIndex index;
  HeinSpoolUse use;
  gboolean is_json;
  GString *text; /* owned: not written yet */
  guint64 n_messages;
  guint64 n_bytes; /* of their payloads */
  guint64 n_unreadable;
} Listing;

static const ToolHelp help = {
  "DIR",
  "Lists the messages that 'hein send --deliver --spool', or a program, has\n"
  "written to a folder and that nobody has handled yet: their numbers, the\n"
  "bytes of the payload, the age, to whom and of which topic they are, and "
  "the\n"
  "id.",
  "Nothing in the folder changes, and a process may use it meanwhile, which "
  "is\n"
  "said. A message that is for whom the strategy chooses has - for a name.\n\n"
  "Exit status: 0 done, 1 failed, or something in the folder is damaged, 2 "
  "wrong\n"
  "usage.\n\n"
  "Examples:\n"
  "  hein spool outbox\n"
  "  hein spool --json outbox",
};

/* ---- reading ---- */

static gboolean
read_index (Listing *self, GError **error)
{
  for (guint i = 1;; i++)
    {
      g_autoptr (GError) trouble = NULL;

      if (hein_spool_index_read (&self->index, &self->folder, &trouble))
        return TRUE;
      if (i == TRIES_MAX ||
          !g_error_matches (trouble, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&trouble));
          return FALSE;
        }
    }
}

static gboolean
check_is_spool (Listing *self, GError **error)
{
  if (self->use != HEIN_SPOOL_NO_LOCK || self->index.files.length > 0)
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s is no spool: it has no files of one", self->folder.path);
  return FALSE;
}

static gboolean
open_folder (Listing *self, const char *path, GError **error)
{
  if (!hein_spool_folder_look (&self->folder, path, error))
    return FALSE;
  self->use = hein_spool_folder_get_use (&self->folder);
  if (!read_index (self, error))
    {
      hein_spool_folder_close (&self->folder);
      return FALSE;
    }
  if (check_is_spool (self, error))
    return TRUE;
  hein_spool_index_clear (&self->index);
  hein_spool_folder_close (&self->folder);
  return FALSE;
}

static gboolean
read_message (Listing *self,
              HeinSpoolEntry *entry,
              HeinSpooled *spooled,
              GError **error)
{
  g_autoptr (GBytes) body = hein_spool_entry_read (entry, &self->folder, error);

  if (body == NULL)
    return FALSE;
  if (hein_spool_message_read (spooled, g_bytes_get_data (body, NULL),
                               g_bytes_get_size (body)))
    return TRUE;
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "spool %s: message %" G_GUINT64_FORMAT
               " is none that this hein knows",
               self->folder.path, entry->number);
  return FALSE;
}

/* ---- what is written ---- */

static gint64
get_age_ms (const HeinSpooled *spooled)
{
  /* the clock may have been set back */
  return MAX (g_get_real_time () / 1000 - spooled->posted_ms, 0);
}

static void
append_age (GString *text, gint64 age_ms)
{
  static const struct
  {
    gint64 ms;
    const char *name;
  } units[] = {
    { 24 * 60 * 60 * 1000, "d" },
    { 60 * 60 * 1000, "h" },
    { 60 * 1000, "min" },
    { 1000, "s" },
  };
  guint i = 0;
  g_autofree char *age = NULL;

  while (i + 1 < G_N_ELEMENTS (units) && age_ms < units[i].ms)
    i++;
  age = g_strdup_printf ("%" G_GINT64_FORMAT " %s", age_ms / units[i].ms,
                         units[i].name);
  g_string_append_printf (text, "  %8s", age);
}

/* What a terminal must not get is escaped. */
static void
append_column (GString *text, const char *value)
{
  g_autoptr (GString) shown = g_string_new (NULL);

  tool_text_append (shown, value, strlen (value));
  g_string_append_printf (text, "  %s", shown->str);
  for (glong n = g_utf8_strlen (shown->str, -1); n < TEXT_COLUMNS; n++)
    g_string_append_c (text, ' ');
}

static void
append_row (Listing *self, HeinSpoolEntry *entry, const HeinSpooled *spooled)
{
  HeinMessage *message = spooled->message;
  const char *id = hein_message_get_attribute (message, HEIN_ATTRIBUTE_ID);

  g_string_append_printf (self->text,
                          "%10" G_GUINT64_FORMAT "  %10" G_GSIZE_FORMAT,
                          entry->number, hein_message_get_size (message));
  append_age (self->text, get_age_ms (spooled));
  append_column (self->text, spooled->to != NULL ? spooled->to : "-");
  append_column (self->text, hein_message_get_topic (message));
  g_string_append (self->text, "  ");
  if (id != NULL)
    tool_text_append (self->text, id, strlen (id));
  g_string_append (self->text, spooled->has_expired ? "  expired\n" : "\n");
}

static void
append_object (Listing *self, HeinSpoolEntry *entry, const HeinSpooled *spooled)
{
  HeinMessage *message = spooled->message;

  g_string_append_printf (self->text, "{\"number\":%" G_GUINT64_FORMAT,
                          entry->number);
  tool_json_append_member (self->text, "topic",
                           hein_message_get_topic (message));
  tool_json_append_member (self->text, "to", spooled->to);
  g_string_append_printf (self->text,
                          ",\"size\":%" G_GSIZE_FORMAT
                          ",\"age-ms\":%" G_GINT64_FORMAT ",\"expired\":%s",
                          hein_message_get_size (message), get_age_ms (spooled),
                          spooled->has_expired ? "true" : "false");
  tool_json_append_member (self->text, "id",
                           hein_message_get_attribute (message,
                                                       HEIN_ATTRIBUTE_ID));
  g_string_append (self->text, "}\n");
}

static ToolStatus
write_out (Listing *self, gsize above)
{
  ToolStatus status = TOOL_DONE;

  if (self->text->len <= above)
    return TOOL_DONE;
  status = tool_output_print (self->text->str);
  g_string_truncate (self->text, 0);
  return status;
}

/* One message after another is in memory. */
static ToolStatus
write_messages (Listing *self)
{
  GPtrArray *entries = self->index.stock.entries;

  if (!self->is_json && entries->len > 0)
    g_string_append_printf (self->text, "%10s  %10s  %8s  %-*s  %-*s  id\n",
                            "number", "bytes", "age", TEXT_COLUMNS, "to",
                            TEXT_COLUMNS, "topic");
  for (guint i = 0; i < entries->len; i++)
    {
      HeinSpoolEntry *entry = g_ptr_array_index (entries, i);
      g_auto (HeinSpooled) spooled = { 0 };
      g_autoptr (GError) error = NULL;

      if (!read_message (self, entry, &spooled, &error))
        {
          tool_complain ("%s", error->message);
          self->n_unreadable++;
          continue;
        }
      self->n_messages++;
      self->n_bytes += hein_message_get_size (spooled.message);
      if (self->is_json)
        append_object (self, entry, &spooled);
      else
        append_row (self, entry, &spooled);
      if (write_out (self, TEXT_SIZE) != TOOL_DONE)
        return TOOL_FAILED;
    }
  return TOOL_DONE;
}

static ToolStatus
write_total (Listing *self)
{
  const gboolean is_used = self->use == HEIN_SPOOL_IN_USE;

  if (self->is_json)
    g_string_append_printf (self->text,
                            "{\"messages\":%" G_GUINT64_FORMAT
                            ",\"size\":%" G_GUINT64_FORMAT
                            ",\"file-size\":%" G_GUINT64_FORMAT ",\"in-use\":%s"
                            ",\"missing\":%" G_GUINT64_FORMAT
                            ",\"damaged\":%" G_GSIZE_FORMAT "}\n",
                            self->n_messages, self->n_bytes, self->index.size,
                            is_used ? "true" : "false",
                            self->index.stock.n_missing + self->n_unreadable,
                            self->index.stock.n_damaged);
  else
    g_string_append_printf (self->text,
                            "%" G_GUINT64_FORMAT
                            " message%s, %" G_GUINT64_FORMAT
                            " bytes, in files of %" G_GUINT64_FORMAT
                            " bytes%s\n",
                            self->n_messages, self->n_messages == 1 ? "" : "s",
                            self->n_bytes, self->index.size,
                            is_used ? "; a process uses it" : "");
  return write_out (self, 0);
}

/* What is torn at the end of a file was never accepted, or is being written. */
static ToolStatus
tell_damage (Listing *self)
{
  const HeinSpoolStock *stock = &self->index.stock;

  if (stock->n_damaged > 0)
    tool_complain ("spool %s: %" G_GSIZE_FORMAT
                   " bytes are damaged, and %" G_GUINT64_FORMAT
                   " messages are missing",
                   self->folder.path, stock->n_damaged, stock->n_missing);
  return stock->n_damaged > 0 || self->n_unreadable > 0 ? TOOL_FAILED
                                                        : TOOL_DONE;
}

static ToolStatus
list (const char *path, gboolean is_json)
{
  Listing self = { .is_json = is_json };
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  ToolStatus status;

  if (!open_folder (&self, path, &error))
    {
      tool_complain ("%s", error->message);
      return TOOL_FAILED;
    }
  self.text = text;
  status = write_messages (&self);
  if (status == TOOL_DONE)
    status = write_total (&self);
  if (status == TOOL_DONE)
    status = tell_damage (&self);
  hein_spool_index_clear (&self.index);
  hein_spool_folder_close (&self.folder);
  return status;
}

int
tool_spool (int argc, char **argv)
{
  gboolean is_json = FALSE;
  const GOptionEntry own[] = {
    { "json", 'j', 0, G_OPTION_ARG_NONE, &is_json,
      "Print JSON, an object for each message and one for all", NULL },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };

  if (!tool_parse (&help, groups, &argc, &argv))
    return TOOL_USAGE;
  if (argc != 2)
    return tool_complain_usage ("spool takes one folder, not %d", argc - 1);
  return list (argv[1], is_json);
}
