/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(HEIN_INSIDE) && !defined(HEIN_COMPILATION)
#error "Only <hein/hein.h> can be included directly"
#endif

#include <gio/gio.h>
#include <hein/hein-macros.h>
#include <hein/hein-enums.h>
#include <hein/hein-error.h>

/* The names of all public types, so that headers need not include each
 * other. */

G_BEGIN_DECLS

typedef struct _HeinBus HeinBus;
typedef struct _HeinEndpoint HeinEndpoint;
typedef struct _HeinFilter HeinFilter;
typedef struct _HeinMessage HeinMessage;
typedef struct _HeinPeer HeinPeer;
typedef struct _HeinPeers HeinPeers;
typedef struct _HeinPluginInfo HeinPluginInfo;
typedef struct _HeinProtocol HeinProtocol;
typedef struct _HeinReceipt HeinReceipt;
typedef struct _HeinReplies HeinReplies;
typedef struct _HeinRequest HeinRequest;
typedef struct _HeinSelection HeinSelection;
typedef struct _HeinStrategy HeinStrategy;
typedef struct _HeinStreamTransport HeinStreamTransport;
typedef struct _HeinSubscriber HeinSubscriber;
typedef struct _HeinTransport HeinTransport;
typedef struct _HeinWire HeinWire;

G_END_DECLS
