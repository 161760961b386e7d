/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What each fuzz target is: called by driver.c, or by libFuzzer. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What libFuzzer calls first: fuzz-log.c. */
int LLVMFuzzerInitialize (int *argc, char ***argv);
