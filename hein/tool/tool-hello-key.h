/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tool-doctor-subject.h"
#include "tool-hello-evidence.h"

G_BEGIN_DECLS

/* The keys that an address names, and proofs that the other side has one of
 * them. A key never leaves this file. */

typedef struct _ToolHelloKeys ToolHelloKeys;

/* Reads the files; what cannot be read leaves no key, and sets @error. */
ToolHelloKeys *tool_hello_keys_new (ToolDoctor *doctor, GError **error);
void tool_hello_keys_free (ToolHelloKeys *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ToolHelloKeys, tool_hello_keys_free)

ToolHelloKey tool_hello_keys_get_kind (const ToolHelloKeys *self);
/* Proves to the partner of @mine, which must be known, what this side has. */
void tool_hello_keys_prove (const ToolHelloKeys *self, ToolHelloEvidence *mine);
/* What this side makes of the proof of @theirs, which is for @mine. */
ToolHelloProof tool_hello_keys_check (const ToolHelloKeys *self,
                                      const ToolHelloEvidence *mine,
                                      const ToolHelloEvidence *theirs);

G_END_DECLS
