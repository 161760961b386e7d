/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/*
 * The files of a spool. Each begins with a header, and then has records, one
 * behind the other; all numbers are little endian:
 *
 *   header   0  8  "HEINSPOL"
 *            8  4  version, 1
 *           12  4  CRC-32C of the rest of the header
 *           16  8  salt: chosen at random for each file
 *           24  8  the first number that no file before has
 *
 *   record   0  4  CRC-32C of the salt and of the rest of the record
 *            4  4  size of the body
 *            8  8  number
 *           16  1  kind
 *           17  3  0
 *           20  4  CRC-32C of the salt and of bytes 4 to 19
 *           24     body: a message; of what is settled, how many (8), and the
 *                  highest number of a message so far (8)
 *
 * The salt is part of each sum so that what lies in the body of a message is
 * never taken for a record where the bytes before it are damaged. The head has
 * a sum of its own so that looking for the next record takes no longer than
 * reading the file.
 */

G_BEGIN_DECLS

#define HEIN_SPOOL_HEADER_SIZE 32
#define HEIN_SPOOL_RECORD_SIZE 24
#define HEIN_SPOOL_SUFFIX      ".spool"
/* More than anybody ever writes, so that sums of two do not overflow. */
#define HEIN_SPOOL_NUMBER_MAX (G_GUINT64_CONSTANT (1) << 62)

typedef enum
{
  HEIN_SPOOL_MESSAGE = 1,
  HEIN_SPOOL_SETTLED = 2
} HeinSpoolKind;

typedef struct
{
  guint64 salt;
  guint64 next_number;
} HeinSpoolHeader;

typedef struct
{
  guint64 number;
  guint64 n;   /* how many, from number on */
  guint64 top; /* the highest number of a message up to here */
  const guint8 *body;
  guint32 size;
  HeinSpoolKind kind;
} HeinSpoolRecord;

void hein_spool_header_fill (const HeinSpoolHeader *self, guint8 *bytes);
/* Fails for bytes that are not the header of a spool that this version
 * knows. @bytes has HEIN_SPOOL_HEADER_SIZE bytes. */
gboolean hein_spool_header_read (HeinSpoolHeader *self,
                                 const guint8 *bytes,
                                 GError **error);
/* Returns whether bytes that end too early could be the beginning of a
 * header. */
gboolean hein_spool_header_is_cut (const guint8 *bytes, gsize size);

/* What is settled: @n messages from @number on. */
void hein_spool_record_append_settled (
  GByteArray *bytes, guint64 salt, guint64 number, guint64 n, guint64 top);
void hein_spool_record_append (GByteArray *bytes,
                               guint64 salt,
                               HeinSpoolKind kind,
                               guint64 number,
                               gconstpointer body,
                               gsize size);
/* Reads the record that @bytes begin with. Returns its size; 0: there is no
 * whole and sound one. */
gsize hein_spool_record_read (HeinSpoolRecord *self,
                              guint64 salt,
                              const guint8 *bytes,
                              gsize size);

G_END_DECLS
