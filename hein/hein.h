/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The one header that programs include: the whole public API. */

#define HEIN_INSIDE

#include <hein/hein-access.h>
#include <hein/hein-bridge.h>
#include <hein/hein-bus.h>
#include <hein/hein-clock.h>
#include <hein/hein-datagrams.h>
#include <hein/hein-endpoint.h>
#include <hein/hein-enums.h>
#include <hein/hein-error.h>
#include <hein/hein-filter.h>
#include <hein/hein-hash.h>
#include <hein/hein-identity.h>
#include <hein/hein-macros.h>
#include <hein/hein-message.h>
#include <hein/hein-name.h>
#include <hein/hein-pairing.h>
#include <hein/hein-peer.h>
#include <hein/hein-peers.h>
#include <hein/hein-plugin.h>
#include <hein/hein-receipt.h>
#include <hein/hein-replies.h>
#include <hein/hein-request.h>
#include <hein/hein-selection.h>
#include <hein/hein-simulation.h>
#include <hein/hein-strategy.h>
#include <hein/hein-types.h>
#include <hein/hein-version.h>
#include <hein/hein-version-macros.h>
#include <hein/hein-uri.h>

/* The API for authors of transports and protocols is younger than the rest and
 * may change until version 1.2. Defining HEIN_UNSTABLE_PLUGIN_API accepts
 * that. */
#if defined(HEIN_UNSTABLE_PLUGIN_API) || defined(HEIN_COMPILATION)
#include <hein/hein-protocol.h>
#include <hein/hein-stream-transport.h>
#include <hein/hein-timeout.h>
#include <hein/hein-transport.h>
#include <hein/hein-wire.h>
#endif

#undef HEIN_INSIDE
