/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-zmtp.h"
#include "fuzz.h"

/* A ZMTP session as the listener. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_zmtp (data, size, FALSE);
  return 0;
}
