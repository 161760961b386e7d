/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gmodule.h>

#include "tls-change.h"
#include "tls-issue.h"
#include "tls-keeper.h"
#include "tls-pair-files.h"
#include "tls-pair.h"
#include "tls-shake.h"
#include "tls-stream.h"

/* The entry point of the TLS module. */

static HeinTls *
open_keys (const HeinTlsOptions *options, GError **error)
{
  return tls_keeper_new (options, tls_shake_find_key, error);
}

G_MODULE_EXPORT extern const HeinTlsModule hein_tls_module;
G_MODULE_EXPORT int hein_tls_set_renewal (gint64 after_us);

/* Nobody but a test looks this up: nothing in hein calls it. */
int
hein_tls_set_renewal (gint64 after_us)
{
  return tls_change_set_renewal (after_us);
}

const HeinTlsModule hein_tls_module = {
  .abi = HEIN_TLS_MODULE_ABI,
  .size = sizeof (HeinTlsModule),
  .open = open_keys,
  .close = tls_keeper_unref,
  .new_stream = tls_stream_new,
  .look = tls_change_look,
  .make_identity = tls_issue_identity,
  .read_identity = tls_issue_read,
  .make_authority = tls_issue_authority,
  .certify = tls_issue_certify,
  .revoke = tls_issue_revoke,
  .prepare_pairing = tls_pair_files_prepare,
  .pair = tls_pair,
};
