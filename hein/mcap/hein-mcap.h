/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * MCAP, the open container for recorded messages: a file is the magic bytes,
 * records of an opcode, a size and a content, and the magic bytes again.
 * Messages are in chunks, which may be compressed. Behind the last chunk stand
 * an index and counts, which a file that was cut short does not have; all
 * messages can be read without them. Numbers are in little-endian order.
 */

#define HEIN_MCAP_MAGIC      "\x89MCAP0\r\n"
#define HEIN_MCAP_MAGIC_SIZE 8
/* Opcode and size, which precede the content of a record. */
#define HEIN_MCAP_HEAD_SIZE 9

/* Limits of what is read, which hold memory down: of a chunk before and after
 * compression, and of a message outside of chunks. */
#define HEIN_MCAP_CHUNK_MAX (256u * 1024 * 1024)
/* Of a channel, with its topic and what is known about it. */
#define HEIN_MCAP_CHANNEL_SIZE_MAX (64u * 1024)
/* Channels have numbers of 16 bits, and none has the last. */
#define HEIN_MCAP_CHANNELS_MAX 65535u

/* The encoding of messages that one payload cannot say: see
 * hein-mcap-envelope.h. */
#define HEIN_MCAP_ENCODING_MESSAGE "hein.message"

typedef enum
{
  HEIN_MCAP_HEADER = 0x01,
  HEIN_MCAP_FOOTER = 0x02,
  HEIN_MCAP_CHANNEL = 0x04,
  HEIN_MCAP_MESSAGE = 0x05,
  HEIN_MCAP_CHUNK = 0x06,
  HEIN_MCAP_MESSAGE_INDEX = 0x07,
  HEIN_MCAP_CHUNK_INDEX = 0x08,
  HEIN_MCAP_STATISTICS = 0x0b,
  HEIN_MCAP_SUMMARY_OFFSET = 0x0e,
  HEIN_MCAP_DATA_END = 0x0f
} HeinMcapOpcode;

typedef enum
{
  HEIN_MCAP_PLAIN,
  HEIN_MCAP_ZSTD
} HeinMcapCompression;

G_END_DECLS
