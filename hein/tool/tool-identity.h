/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <hein/hein.h>

G_BEGIN_DECLS

/* What `hein keygen --identity` and `hein keygen --ca` are told. */
typedef struct
{
  const char *path;
  char *name;      /* nullable: as the file is called */
  char *authority; /* nullable: it signs itself */
  int days;        /* of a certificate of an authority */
} ToolIdentityOrder;

#define TOOL_IDENTITY_DAYS 365

/* Each returns a status, and has told what it did. */
int tool_identity_make (const ToolIdentityOrder *order);
int tool_identity_make_authority (const ToolIdentityOrder *order);
/* Takes back what the authority @path has signed, the identity @revoked. */
int tool_identity_revoke (const char *path, const char *revoked);

/* (transfer full) (nullable): the name that an `identity=` of one of @addresses
 * (nullable) is for. */
char *tool_identity_dup_name_of (char **addresses);
/* (transfer full): the name of the file, without ".id". */
char *tool_identity_dup_name (const char *path);

G_END_DECLS
