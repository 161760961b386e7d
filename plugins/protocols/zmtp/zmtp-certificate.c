/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "zmtp-certificate.h"

#include <string.h>

#include <hein/hein.h>
#include <sodium.h>

#include "secret/hein-secret.h"

/* ---- Z85 ---- */

static const char digits[] =
  "0123456789abcdefghijklmnopqrstuvwxyz"
  "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/* Looks at all digits, so that the time it takes says nothing of a secret. */
static guint
find_digit (char c)
{
  guint found = 85;

  for (guint i = 0; i < 85; i++)
    found = digits[i] == c ? i : found;
  return found;
}

static gboolean
parse_key (const char *text, gsize size, guint8 key[CURVE_KEY_SIZE])
{
  gboolean is_good = size == CURVE_Z85_SIZE;

  for (guint i = 0; is_good && i < CURVE_Z85_SIZE; i += 5, key += 4)
    {
      guint64 value = 0;

      for (guint j = 0; j < 5; j++)
        {
          const guint digit = find_digit (text[i + j]);

          is_good = is_good && digit < 85;
          value = value * 85 + digit;
        }
      is_good = is_good && value <= G_MAXUINT32;
      for (guint j = 0; j < 4; j++)
        key[j] = value >> (24 - 8 * j);
    }
  return is_good;
}

gboolean
curve_key_parse (const char *text, guint8 key[CURVE_KEY_SIZE])
{
  return parse_key (text, strlen (text), key);
}

void
curve_key_write (const guint8 key[CURVE_KEY_SIZE],
                 char text[CURVE_Z85_SIZE + 1])
{
  for (guint i = 0; i < CURVE_KEY_SIZE; i += 4, text += 5)
    {
      guint32 value = (guint32) key[i] << 24 | key[i + 1] << 16 |
                      key[i + 2] << 8 | key[i + 3];

      for (int j = 4; j >= 0; j--, value /= 85)
        text[j] = digits[value % 85];
    }
  *text = '\0';
}

void
curve_make_keys (char public_key[CURVE_Z85_SIZE + 1],
                 char secret_key[CURVE_Z85_SIZE + 1])
{
  CurvePair keys;

  g_assert (sodium_init () >= 0);
  crypto_box_keypair (keys.public_key, keys.secret_key);
  curve_key_write (keys.public_key, public_key);
  curve_key_write (keys.secret_key, secret_key);
  sodium_memzero (&keys, sizeof keys);
}

/* ---- ZPL ---- */

/* A line "    name = value" or "name", without its blanks and quotes. */
typedef struct
{
  gboolean is_inner; /* it is indented */
  const char *name;
  gsize name_size;
  const char *value; /* NULL: none */
  gsize value_size;
} Line;

static gboolean
is_blank (char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

static void
trim (const char **text, gsize *size)
{
  while (*size > 0 && is_blank (**text))
    {
      ++*text;
      --*size;
    }
  while (*size > 0 && is_blank ((*text)[*size - 1]))
    --*size;
}

/* Quotes of both kinds; a value without ends at a comment. */
static void
unquote (Line *line)
{
  const char *end;

  if (line->value_size > 1 && (*line->value == '"' || *line->value == '\''))
    {
      end = memchr (line->value + 1, *line->value, line->value_size - 1);
      if (end == NULL)
        return;
      line->value++;
      line->value_size = end - line->value;
      return;
    }
  end = memchr (line->value, '#', line->value_size);
  /* a key may hold a number sign, and is not followed by words */
  if (end != NULL && end > line->value && is_blank (end[-1]))
    line->value_size = end - line->value;
  trim (&line->value, &line->value_size);
}

static void
parse_line (const char *text, gsize size, Line *line)
{
  const char *equals;

  *line = (Line){ .is_inner = size > 0 && is_blank (*text), .name = text };
  line->name_size = size;
  trim (&line->name, &line->name_size);
  if (line->name_size > 0 && *line->name == '#')
    line->name_size = 0;
  equals =
    line->name_size > 0 ? memchr (line->name, '=', line->name_size) : NULL;
  if (equals == NULL)
    return;
  line->value = equals + 1;
  line->value_size = line->name + line->name_size - line->value;
  line->name_size = equals - line->name;
  trim (&line->name, &line->name_size);
  trim (&line->value, &line->value_size);
  unquote (line);
}

static gboolean
is_called (const Line *line, const char *name)
{
  return line->name_size == strlen (name) &&
         memcmp (line->name, name, line->name_size) == 0;
}

/* ---- certificates ---- */

static CurveCertificate *
certificate_new (void)
{
  CurveCertificate *self;

  g_assert (sodium_init () >= 0);
  self = sodium_malloc (sizeof *self);
  if (self == NULL)
    g_error ("no memory for a key");
  memset (self, 0, sizeof *self);
  g_atomic_ref_count_init (&self->refs);
  return self;
}

CurveCertificate *
curve_certificate_ref (CurveCertificate *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
curve_certificate_unref (CurveCertificate *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->name);
  sodium_free (self);
}

typedef enum
{
  SECTION_NONE,
  SECTION_METADATA,
  SECTION_CURVE
} Section;

static void
take_name (CurveCertificate *self, const Line *line)
{
  g_free (self->name);
  self->name = g_strndup (line->value, line->value_size);
}

/* FALSE when it is not a key. */
static gboolean
take_line (CurveCertificate *self,
           Section section,
           const Line *line,
           gboolean *has_public)
{
  if (line->value == NULL)
    return TRUE;
  if (section == SECTION_METADATA && is_called (line, "name"))
    take_name (self, line);
  else if (section == SECTION_CURVE && is_called (line, "public-key"))
    return *has_public =
             parse_key (line->value, line->value_size, self->keys.public_key);
  else if (section == SECTION_CURVE && is_called (line, "secret-key"))
    return self->has_secret =
             parse_key (line->value, line->value_size, self->keys.secret_key);
  return TRUE;
}

static gboolean
take_lines (CurveCertificate *self,
            const char *text,
            gsize size,
            gboolean *has_public)
{
  const char *end = text + size;
  Section section = SECTION_NONE;

  while (text < end)
    {
      const char *newline = memchr (text, '\n', end - text);
      const gsize length = (newline != NULL ? newline : end) - text;
      Line line;

      parse_line (text, length, &line);
      if (line.name_size > 0 && !line.is_inner)
        section = is_called (&line, "metadata") ? SECTION_METADATA
                  : is_called (&line, "curve")  ? SECTION_CURVE
                                                : SECTION_NONE;
      else if (line.name_size > 0 &&
               !take_line (self, section, &line, has_public))
        return FALSE;
      text += length + 1;
    }
  return TRUE;
}

/* Both halves must belong to each other, or nobody would know us. */
static gboolean
fits (const CurvePair *keys)
{
  guint8 public_key[CURVE_KEY_SIZE];

  return crypto_scalarmult_base (public_key, keys->secret_key) == 0 &&
         memcmp (public_key, keys->public_key, CURVE_KEY_SIZE) == 0;
}

CurveCertificate *
curve_certificate_parse (const char *file,
                         const char *text,
                         gsize size,
                         GError **error)
{
  g_autoptr (CurveCertificate) self = certificate_new ();
  gboolean has_public = FALSE;
  const char *trouble = NULL;

  if (!take_lines (self, text, size, &has_public))
    trouble = "a key is not 40 characters of Z85";
  else if (!has_public)
    trouble = "it has no line curve/public-key, as certificates of CZMQ and "
              "pyzmq have";
  else if (self->has_secret && !fits (&self->keys))
    trouble = "its public key is not that of its secret one";
  else if (self->name != NULL &&
           !hein_name_is_valid (self->name, strlen (self->name)))
    trouble = "its name is not one that a bus can have";
  if (trouble == NULL)
    return g_steal_pointer (&self);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED, "%s: %s", file, trouble);
  return NULL;
}

/* ---- files ---- */

static char *
dup_secret_path (const char *path)
{
  g_autofree char *beside = g_strconcat (path, "_secret", NULL);

  if (g_str_has_suffix (path, "_secret") ||
      !g_file_test (beside, G_FILE_TEST_EXISTS))
    return g_strdup (path);
  return g_steal_pointer (&beside);
}

CurveCertificate *
curve_certificate_new_secret (const char *path, GError **error)
{
  g_autofree char *secret_path = dup_secret_path (path);
  g_autoptr (CurveCertificate) self = NULL;
  char *text;
  gssize size;

  g_assert (sodium_init () >= 0);
  text = sodium_malloc (CURVE_CERTIFICATE_MAX);
  if (text == NULL)
    g_error ("no memory for a key");
  size =
    hein_secret_read_file (secret_path, text, CURVE_CERTIFICATE_MAX, error);
  if (size >= 0)
    self = curve_certificate_parse (secret_path, text, size, error);
  sodium_free (text);
  if (self == NULL || self->has_secret)
    return g_steal_pointer (&self);
  g_set_error (error, HEIN_ERROR, HEIN_ERROR_FAILED,
               "%s: it has no line curve/secret-key: name the file of the "
               "secret half, which pyzmq calls …key_secret and CZMQ …_secret",
               secret_path);
  return NULL;
}

CurveCertificate *
curve_certificate_new_public (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;
  CurveCertificate *self;

  if (!g_file_get_contents (path, &text, &size, error))
    return NULL;
  self = curve_certificate_parse (path, text, size, error);
  sodium_memzero (text, size);
  if (self == NULL)
    return NULL;
  sodium_memzero (self->keys.secret_key, CURVE_KEY_SIZE);
  self->has_secret = FALSE;
  return self;
}
