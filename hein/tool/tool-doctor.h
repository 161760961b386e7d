/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "hein-tool.h"

G_BEGIN_DECLS

/* ---- tool-doctor-report.c: what was found ---- */

typedef enum
{
  TOOL_OK,
  TOOL_WARNING, /* works, but not as well as it could */
  TOOL_PROBLEM  /* does not work */
} ToolLevel;

typedef struct
{
  GPtrArray *findings;
  guint n_warnings;
  guint n_problems;
} ToolReport;

void tool_report_init (ToolReport *self);
void tool_report_clear (ToolReport *self);
/* @change: what to do about it, or NULL. */
void tool_report_add (ToolReport *self,
                      ToolLevel level,
                      const char *subject,
                      const char *change,
                      const char *format,
                      ...) G_GNUC_PRINTF (5, 6);
/* (transfer full) */
char *tool_report_dup_text (ToolReport *self);
char *tool_report_dup_json (ToolReport *self, const char *uri);

/* ---- tool-doctor-links.c: the interfaces of this machine ---- */

typedef struct
{
  char *name;
  guint index;
  guint flags; /* IFF_… */
  guint mtu;   /* 0: not known */
  gboolean has_ipv4;
  gboolean has_ipv6;
  GPtrArray *addresses; /* owned char */
} ToolLink;

GPtrArray *tool_links_list (void);
/* By name or address; NULL: there is none. (transfer none) */
ToolLink *tool_links_find (GPtrArray *links, const char *text);
gboolean tool_link_is_loopback (const ToolLink *self);

/* ---- tool-doctor-probe.c: questions to the kernel ---- */

/* Whether the group is one of each link, as in ff02::/16. */
gboolean tool_probe_needs_link (GInetAddress *group);
/* None of these sends anything off this machine, but for
 * tool_probe_join(), after which the kernel tells the network of @link. */
gboolean tool_probe_bind (GInetAddress *group,
                          guint16 port,
                          const ToolLink *link, /* NULL: any */
                          GError **error);
gboolean tool_probe_join (GInetAddress *group,
                          guint16 port,
                          const ToolLink *link, /* NULL: the system's choice */
                          GError **error);
/* The address that datagrams to the group would come from; NULL: no route.
 * (transfer full) */
GInetAddress *
tool_probe_route (GInetAddress *group, guint16 port, GError **error);
/* A port of the group that nobody has; 0: @error. */
guint16 tool_probe_free_port (GInetAddress *group, GError **error);
/* Whether a datagram to the group with TTL 0 comes back on @link. */
gboolean
tool_probe_echo (GInetAddress *group, const ToolLink *link, GError **error);
/* Bytes that may wait to be read when @wanted are asked for; 0: @error. */
guint tool_probe_receive_buffer (GSocketFamily family,
                                 guint wanted,
                                 gboolean *is_forced,
                                 GError **error);
gboolean tool_probe_udp_option (GSocketFamily family, int option, int value);
/* A number in a file of /proc/sys; -1: there is none. */
gint64 tool_probe_sysctl (const char *name);

/* ---- tool-doctor.c, and what looks at each transport ---- */

typedef struct
{
  const char *uri;
  char *shown;     /* uri, without secrets */
  char *transport; /* its scheme */
  char *host;
  int port; /* -1: none */
  char *path;
  char *query;          /* as it stands there; NULL: none */
  GHashTable *options;  /* owned name -> owned value */
  GObjectClass *class;  /* of the transport; NULL: there is no such plugin */
  gboolean tries_joins; /* also where the network notices */
  ToolReport report;
} ToolDoctor;

/* NULL: the address does not say. */
const char *tool_doctor_get (ToolDoctor *self, const char *option);
gboolean tool_doctor_get_flag (ToolDoctor *self, const char *option);
/* With the plugin's default, or @otherwise. */
gint64
tool_doctor_get_number (ToolDoctor *self, const char *option, gint64 otherwise);

/* tool-doctor-group.c */
void tool_doctor_check_group (ToolDoctor *self);
/* tool-doctor-stream.c */
void tool_doctor_check_tcp (ToolDoctor *self);
void tool_doctor_check_unix (ToolDoctor *self);

G_END_DECLS
