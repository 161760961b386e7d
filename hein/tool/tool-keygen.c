/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret/hein-secret-write.h"
#include "tool-commands.h"
#include "tool-identity.h"
#include "tool-key.h"
#include "tool-key-file.h"
#include "tool-keygen-curve.h"
#include "tool-keygen-revoke.h"
#include "tool-options.h"
#include "tool-output.h"
#include "tool-status.h"
#include "tool-text.h"

/* The command `hein keygen`: makes keys, and adds keys to a ring. */

static const ToolHelp help = {
  "FILE",
  "Makes a random key of 256 bits for streams, groups of udp-multicast or "
  "CURVE.",
  "FILE must not be there yet, its folder must. With --ring, a key is added "
  "to\n"
  "a file of keys that follow each other; the file is made if it is not "
  "there.\n"
  "Members that run read it again, and send with a new key after 5 s: give "
  "--from\n"
  "a time by when all of them have the file, unless they share one.\n"
  "\n"
  "With --curve, FILE is the public half of a certificate as pyzmq makes them, "
  "and\n"
  "FILE_secret has both.\n"
  "With --identity, FILE gets a key of one bus alone, by which others know it; "
  "with\n"
  "--ca, that of an authority, which then signs identities (--by). The same "
  "again\n"
  "renews the certificate.\n"
  "With --revoke, the lines of NAME are removed from FILE, a file of peers or, "
  "with\n"
  "--ring, of keys: connections of that key end within a second. With --ca, "
  "NAME is\n"
  "an identity that the authority FILE has signed, and takes back.\n"
  "\n"
  "Examples:\n"
  "  hein keygen lamps.key\n"
  "  hein keygen --identity kirk.id\n"
  "  hein keygen --ca fleet && hein keygen --by fleet --identity kirk.id\n"
  "  hein keygen --ring --until 2027-01-01 group.ring\n"
  "  hein keygen --ring --from 2027-01-01 group.ring\n"
  "  hein keygen --curve kirk.key\n"
  "  hein keygen --revoke kirk peers\n"
  "  hein keygen --ca --revoke kirk.id fleet",
};

typedef struct
{
  const char *path;
  gboolean is_ring;
  gboolean is_curve;
  char *from;
  char *until;
  gboolean is_identity;
  gboolean is_authority;
  char *revoked;
  ToolIdentityOrder identity;
} Order;

#define DAYS_MAX       36525
#define DAYS_NOT_GIVEN G_MININT

typedef char Hex[2 * TOOL_KEY_SIZE + 1];

/* ---- the key ---- */

static gboolean
fill_random (guint8 *bytes, gsize size)
{
  while (size > 0)
    {
      gssize n = getrandom (bytes, size, 0);

      if (n < 0 && errno != EINTR)
        return FALSE;
      bytes += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

static gboolean
make_hex (char *hex)
{
  static const char digits[] = "0123456789abcdef";
  guint8 bytes[TOOL_KEY_SIZE];
  gboolean is_made = fill_random (bytes, sizeof bytes);

  for (guint i = 0; i < sizeof bytes; i++)
    {
      hex[2 * i] = digits[bytes[i] >> 4];
      hex[2 * i + 1] = digits[bytes[i] & 15];
    }
  hex[2 * sizeof bytes] = '\0';
  explicit_bzero (bytes, sizeof bytes);
  return is_made;
}

/* ---- rings ---- */

static const char *
or_none (const char *time)
{
  return time != NULL ? time : "-";
}

static char *
dup_line (const Order *order, guint64 epoch, const char *hex)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s %s %s\n", epoch, hex,
                          or_none (order->from), or_none (order->until));
}

/* When writing fails, removes the part of a line that was written: it would
 * invalidate the whole ring. */
static int
append_line (int fd, const char *path, const char *line)
{
  const off_t size = lseek (fd, 0, SEEK_END);
  int status;

  if (size >= 0 && hein_secret_write_all (fd, line, strlen (line)) &&
      fsync (fd) == 0)
    return TOOL_DONE;
  status = tool_key_file_complain (path, "cannot write the key");
  if (size >= 0 && ftruncate (fd, size) != 0)
    tool_complain ("%s: half a line is left at its end: %s", path,
                   g_strerror (errno));
  return status;
}

static int
extend (const Order *order, int fd, const char *hex)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  ToolRing ring;
  int status;

  /* two processes that add a key at once must not choose the same epoch */
  if (flock (fd, LOCK_EX) != 0)
    return tool_key_file_complain (order->path, "cannot lock it");
  if (!tool_key_check_mode (order->path, fd, &error) ||
      !tool_ring_read (&ring, order->path, fd, &error))
    {
      tool_complain ("%s", error->message);
      return TOOL_FAILED;
    }
  if (ring.n_keys >= TOOL_RING_MAX || ring.last_epoch >= G_MAXUINT64 - 2)
    {
      tool_complain ("%s: has %u keys, and a ring takes %d: take out those "
                     "that are over",
                     order->path, ring.n_keys, TOOL_RING_MAX);
      return TOOL_FAILED;
    }
  line = dup_line (order, ring.last_epoch + 1, hex);
  status = !ring.ends_line && !hein_secret_write_all (fd, "\n", 1)
             ? tool_key_file_complain (order->path, "cannot write")
             : append_line (fd, order->path, line);
  explicit_bzero (line, strlen (line));
  return status;
}

static int
add_to_ring (const Order *order, const char *hex)
{
  g_autofree char *line = NULL;
  int fd =
    open (order->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  int status;

  if (fd < 0 && errno != ENOENT)
    return tool_key_file_complain (order->path, "cannot open it");
  if (fd >= 0)
    {
      status = extend (order, fd, hex);
      close (fd);
      return status;
    }
  line = dup_line (order, 1, hex);
  status = tool_key_file_make (order->path, line, 0600);
  explicit_bzero (line, strlen (line));
  return status;
}

/* ---- times ---- */

/* A time in the file must be one word, so that a date is converted. */
static gboolean
parse_time (const char *option, char **text, gint64 *time)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) date = NULL;
  g_autofree char *day = NULL;

  if (*text == NULL ||
      g_ascii_string_to_signed (*text, 10, 0, G_MAXINT64 - 1, time, NULL))
    return TRUE;
  day = g_strconcat (*text, "T00:00:00Z", NULL);
  date = g_date_time_new_from_iso8601 (*text, utc);
  if (date == NULL)
    date = g_date_time_new_from_iso8601 (day, utc);
  if (date == NULL)
    {
      tool_complain_usage ("%s takes seconds since 1970 or ISO 8601, such as "
                           "2027-01-01T00:00:00Z, not '%s'",
                           option, *text);
      return FALSE;
    }
  *time = g_date_time_to_unix (date);
  g_free (*text);
  *text = g_strdup_printf ("%" G_GINT64_FORMAT, *time);
  return TRUE;
}

static gboolean
check_times (Order *order)
{
  gint64 from = G_MININT64;
  gint64 until = G_MAXINT64;

  if (!parse_time ("--from", &order->from, &from) ||
      !parse_time ("--until", &order->until, &until))
    return FALSE;
  if (from < until)
    return TRUE;
  tool_complain_usage ("the key would end before it begins");
  return FALSE;
}

/* ---- the command ---- */

static int
tell (const Order *order)
{
  g_autofree char *path = g_canonicalize_filename (order->path, NULL);
  g_autofree char *escaped = g_uri_escape_string (path, "/:@,", TRUE);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append (text,
                   order->is_ring ? "A key was added to " : "A key is in ");
  tool_text_append (text, path, strlen (path));
  g_string_append_printf (
    text,
    ", which only you can read.\n"
    "Whoever has it can read what it protects, and send as well. Copy the "
    "file to each\n"
    "other machine over a private channel, such as scp -p, and name it in the "
    "addresses\n"
    "of all:\n%s%s%s"
    "  udp-multicast://239.255.0.1:7000?%s=%s\n"
    "'hein doctor' checks such an address.\n",
    order->is_ring ? "" : "  tcp://*:7000?key-file=",
    order->is_ring ? "" : escaped, order->is_ring ? "" : "\n",
    order->is_ring ? "key-ring-file" : "key-file", escaped);
  return tool_output_print (text->str);
}

static int
generate (Order *order)
{
  Hex hex;
  g_autofree char *line = NULL;
  int status;

  if (!make_hex (hex))
    return tool_key_file_complain (order->path,
                                   "the system has no random bytes");
  if (order->is_ring)
    status = add_to_ring (order, hex);
  else
    {
      line = g_strconcat (hex, "\n", NULL);
      status = tool_key_file_make (order->path, line, 0600);
      explicit_bzero (line, strlen (line));
    }
  explicit_bzero (hex, sizeof hex);
  return status == TOOL_DONE ? tell (order) : status;
}

static gboolean
check_name (const char *name)
{
  if (name == NULL || hein_name_is_valid (name, strlen (name)))
    return TRUE;
  tool_complain_usage ("--name takes 1 to 255 bytes of UTF-8 without control "
                       "and format characters");
  return FALSE;
}

/* What goes together. */
static gboolean
check_order (const Order *self)
{
  const ToolIdentityOrder *identity = &self->identity;

  if (self->is_ring + self->is_curve + self->is_identity + self->is_authority >
      1)
    tool_complain_usage ("--ring, --curve, --identity and --ca: say one of "
                         "them");
  else if (self->revoked != NULL && (self->is_curve || self->is_identity ||
                                     self->from != NULL || self->until != NULL))
    tool_complain_usage (
      "--revoke is for a file of peers, with --ring of keys, "
      "and with --ca for an authority");
  else if (!self->is_ring && (self->from != NULL || self->until != NULL))
    tool_complain_usage ("--from and --until are for --ring");
  else if (!self->is_identity && identity->authority != NULL)
    tool_complain_usage ("--by is for --identity");
  else if (identity->days != DAYS_NOT_GIVEN && identity->authority == NULL)
    tool_complain_usage ("--days is for --by");
  else if (identity->days != DAYS_NOT_GIVEN &&
           (identity->days < 1 || identity->days > DAYS_MAX))
    tool_complain_usage ("--days takes 1 to %d", DAYS_MAX);
  else if (!self->is_identity && !self->is_authority && identity->name != NULL)
    tool_complain_usage ("--name is for --identity and --ca");
  else
    return check_name (identity->name);
  return FALSE;
}

static int
carry_out (Order *self, const char *path)
{
  if (!check_order (self) || !check_times (self))
    return TOOL_USAGE;
  if (self->revoked != NULL && self->is_authority)
    return tool_identity_revoke (path, self->revoked);
  if (self->revoked != NULL)
    return tool_keygen_revoke (path, self->revoked, self->is_ring);
  self->path = self->identity.path = path;
  if (self->identity.days == DAYS_NOT_GIVEN)
    self->identity.days = TOOL_IDENTITY_DAYS;
  if (self->is_identity)
    return tool_identity_make (&self->identity);
  if (self->is_authority)
    return tool_identity_make_authority (&self->identity);
  return self->is_curve ? tool_keygen_curve (path) : generate (self);
}

int
tool_keygen (int argc, char **argv)
{
  Order order = { .identity.days = DAYS_NOT_GIVEN };
  ToolIdentityOrder *identity = &order.identity;
  const GOptionEntry own[] = {
    { "ring", 0, 0, G_OPTION_ARG_NONE, &order.is_ring,
      "Add the key to a file of several keys", NULL },
    { "curve", 0, 0, G_OPTION_ARG_NONE, &order.is_curve,
      "Make a certificate for CURVE, FILE and FILE_secret", NULL },
    { "from", 0, 0, G_OPTION_ARG_FILENAME, &order.from,
      "Send with the key from this time: seconds since 1970, or ISO 8601",
      "TIME" },
    { "until", 0, 0, G_OPTION_ARG_FILENAME, &order.until,
      "Send with the key until this time", "TIME" },
    { "identity", 0, 0, G_OPTION_ARG_NONE, &order.is_identity,
      "Make a key pair for one bus", NULL },
    { "ca", 0, 0, G_OPTION_ARG_NONE, &order.is_authority,
      "Make an authority that signs identities", NULL },
    { "by", 0, 0, G_OPTION_ARG_FILENAME, &identity->authority,
      "Let this authority sign or renew the identity", "FILE" },
    { "revoke", 0, 0, G_OPTION_ARG_FILENAME, &order.revoked,
      "Remove the lines of NAME from FILE", "NAME" },
    { "days", 0, 0, G_OPTION_ARG_INT, &identity->days,
      "How long it is valid; 365 unless given", "N" },
    { "name", 0, 0, G_OPTION_ARG_FILENAME, &identity->name,
      "The name of the bus; FILE without .id unless given", "NAME" },
    { NULL },
  };
  const GOptionEntry *const groups[] = { own, NULL };
  int status = TOOL_USAGE;

  if (!tool_parse (&help, groups, &argc, &argv))
    status = TOOL_USAGE;
  else if (argc != 2 || argv[1][0] == '\0')
    tool_complain_usage ("keygen takes one file, not %d", argc - 1);
  else
    status = carry_out (&order, argv[1]);
  g_free (order.from);
  g_free (order.until);
  g_free (order.revoked);
  g_free (identity->authority);
  g_free (identity->name);
  return status;
}
