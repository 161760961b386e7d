/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Everything is hidden unless its declaration says HEIN_API. */
#define HEIN_API __attribute__ ((visibility ("default"))) extern
