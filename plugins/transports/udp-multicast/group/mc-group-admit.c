/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mc-group-admit.h"

#include <string.h>

#include "mc-group-members.h"
#include "mc-group-send.h"

/*
 * Who lives, and where: answers to those who ask for a proof (HELLO), the
 * proofs of others (ADMIT), and members that seem to have moved. The rules of
 * it stand in sealed/mc-admission.h.
 */

/* A member that seems to have moved is asked at most this often, however many
 * datagrams say so: each of them can be forged. */
#define FOLLOW_US G_USEC_PER_SEC

G_STATIC_ASSERT (MC_WHERE_SIZE == MC_ADDRESS_BYTES);

/* ---- answering ---- */

static GBytes *
make_admit (McGroup *self, const McHello *hello)
{
  const gsize name_size = strlen (self->name) + 1;
  const gsize size = MC_ADMIT_SIZE + name_size + strlen (self->instance);
  guint8 *bytes = g_malloc (size);
  McAdmit admit = { .seq = mc_sealer_get_seq (self->sealer) };

  memcpy (admit.nonce, hello->nonce, MC_NONCE_SIZE);
  if (mc_socket_has_address (self->socket, hello->where))
    memcpy (admit.where, hello->where, MC_WHERE_SIZE);
  mc_admit_put (&admit, bytes);
  memcpy (bytes + MC_ADMIT_SIZE, self->name, name_size);
  memcpy (bytes + MC_ADMIT_SIZE + name_size, self->instance,
          size - MC_ADMIT_SIZE - name_size);
  return g_bytes_new_take (bytes, size);
}

/* HELLOs may come from anybody, in anybody's name. So how many are answered is
 * bounded, for each host (whatever the port) and for all. */
static gboolean
may_answer (McGroup *self, const McAddress *from, gint64 now_us)
{
  McAddress host = *from;

  mc_address_set_port (&host, 0);
  return mc_answer_limit_take (&self->answers, mc_address_hash (&host), now_us);
}

void
mc_group_answer (McGroup *self,
                 const McOpened *opened,
                 const McAddress *from,
                 const guint8 *payload,
                 gsize size,
                 gint64 now_us)
{
  const McPosition lead = mc_sender_get_lead (self->sender);
  McInner inner = { .type = MC_ADMIT };
  g_autoptr (GBytes) bytes = NULL;
  McHello hello;

  if (!mc_hello_get (payload, size, &hello) ||
      memcmp (hello.sender_id, self->membership.own_id, MC_SENDER_ID_SIZE) !=
        0 ||
      !may_answer (self, from, now_us))
    return;
  bytes = make_admit (self, &hello);
  mc_inner_set_position (&inner, &lead);
  mc_group_put_to (self, &inner, bytes, opened->header.sender_id,
                   hello.wants_all ? NULL : from);
}

/* ---- what was answered ---- */

/* A member says itself where it is. Only the interface of an address of one
 * link is taken from the datagram, since no other machine can know its number
 * here. */
static void
set_address (McMember *member, const McAdmit *admit, const McAddress *from)
{
  McAddress address;

  if (!mc_admit_has_where (admit))
    return;
  mc_address_set_bytes (&address, admit->where);
  if (address.size != from->size)
    return; /* it cannot be sent to from here */
  if (mc_address_is_ipv6 (&address))
    mc_address_set_scope (&address, mc_address_get_scope (from));
  member->address = address;
}

GPtrArray *
mc_group_admit (McGroup *self,
                const McOpened *opened,
                const McAddress *from,
                const guint8 *payload,
                gsize size,
                gint64 now_us)
{
  const guint8 *id = opened->header.sender_id;
  g_autoptr (GPtrArray) held = NULL;
  McMember *member;
  McAdmit admit;

  if (!mc_admit_get (payload, size, &admit))
    return NULL;
  held = mc_opener_admit (self->opener, opened, &admit);
  if (held == NULL)
    return NULL;
  member = g_hash_table_lookup (self->members, id);
  if (member == NULL)
    member = mc_group_add_member (self, id, from,
                                  (const char *) payload + MC_ADMIT_SIZE,
                                  size - MC_ADMIT_SIZE, now_us);
  if (member != NULL)
    set_address (member, &admit, from);
  return g_steal_pointer (&held);
}

/* ---- members that move ---- */

void
mc_group_follow (McGroup *self,
                 McMember *member,
                 const McAddress *from,
                 gint64 now_us)
{
  guint8 payload[MC_HELLO_SIZE];
  McHello hello = { .wants_all = FALSE };

  if ((member->asked_us > 0 && now_us < member->asked_us + FOLLOW_US) ||
      !mc_bucket_take (&self->questions, 1, now_us))
    return;
  member->asked_us = now_us;
  mc_opener_make_nonce (self->opener, member->nonce);
  memcpy (hello.sender_id, member->id, MC_SENDER_ID_SIZE);
  memcpy (hello.nonce, member->nonce, MC_NONCE_SIZE);
  mc_address_put_bytes (from, member->where);
  memcpy (hello.where, member->where, MC_WHERE_SIZE);
  mc_hello_put (&hello, payload);
  mc_group_put_typed (self, MC_HELLO, payload, sizeof payload);
}

void
mc_group_confirm (McGroup *self,
                  McMember *member,
                  const McAddress *from,
                  const guint8 *payload,
                  gsize size)
{
  McAdmit admit;

  if (member->asked_us > 0 && mc_admit_get (payload, size, &admit) &&
      memcmp (admit.nonce, member->nonce, MC_NONCE_SIZE) == 0 &&
      memcmp (admit.where, member->where, MC_WHERE_SIZE) == 0)
    set_address (member, &admit, from);
}

/* ---- asking ---- */

gint64
mc_group_tick_admission (McGroup *self, gint64 now_us)
{
  McHello hello;
  guint8 payload[MC_HELLO_SIZE];
  gint64 not_before_us;

  mc_opener_expire (self->opener, now_us);
  while (mc_bucket_get_due (&self->questions, 1) <= now_us &&
         mc_opener_next_hello (self->opener, now_us, &hello))
    {
      mc_bucket_take (&self->questions, 1, now_us);
      mc_hello_put (&hello, payload);
      mc_group_put_typed (self, MC_HELLO, payload, sizeof payload);
    }
  not_before_us = mc_bucket_get_due (&self->questions, 1);
  return MAX (mc_opener_get_due (self->opener),
              not_before_us > now_us ? not_before_us : now_us);
}
