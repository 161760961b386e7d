/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hein-aiomsg.h"

#include <gmodule.h>
#include <string.h>

#include "broker/hein-broker.h"
#include "options/hein-options.h"

/*
 * What aiomsg and aiosmartsock speak; aiomsg-frames.h draws the bytes and
 * README.md has the picture.
 */

/* So much may wait to be acknowledged, if the bus has room for it; on from half
 * of it when it was. */
#define UNCONFIRMED_MAX       1024
#define UNCONFIRMED_MAX_BYTES (1024 * 1024)

/* Those of dialect m do not close when the other side does. */
#define DRAIN_MS 1000

static GType hein_aiomsg_dialect_get_type (void);
static GType hein_aiomsg_guarantee_get_type (void);

G_DEFINE_FINAL_TYPE (HeinAiomsg, hein_aiomsg, HEIN_TYPE_PROTOCOL)

HEIN_PLUGIN_DEFINE (HeinAiomsg,
                    hein_aiomsg,
                    PROTOCOL,
                    "aiomsg",
                    "aiomsg",
                    "Messages between equals, as aiomsg and aiosmartsock")

static GType
hein_aiomsg_dialect_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { AIOMSG_DIALECT_1, "AIOMSG_DIALECT_1", "1" },
    { AIOMSG_DIALECT_M, "AIOMSG_DIALECT_M", "m" },
    { AIOMSG_DIALECT_S, "AIOMSG_DIALECT_S", "s" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static (g_intern_static_string (
                                                        "HeinAiomsgDialect"),
                                                      values));
  return type;
}

static GType
hein_aiomsg_guarantee_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = {
    { AIOMSG_AT_MOST_ONCE, "AIOMSG_AT_MOST_ONCE", "at-most-once" },
    { AIOMSG_AT_LEAST_ONCE, "AIOMSG_AT_LEAST_ONCE", "at-least-once" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static (g_intern_static_string (
                                                        "HeinAiomsgGuarantee"),
                                                      values));
  return type;
}

static gboolean
fail (GError **error, int code, const char *text)
{
  g_set_error_literal (error, HEIN_ERROR, code, text);
  return FALSE;
}

static void
put (HeinWire *wire, GBytes *frame)
{
  hein_wire_put_bytes (wire, frame);
  g_bytes_unref (frame);
}

/* ---- the handshake ---- */

static void
greet (HeinAiomsg *self, HeinWire *wire)
{
  if (!self->has_greeted)
    put (wire, aiomsg_hello_new (self->dialect, hein_wire_get_bus_name (wire)));
  self->has_greeted = TRUE;
}

/* A listener of dialect 1 waits for a byte, which tells what the peer
 * speaks. */
static void
hein_aiomsg_start (HeinProtocol *protocol, HeinWire *wire, gboolean dialled)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);

  hein_wire_set_match (wire, HEIN_MATCH_ALL);
  if (self->dialect == AIOMSG_DIALECT_M)
    hein_wire_set_drain_ms (wire, DRAIN_MS);
  if (dialled || self->dialect != AIOMSG_DIALECT_1)
    greet (self, wire);
}

static gboolean
offer_name (HeinAiomsg *self,
            HeinWire *wire,
            const guint8 *body,
            gsize size,
            GError **error)
{
  g_autofree char *name = NULL;
  g_autoptr (GBytes) raw = NULL;
  const guint8 *identity;
  gsize identity_size;

  if (!aiomsg_hello_parse (self->dialect, body, size, &identity, &identity_size,
                           error))
    return FALSE;
  name = aiomsg_identity_to_name (identity, identity_size);
  raw = g_bytes_new (identity, identity_size);
  self->state = AIOMSG_OFFERED;
  hein_wire_offer_name (wire, name, raw, HEIN_NAME_RULE_UNIQUE);
  return TRUE;
}

static gssize
consume_first (HeinAiomsg *self,
               HeinWire *wire,
               const guint8 *data,
               gsize size,
               GError **error)
{
  guint32 length;

  if (!aiomsg_first_check (data, size, error))
    return -1;
  greet (self, wire);
  if (size < AIOMSG_LENGTH_SIZE)
    return 0;
  length = aiomsg_read_length (data);
  if (length > AIOMSG_HANDSHAKE_MAX)
    {
      g_set_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL,
                   "the first frame has %u bytes, which no HELLO has", length);
      return -1;
    }
  if (length > size - AIOMSG_LENGTH_SIZE)
    {
      hein_wire_expect (wire, AIOMSG_LENGTH_SIZE + (gsize) length);
      return 0;
    }
  if (!offer_name (self, wire, data + AIOMSG_LENGTH_SIZE, length, error))
    return -1;
  return AIOMSG_LENGTH_SIZE + (gssize) length;
}

/* All that send in one dialect at most once send the same bytes. */
static const char *
get_encoding (HeinAiomsg *self)
{
  if (self->guarantee == AIOMSG_AT_LEAST_ONCE)
    return NULL;
  switch (self->dialect)
    {
    case AIOMSG_DIALECT_M:
      return "aiomsg/m";
    case AIOMSG_DIALECT_S:
      return "aiomsg/s";
    case AIOMSG_DIALECT_1:
    default:
      return "aiomsg/1";
    }
}

static void
hein_aiomsg_admitted (HeinProtocol *protocol,
                      HeinWire *wire,
                      const GError *refusal)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);

  if (refusal != NULL)
    {
      self->state = AIOMSG_OVER; /* there is no word for it: it is closed */
      return;
    }
  self->state = AIOMSG_UP;
  hein_wire_set_encoding (wire, get_encoding (self));
  hein_wire_set_gives_back (wire, self->guarantee == AIOMSG_AT_LEAST_ONCE);
  if (self->guarantee == AIOMSG_AT_LEAST_ONCE)
    hein_wire_set_in_doubt (wire, 0, 0); /* what may be is given back */
  if (self->guarantee != AIOMSG_AT_LEAST_ONCE)
    hein_wire_set_credit_hint (wire, "say guarantee=at-least-once in the "
                                     "address");
  else if (self->dialect == AIOMSG_DIALECT_S)
    hein_wire_set_credit_hint (wire, "dialect s has none");
  else
    hein_wire_set_credit (wire, UNCONFIRMED_MAX);
  hein_wire_set_heartbeat (wire, TRUE);
  hein_wire_set_answers_pings (wire, FALSE);
  hein_wire_ready (wire);
}

static void
hein_aiomsg_ping (HeinProtocol *protocol, HeinWire *wire)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);

  put (wire, aiomsg_heartbeat_new (self->dialect));
}

/* ---- what waits to be acknowledged ---- */

static gboolean
is_above (HeinAiomsg *self, guint n, gsize n_bytes)
{
  return self->unconfirmed.order.length >= n ||
         aiomsg_unconfirmed_get_memory (&self->unconfirmed) >= n_bytes;
}

/* All of it is given back when the connection ends: the bus must be able to
 * keep that, and to send it again. */
static gsize
get_max_bytes (HeinWire *wire)
{
  const gsize limit = hein_wire_get_send_limit (wire);

  return MIN (UNCONFIRMED_MAX_BYTES, limit);
}

static void
set_pending (HeinAiomsg *self, HeinWire *wire, gboolean pending)
{
  if (self->is_pending == pending)
    return;
  self->is_pending = pending;
  hein_wire_set_pending (wire, pending);
}

static void
tell_memory (HeinAiomsg *self, HeinWire *wire)
{
  hein_wire_set_memory (wire,
                        aiomsg_unconfirmed_get_memory (&self->unconfirmed) +
                          aiomsg_seen_get_memory (&self->seen) +
                          aiomsg_open_get_memory (&self->open));
}

/* How often it is looked whether a message is due again. */
static gint64
get_pause_us (HeinAiomsg *self)
{
  return (gint64) MAX (self->resend_ms / 4, 1) * 1000;
}

/* After something was sent. */
static void
note_sent (HeinAiomsg *self, HeinWire *wire)
{
  set_pending (self, wire, TRUE);
  tell_memory (self, wire);
  hein_wire_want_tick (wire, hein_wire_get_now_us (wire) + get_pause_us (self));
  if (self->is_held || !is_above (self, UNCONFIRMED_MAX, get_max_bytes (wire)))
    return;
  self->is_held = TRUE;
  hein_wire_hold (wire, TRUE);
}

/* After something was acknowledged, or given up. */
static void
note_confirmed (HeinAiomsg *self, HeinWire *wire)
{
  tell_memory (self, wire);
  if (self->is_held &&
      !is_above (self, UNCONFIRMED_MAX / 2 + 1, get_max_bytes (wire) / 2 + 1))
    {
      self->is_held = FALSE;
      hein_wire_hold (wire, FALSE);
    }
  if (self->unconfirmed.order.length == 0)
    set_pending (self, wire, FALSE);
}

static void
put_again (HeinAiomsg *self, HeinWire *wire, AiomsgUnconfirmed *one)
{
  guint8 head[AIOMSG_HEAD_MAX];
  gsize head_size =
    aiomsg_head_write (self->dialect, one->id,
                       hein_message_get_size (one->message), head);

  hein_wire_put (wire, head, head_size);
  hein_wire_put_bytes (wire, hein_message_get_payload (one->message));
}

/* A peer that is there and does not acknowledge a message will not do so on
 * another connection either: it is lost, and the others are not. Nobody will
 * say any more what became of it. */
static void
give_up (HeinAiomsg *self, HeinWire *wire, AiomsgUnconfirmed *one)
{
  const HeinMessageAttributes unknown = {
    .ask = HEIN_ASK_FAILURE,
    .ask_number = HEIN_ERROR_TIMED_OUT,
    .ask_credit = 1,
    .ask_id = one->delivery,
  };
  g_autofree char *why =
    g_strdup_printf ("a message was not acknowledged, and was sent %u times",
                     one->n_resends + 1);

  hein_wire_drop (wire, HEIN_DROP_REASON_UNSENDABLE,
                  hein_message_get_size (one->message), why);
  aiomsg_unconfirmed_remove (&self->unconfirmed, one->id);
  if (unknown.ask_id > 0)
    hein_broker_tell (wire, &unknown, why);
}

static void
resend_due (HeinAiomsg *self, HeinWire *wire, gint64 now_us)
{
  const gint64 patience_us = (gint64) self->resend_ms * 1000;
  GList *next;

  for (GList *l = self->unconfirmed.order.head; l != NULL; l = next)
    {
      AiomsgUnconfirmed *one = l->data;

      next = l->next;
      if (now_us <
          aiomsg_unconfirmed_get_due_us (&self->unconfirmed, one, patience_us))
        continue;
      if (one->n_resends == self->resends)
        {
          give_up (self, wire, one);
          continue;
        }
      one->n_resends++;
      one->sent_us = now_us;
      put_again (self, wire, one);
    }
  note_confirmed (self, wire);
}

static void
hein_aiomsg_lost (HeinProtocol *protocol, HeinWire *wire)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);

  self->state = AIOMSG_OVER;
  for (GList *l = self->unconfirmed.order.head; l != NULL; l = l->next)
    {
      AiomsgUnconfirmed *one = l->data;

      /* a delivery is not made a second time: its sender decides about that */
      if (one->delivery == 0)
        hein_wire_give_back (wire, one->message, one->audience);
    }
  aiomsg_unconfirmed_clear (&self->unconfirmed);
  tell_memory (self, wire);
}

/* ---- sending ---- */

/* Before 2026 a payload was the whole body, and some bodies mean something
 * else: what would not arrive is refused. */
static gboolean
check_untyped (HeinAiomsg *self, const HeinMessageView *view, GError **error)
{
  AiomsgBody body;

  if (view->size == 0)
    return fail (error, HEIN_ERROR_FAILED,
                 "an empty message ends the connection in dialects m and s of "
                 "aiomsg");
  if (self->guarantee == AIOMSG_AT_LEAST_ONCE)
    return TRUE; /* it has a head */
  if (!aiomsg_body_parse (self->dialect, view->data, view->size, &body, error))
    return FALSE;
  if (body.kind == AIOMSG_DATA)
    return TRUE;
  return fail (error, HEIN_ERROR_FAILED,
               body.kind == AIOMSG_HEARTBEAT
                 ? "the message would be taken for a heartbeat in this dialect "
                   "of aiomsg"
                 : "the message would be taken for a request or a reply in "
                   "this dialect of aiomsg");
}

static gboolean
check_guarantee (HeinAiomsg *self, HeinWire *wire, GError **error)
{
  if (self->guarantee == AIOMSG_AT_MOST_ONCE)
    return TRUE;
  if (self->dialect == AIOMSG_DIALECT_S)
    return fail (error, HEIN_ERROR_FAILED,
                 "dialect s of aiomsg has no at-least-once");
  if (hein_wire_get_audience (wire) == HEIN_AUDIENCE_ALL)
    return fail (error, HEIN_ERROR_FAILED,
                 "at-least-once does not go with sending to every peer: choose "
                 "a strategy such as round-robin, or a peer");
  return TRUE;
}

/* Keeps the message until it is acknowledged. Returns its id. */
static const guint8 *
keep (HeinAiomsg *self,
      HeinWire *wire,
      HeinMessage *message,
      const HeinMessageAttributes *attributes)
{
  const guint64 high = hein_wire_random (wire);
  AiomsgUnconfirmed *one =
    aiomsg_unconfirmed_add (&self->unconfirmed, high, hein_wire_random (wire),
                            message, hein_wire_get_audience (wire),
                            hein_wire_get_now_us (wire));

  if (attributes != NULL && attributes->ask == HEIN_ASK_DELIVERY)
    one->delivery = attributes->ask_id;
  return one->id;
}

static gboolean
hein_aiomsg_encode (HeinProtocol *protocol,
                    HeinWire *wire,
                    HeinMessage *message,
                    GError **error)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);
  const guint8 *id = NULL;
  guint8 head[AIOMSG_HEAD_MAX];
  gsize head_size;
  HeinMessageView view;

  hein_message_peek (message, &view);
  if (view.n_parts > 1)
    return fail (error, HEIN_ERROR_FAILED,
                 "aiomsg carries messages of one part");
  if (self->dialect != AIOMSG_DIALECT_1 && !check_untyped (self, &view, error))
    return FALSE;
  if (!check_guarantee (self, wire, error))
    return FALSE;
  if (self->guarantee == AIOMSG_AT_LEAST_ONCE)
    id = keep (self, wire, message, view.attributes);
  head_size = aiomsg_head_write (self->dialect, id, view.size, head);
  hein_wire_put_framed (wire, head, head_size, message, 0);
  if (id != NULL)
    note_sent (self, wire);
  return TRUE;
}

/* ---- receiving ---- */

static gboolean
deliver (HeinWire *wire, const AiomsgBody *body, GError **error)
{
  if (!hein_wire_check_message_size (wire, body->payload_size, 0, error))
    return FALSE;
  hein_wire_deliver_data (wire, "", 0, body->payload, body->payload_size);
  return TRUE;
}

/* It is acknowledged once it is handled. */
static gboolean
deliver_open (HeinAiomsg *self,
              HeinWire *wire,
              const AiomsgBody *body,
              GError **error)
{
  HeinMessageAttributes attributes = { .ask = HEIN_ASK_DELIVERY };
  g_autoptr (HeinMessage) message = NULL;
  guint8 id[AIOMSG_ID_SIZE];

  if (!hein_wire_check_message_size (wire, body->payload_size, 0, error))
    return FALSE;
  attributes.ask_id = aiomsg_open_add (&self->open, body->id);
  message = hein_broker_make_message ("", 0, &attributes, body->payload,
                                      body->payload_size, NULL);
  if (!hein_wire_deliver (wire, message))
    aiomsg_open_remove (&self->open, attributes.ask_id, id);
  tell_memory (self, wire);
  return TRUE;
}

/* A message that arrives again while it waits is not acknowledged any earlier.
 * There is no word for one that the application has refused: its sender counts
 * it as lost when it has asked often enough.
 * While this side closes, messages that arrive stay the peer's, which gives
 * them to somebody else. */
static gboolean
take_request (HeinAiomsg *self,
              HeinWire *wire,
              const AiomsgBody *body,
              GError **error)
{
  int fate;

  if (hein_wire_is_closing (wire))
    return TRUE;
  fate = aiomsg_seen_add (&self->seen, body->id);
  if (fate == AIOMSG_NEW || fate == AIOMSG_DROPPED)
    return deliver_open (self, wire, body, error);
  if (fate == AIOMSG_HANDLED)
    put (wire, aiomsg_ack_new (self->dialect, body->id));
  return TRUE;
}

static int
get_fate (const GError *failure)
{
  if (failure == NULL)
    return AIOMSG_HANDLED;
  return failure->code == HEIN_ERROR_REFUSED ? AIOMSG_REFUSED : AIOMSG_DROPPED;
}

static void
hein_aiomsg_settled (HeinProtocol *protocol,
                     HeinWire *wire,
                     guint64 delivery,
                     const GError *failure)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);
  guint8 id[AIOMSG_ID_SIZE];
  int n;

  if (!aiomsg_open_remove (&self->open, delivery, id))
    return;
  n = aiomsg_seen_end (&self->seen, id, get_fate (failure));
  tell_memory (self, wire);
  for (; failure == NULL && n > 0; n--)
    put (wire, aiomsg_ack_new (self->dialect, id));
}

static void
take_ack (HeinAiomsg *self, HeinWire *wire, const guint8 *id)
{
  HeinMessageAttributes receipt = { .ask = HEIN_ASK_RECEIPT, .ask_number = 1 };

  if (!aiomsg_unconfirmed_confirm (&self->unconfirmed, id,
                                   hein_wire_get_now_us (wire),
                                   &receipt.ask_id))
    return;
  note_confirmed (self, wire);
  if (receipt.ask_id > 0)
    hein_broker_tell (wire, &receipt, "");
}

static gboolean
take_body (HeinAiomsg *self,
           HeinWire *wire,
           const guint8 *data,
           gsize size,
           GError **error)
{
  AiomsgBody body;

  if (!aiomsg_body_parse (self->dialect, data, size, &body, error))
    return FALSE;
  switch (body.kind)
    {
    case AIOMSG_DATA:
      return deliver (wire, &body, error);
    case AIOMSG_DATA_REQ:
      return take_request (self, wire, &body, error);
    case AIOMSG_ACK:
      take_ack (self, wire, body.id);
      return TRUE;
    case AIOMSG_HELLO: /* again: it is known */
    case AIOMSG_HEARTBEAT:
    case AIOMSG_UNKNOWN:
    default:
      return TRUE;
    }
}

static gssize
consume_frames (HeinAiomsg *self,
                HeinWire *wire,
                const guint8 *data,
                gsize size,
                GError **error)
{
  gsize used = 0;

  while (size - used >= AIOMSG_LENGTH_SIZE)
    {
      const gsize length = aiomsg_read_length (data + used);

      if (!hein_wire_check_message_size (wire, length, AIOMSG_FRAME_MAX, error))
        return -1;
      if (length > size - used - AIOMSG_LENGTH_SIZE)
        {
          hein_wire_expect (wire, AIOMSG_LENGTH_SIZE + length);
          break;
        }
      if (!take_body (self, wire, data + used + AIOMSG_LENGTH_SIZE, length,
                      error))
        return -1;
      used += AIOMSG_LENGTH_SIZE + length;
    }
  return used;
}

static gssize
hein_aiomsg_consume (HeinProtocol *protocol,
                     HeinWire *wire,
                     GBytes *bytes,
                     GError **error)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  switch (self->state)
    {
    case AIOMSG_FIRST:
      return consume_first (self, wire, data, size, error);
    case AIOMSG_UP:
      return consume_frames (self, wire, data, size, error);
    case AIOMSG_OFFERED:
      return 0; /* it stays until the verdict */
    case AIOMSG_OVER:
    default:
      return size;
    }
}

/* ---- time ---- */

static gint64
hein_aiomsg_tick (HeinProtocol *protocol, HeinWire *wire, gint64 now_us)
{
  HeinAiomsg *self = HEIN_AIOMSG (protocol);

  if (self->state != AIOMSG_UP)
    return G_MAXINT64;
  resend_due (self, wire, now_us);
  return self->unconfirmed.order.length > 0 ? now_us + get_pause_us (self)
                                            : G_MAXINT64;
}

/* ---- the object ---- */

static const HeinOptionEntry options[] = {
  { .name = "dialect",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinAiomsg, dialect),
    .get_type = hein_aiomsg_dialect_get_type,
    .value = AIOMSG_DIALECT_1 },
  { .name = "guarantee",
    .kind = HEIN_OPTION_CHOICE,
    .offset = G_STRUCT_OFFSET (HeinAiomsg, guarantee),
    .get_type = hein_aiomsg_guarantee_get_type,
    .value = AIOMSG_AT_MOST_ONCE },
  { .name = "resend-ms",
    .offset = G_STRUCT_OFFSET (HeinAiomsg, resend_ms),
    .minimum = 1,
    .maximum = 3600000,
    .value = 5000 },
  { .name = "resends",
    .offset = G_STRUCT_OFFSET (HeinAiomsg, resends),
    .maximum = 1000,
    .value = 5 },
  { NULL },
};

static void
hein_aiomsg_finalize (GObject *object)
{
  HeinAiomsg *self = HEIN_AIOMSG (object);

  aiomsg_unconfirmed_clear (&self->unconfirmed);
  aiomsg_seen_clear (&self->seen);
  aiomsg_open_clear (&self->open);
  G_OBJECT_CLASS (hein_aiomsg_parent_class)->finalize (object);
}

/* As the library does, which listens for both on one port. */
static void
hein_aiomsg_get_web_use (HeinProtocol *protocol, HeinWebUse *use)
{
  use->shares_port = TRUE;
}

static void
hein_aiomsg_class_init (HeinAiomsgClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  HeinProtocolClass *protocol_class = HEIN_PROTOCOL_CLASS (klass);

  object_class->finalize = hein_aiomsg_finalize;
  protocol_class->start = hein_aiomsg_start;
  protocol_class->consume = hein_aiomsg_consume;
  protocol_class->encode = hein_aiomsg_encode;
  protocol_class->tick = hein_aiomsg_tick;
  protocol_class->admitted = hein_aiomsg_admitted;
  protocol_class->ping = hein_aiomsg_ping;
  protocol_class->lost = hein_aiomsg_lost;
  protocol_class->settled = hein_aiomsg_settled;
  hein_options_install (object_class, options);
  protocol_class->get_web_use = hein_aiomsg_get_web_use;
  protocol_class->is_pure = TRUE;
}

static void
hein_aiomsg_init (HeinAiomsg *self)
{
  hein_options_init (self, options);
}
