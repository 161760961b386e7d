/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-macros.h>
#include <hein/hein-version.h>

/* Macros that mark which version made a symbol available or deprecated it, so
 * that a program can declare which versions it is written for. */

/**
 * HEIN_CHECK_VERSION: (skip)
 * @major: major version
 * @minor: minor version
 * @micro: micro version
 *
 * Checks whether the headers are of the given version, or of a later one.
 *
 * Since: 0.9
 */
#define HEIN_CHECK_VERSION(major, minor, micro)                                \
  (HEIN_MAJOR_VERSION > (major) ||                                             \
   (HEIN_MAJOR_VERSION == (major) && HEIN_MINOR_VERSION > (minor)) ||          \
   (HEIN_MAJOR_VERSION == (major) && HEIN_MINOR_VERSION == (minor) &&          \
    HEIN_MICRO_VERSION >= (micro)))

/**
 * HEIN_ENCODE_VERSION: (skip)
 * @major: major version
 * @minor: minor version
 *
 * Encodes a version as a number that can be compared, such as
 * %HEIN_VERSION_1_0.
 *
 * Since: 0.9
 */
#define HEIN_ENCODE_VERSION(major, minor) ((major) << 16 | (minor) << 8)

/**
 * HEIN_VERSION_0_9: (skip)
 *
 * Version 0.9, for %HEIN_VERSION_MIN_REQUIRED and %HEIN_VERSION_MAX_ALLOWED.
 *
 * Since: 0.9
 */
#define HEIN_VERSION_0_9 (HEIN_ENCODE_VERSION (0, 9))

/**
 * HEIN_VERSION_1_0: (skip)
 *
 * Version 1.0, for %HEIN_VERSION_MIN_REQUIRED and %HEIN_VERSION_MAX_ALLOWED.
 *
 * Since: 0.9
 */
#define HEIN_VERSION_1_0 (HEIN_ENCODE_VERSION (1, 0))

#define HEIN_VERSION_CURRENT                                                   \
  (HEIN_ENCODE_VERSION (HEIN_MAJOR_VERSION, HEIN_MINOR_VERSION))

/**
 * HEIN_VERSION_MIN_REQUIRED: (skip)
 *
 * The oldest version that a program has to run with, to be defined before
 * including `hein/hein.h`. A use of what was deprecated in that version or
 * before causes a warning; what was deprecated later does not. Default: the
 * version of the headers.
 *
 * Since: 0.9
 */
#ifndef HEIN_VERSION_MIN_REQUIRED
#define HEIN_VERSION_MIN_REQUIRED HEIN_VERSION_CURRENT
#endif

/**
 * HEIN_VERSION_MAX_ALLOWED: (skip)
 *
 * The newest version whose symbols a program may use, to be defined before
 * including `hein/hein.h`. A use of what was added later causes a warning.
 * Default: the version of the headers, or %HEIN_VERSION_MIN_REQUIRED when that
 * is later.
 *
 * Since: 0.9
 */
#ifndef HEIN_VERSION_MAX_ALLOWED
#if HEIN_VERSION_MIN_REQUIRED > HEIN_VERSION_CURRENT
#define HEIN_VERSION_MAX_ALLOWED HEIN_VERSION_MIN_REQUIRED
#else
#define HEIN_VERSION_MAX_ALLOWED HEIN_VERSION_CURRENT
#endif
#endif

#if HEIN_VERSION_MIN_REQUIRED < HEIN_VERSION_0_9
#error "HEIN_VERSION_MIN_REQUIRED must be HEIN_VERSION_0_9 or later"
#endif
#if HEIN_VERSION_MAX_ALLOWED < HEIN_VERSION_MIN_REQUIRED
#error "HEIN_VERSION_MAX_ALLOWED must not be before HEIN_VERSION_MIN_REQUIRED"
#endif

/* A program that defines HEIN_DISABLE_DEPRECATION_WARNINGS gets no warnings. */
/**
 * HEIN_DEPRECATED_FOR: (skip)
 * @f: what to use instead
 *
 * Marks a deprecated symbol in a header.
 *
 * Since: 0.9
 */
/**
 * HEIN_UNAVAILABLE: (skip)
 * @major: major version
 * @minor: minor version
 *
 * Marks a symbol in a header as unavailable before the given version.
 *
 * Since: 0.9
 */
#ifdef HEIN_DISABLE_DEPRECATION_WARNINGS
#define HEIN_DEPRECATED                HEIN_API
#define HEIN_DEPRECATED_FOR(f)         HEIN_API
#define HEIN_UNAVAILABLE(major, minor) HEIN_API
#else
#define HEIN_DEPRECATED                G_DEPRECATED HEIN_API
#define HEIN_DEPRECATED_FOR(f)         G_DEPRECATED_FOR (f) HEIN_API
#define HEIN_UNAVAILABLE(major, minor) G_UNAVAILABLE (major, minor) HEIN_API
#endif

/* Symbols of version 0.9 are marked by HEIN_API, later ones by one of these
 * macros. Each version adds its three, like this. */
/**
 * HEIN_DEPRECATED_IN_1_0_FOR: (skip)
 * @f: what to use instead
 *
 * Marks a symbol in a header as deprecated since version 1.0.
 *
 * Since: 0.9
 */
#if HEIN_VERSION_MIN_REQUIRED >= HEIN_VERSION_1_0
#define HEIN_DEPRECATED_IN_1_0        HEIN_DEPRECATED
#define HEIN_DEPRECATED_IN_1_0_FOR(f) HEIN_DEPRECATED_FOR (f)
#else
#define HEIN_DEPRECATED_IN_1_0        HEIN_API
#define HEIN_DEPRECATED_IN_1_0_FOR(f) HEIN_API
#endif
#if HEIN_VERSION_MAX_ALLOWED < HEIN_VERSION_1_0
#define HEIN_AVAILABLE_IN_1_0 HEIN_UNAVAILABLE (1, 0)
#else
#define HEIN_AVAILABLE_IN_1_0 HEIN_API
#endif
