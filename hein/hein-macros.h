/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <glib.h>

/* The macro that exports the symbols of the public API. */

/* Symbols are hidden by default, unless their declaration says HEIN_API. */
#define HEIN_API __attribute__ ((visibility ("default"))) extern
