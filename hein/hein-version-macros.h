/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <hein/hein-macros.h>
#include <hein/hein-version.h>

/* What is new or deprecated in which version, so that a program can say for
 * which versions it is written. */

/**
 * HEIN_CHECK_VERSION: (skip)
 * @major: major version
 * @minor: minor version
 * @micro: micro version
 *
 * Whether the headers are of that version, or of a later one.
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
 * Makes a number of a version that can be compared, such as %HEIN_VERSION_1_0.
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
 * The oldest version that a program has to run with, which it defines before it
 * includes `hein/hein.h`: what was deprecated in that version or before gives a
 * warning, what was deprecated later does not. Unless defined, that of the
 * headers.
 *
 * Since: 0.9
 */
#ifndef HEIN_VERSION_MIN_REQUIRED
#define HEIN_VERSION_MIN_REQUIRED HEIN_VERSION_CURRENT
#endif

/**
 * HEIN_VERSION_MAX_ALLOWED: (skip)
 *
 * The newest version of which a program uses anything, which it defines before
 * it includes `hein/hein.h`: what came later gives a warning. Unless defined,
 * that of the headers, or %HEIN_VERSION_MIN_REQUIRED when that is later.
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

/* A program that defines HEIN_DISABLE_DEPRECATION_WARNINGS gets none of them. */
/**
 * HEIN_DEPRECATED_FOR: (skip)
 * @f: what to use instead
 *
 * Marks what is deprecated, in headers.
 *
 * Since: 0.9
 */
/**
 * HEIN_UNAVAILABLE: (skip)
 * @major: major version
 * @minor: minor version
 *
 * Marks what is not there before that version, in headers.
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

/* What has been there since 0.9 says HEIN_API, what comes later one of these;
 * each version adds its three, as here. */
/**
 * HEIN_DEPRECATED_IN_1_0_FOR: (skip)
 * @f: what to use instead
 *
 * Marks what is deprecated from version 1.0 on, in headers.
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
