/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>
#include <hein/hein-pairing.h>

#include "base/hein-name-private.h"
#include "hein-pairing-address.h"
#include "hein-pairing-code.h"
#include "hein-pairing-work.h"
#include "plugin/hein-plugin-tls.h"

/**
 * HeinPairing:
 *
 * Makes the keys of two peers known to each other, by a code that one side
 * shows and the other one types.
 *
 * Each side has an identity, which is made when its file is not there, and a
 * file of peers, as `?identity=…&peers=…` in an address uses them. One side
 * listens, and shows [property@Pairing:code] and [property@Pairing:address];
 * the other side dials that. When both calls end well, each has the line of the
 * other in its file of peers, and buses that use these files already let the
 * new peer in within a second.
 *
 * The code is a key that is used once, over TLS 1.3. It is valid for
 * [property@Pairing:life-ms], and for one try: when somebody dials with another
 * code, the pairing ends with an error, and a new one needs a new code. Whoever
 * connects and does not pair, such as a port scan, has not used it up.
 *
 * The work is done in a thread; signals and callbacks come in the
 * thread-default main context of who has called. An object pairs once at a
 * time.
 *
 * Since: 0.9
 */

#define LIFE_MS     60000
#define LIFE_MS_MAX 600000

struct _HeinPairing
{
  GObject parent_instance;

  /* set at construction */
  char *identity;
  char *peers;
  char *name; /* nullable */

  guint life_ms;

  /* while it listens or dials */
  GTask *task; /* borrowed; NULL: it does neither */
  char *code;
  char *address;
  char *uri;
  gint64 end_us; /* 0: it does not listen */
  GSource *tick; /* owned */
};

enum
{
  PROP_IDENTITY = 1,
  PROP_PEERS,
  PROP_NAME,
  PROP_LIFE_MS,
  PROP_CODE,
  PROP_ADDRESS,
  PROP_URI,
  PROP_REMAINING,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (HeinPairing, hein_pairing, G_TYPE_OBJECT)

/* ---- what is shown ---- */

static void
show (HeinPairing *self, const HeinPairingCode *code, const char *address)
{
  char text[HEIN_PAIRING_TEXT_SIZE];

  hein_pairing_code_print (code, text);
  self->code = g_strdup (text);
  self->address = g_strdup (address);
  self->uri = g_strconcat (HEIN_PAIRING_SCHEME, address, "/", text, NULL);
  explicit_bzero (text, sizeof text);
}

static void
free_secret (char *text)
{
  explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
hide (HeinPairing *self)
{
  self->end_us = 0;
  g_clear_pointer (&self->code, free_secret);
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->uri, free_secret);
  if (self->tick != NULL)
    g_source_destroy (self->tick);
  g_clear_pointer (&self->tick, g_source_unref);
}

static void
notify_shown (HeinPairing *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CODE]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ADDRESS]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_URI]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REMAINING]);
}

static gboolean
on_tick (gpointer user_data)
{
  HeinPairing *self = user_data;

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REMAINING]);
  return G_SOURCE_CONTINUE;
}

static void
start_tick (HeinPairing *self)
{
  self->tick = g_timeout_source_new (1000);
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick, g_main_context_get_thread_default ());
}

/* ---- running ---- */

static GTask *
begin (HeinPairing *self,
       gpointer tag,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  HeinPairingWork *work;

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE); /* what was written is told */
  if (self->task != NULL)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING,
                               "it pairs already: make another one");
      return NULL;
    }
  work = g_new0 (HeinPairingWork, 1);
  work->identity = g_strdup (self->identity);
  work->peers = g_strdup (self->peers);
  work->name = g_strdup (self->name);
  work->end_us = g_get_monotonic_time () + (gint64) self->life_ms * 1000;
  g_task_set_task_data (task, work, (GDestroyNotify) hein_pairing_work_free);
  return g_steal_pointer (&task);
}

static void
end (HeinPairing *self, GTask *task)
{
  const gboolean was_shown = self->code != NULL;

  if (self->task != task)
    return;
  self->task = NULL;
  hide (self);
  if (was_shown)
    notify_shown (self);
}

/* Nobody need ask what came of it. */
static void
on_completed (GTask *task, GParamSpec *pspec, gpointer user_data)
{
  end (user_data, task);
}

static void
start (HeinPairing *self, GTask *task)
{
  self->task = task;
  g_signal_connect (task, "notify::completed", G_CALLBACK (on_completed), self);
  g_thread_unref (
    g_thread_new ("hein-pairing", hein_pairing_work_run, g_object_ref (task)));
}

/* It ends in the callback already, so that it may begin again there. */
static char *
finish (HeinPairing *self, GAsyncResult *result, GError **error)
{
  end (self, G_TASK (result));
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- GObject ---- */

static void
hein_pairing_get_property (GObject *object,
                           guint id,
                           GValue *value,
                           GParamSpec *pspec)
{
  HeinPairing *self = HEIN_PAIRING (object);

  switch (id)
    {
    case PROP_IDENTITY:
      g_value_set_string (value, self->identity);
      break;
    case PROP_PEERS:
      g_value_set_string (value, self->peers);
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_LIFE_MS:
      g_value_set_uint (value, self->life_ms);
      break;
    case PROP_CODE:
      g_value_set_string (value, self->code);
      break;
    case PROP_ADDRESS:
      g_value_set_string (value, self->address);
      break;
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_REMAINING:
      g_value_set_uint (value, hein_pairing_get_remaining (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
hein_pairing_set_property (GObject *object,
                           guint id,
                           const GValue *value,
                           GParamSpec *pspec)
{
  HeinPairing *self = HEIN_PAIRING (object);

  switch (id)
    {
    case PROP_IDENTITY:
      self->identity = g_value_dup_string (value);
      break;
    case PROP_PEERS:
      self->peers = g_value_dup_string (value);
      break;
    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;
    case PROP_LIFE_MS:
      hein_pairing_set_life_ms (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
hein_pairing_finalize (GObject *object)
{
  HeinPairing *self = HEIN_PAIRING (object);

  hide (self);
  g_free (self->identity);
  g_free (self->peers);
  g_free (self->name);
  G_OBJECT_CLASS (hein_pairing_parent_class)->finalize (object);
}

#define SHOWN (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)
#define SAID                                                                   \
  (G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS)

static void
hein_pairing_class_init (HeinPairingClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = hein_pairing_get_property;
  object_class->set_property = hein_pairing_set_property;
  object_class->finalize = hein_pairing_finalize;

  /**
   * HeinPairing:identity:
   *
   * The file of the identity of this side. Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_IDENTITY] =
    g_param_spec_string ("identity", NULL, NULL, NULL, SAID);
  /**
   * HeinPairing:peers:
   *
   * The file of peers that gets a line. Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_PEERS] =
    g_param_spec_string ("peers", NULL, NULL, NULL, SAID);
  /**
   * HeinPairing:name:
   *
   * The name of this side; %NULL: that of its identity. Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, SAID);
  /**
   * HeinPairing:life-ms: (getter get_life_ms) (setter set_life_ms)
   *
   * For how long the next code is valid, in milliseconds: 1 to 600,000, 60,000
   * unless set. Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_LIFE_MS] =
    g_param_spec_uint ("life-ms", NULL, NULL, 1, LIFE_MS_MAX, LIFE_MS,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                         G_PARAM_STATIC_STRINGS);
  /**
   * HeinPairing:code: (getter get_code)
   *
   * The code that the other side types; %NULL when it does not listen. Thread:
   * owner.
   *
   * Since: 0.9
   */
  properties[PROP_CODE] = g_param_spec_string ("code", NULL, NULL, NULL, SHOWN);
  /**
   * HeinPairing:address: (getter get_address)
   *
   * What the other side dials, `HOST:PORT`; %NULL when it does not listen.
   * Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_ADDRESS] =
    g_param_spec_string ("address", NULL, NULL, NULL, SHOWN);
  /**
   * HeinPairing:uri: (getter get_uri)
   *
   * Both in one text, for a QR code: `hein-pair://HOST:PORT/CODE`; %NULL when
   * it does not listen. Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_URI] = g_param_spec_string ("uri", NULL, NULL, NULL, SHOWN);
  /**
   * HeinPairing:remaining: (getter get_remaining)
   *
   * For how much longer the code is valid, in milliseconds; 0 when there is
   * none. It is notified once a second. Thread: owner.
   *
   * Since: 0.9
   */
  properties[PROP_REMAINING] =
    g_param_spec_uint ("remaining", NULL, NULL, 0, LIFE_MS_MAX, 0, SHOWN);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
hein_pairing_init (HeinPairing *self)
{
  self->life_ms = LIFE_MS;
}

/* ---- public ---- */

/**
 * hein_pairing_new:
 * @identity: (type filename): the file of the identity of this side; it is made
 *   when it is not there
 * @peers: (type filename): the file of peers that gets the line of the other
 *   side; it is made when it is not there
 * @name: (nullable): the name of this side, 1 to 255 bytes; needed when the
 *   identity is not there, else %NULL or the name that it is for
 *
 * Makes an object that pairs. Nothing is read or written yet.
 *
 * - Thread: owner.
 *
 * Returns: (transfer full): a pairing
 *
 * Since: 0.9
 */
HeinPairing *
hein_pairing_new (const char *identity, const char *peers, const char *name)
{
  g_return_val_if_fail (identity != NULL, NULL);
  g_return_val_if_fail (peers != NULL, NULL);

  return g_object_new (HEIN_TYPE_PAIRING, "identity", identity, "peers", peers,
                       "name", name, NULL);
}

/**
 * hein_pairing_get_life_ms: (get-property life-ms)
 * @self: a pairing
 *
 * For how long the next code is valid: 1 to 600,000 ms, 60,000 unless set.
 *
 * - Thread: owner.
 *
 * Returns: milliseconds
 *
 * Since: 0.9
 */
guint
hein_pairing_get_life_ms (HeinPairing *self)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), 0);

  return self->life_ms;
}

/**
 * hein_pairing_set_life_ms: (set-property life-ms)
 * @self: a pairing
 * @life_ms: 1 to 600,000 ms
 *
 * Sets for how long the next code is valid.
 *
 * - Thread: owner.
 *
 * Since: 0.9
 */
void
hein_pairing_set_life_ms (HeinPairing *self, guint life_ms)
{
  g_return_if_fail (HEIN_IS_PAIRING (self));
  g_return_if_fail (life_ms > 0 && life_ms <= LIFE_MS_MAX);

  if (self->life_ms == life_ms)
    return;
  self->life_ms = life_ms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LIFE_MS]);
}

/**
 * hein_pairing_get_code: (get-property code)
 * @self: a pairing
 *
 * The code to show: 16 letters and digits by fours, as in
 * `ABCD-EFGH-JKMN-PQRT`.
 *
 * - Thread: owner.
 *
 * Returns: (nullable) (transfer none): the code; %NULL when it does not listen
 *
 * Since: 0.9
 */
const char *
hein_pairing_get_code (HeinPairing *self)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), NULL);

  return self->code;
}

/**
 * hein_pairing_get_address: (get-property address)
 * @self: a pairing
 *
 * What the other side dials: `HOST:PORT`. When it listens on all interfaces,
 * the address by which this machine reaches others.
 *
 * - Thread: owner.
 *
 * Returns: (nullable) (transfer none): the address; %NULL when it does not
 *   listen
 *
 * Since: 0.9
 */
const char *
hein_pairing_get_address (HeinPairing *self)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), NULL);

  return self->address;
}

/**
 * hein_pairing_get_uri: (get-property uri)
 * @self: a pairing
 *
 * Address and code in one text, for a QR code; [method@Pairing.dial_async]
 * takes it.
 *
 * - Thread: owner.
 *
 * Returns: (nullable) (transfer none): the text; %NULL when it does not listen
 *
 * Since: 0.9
 */
const char *
hein_pairing_get_uri (HeinPairing *self)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), NULL);

  return self->uri;
}

/**
 * hein_pairing_get_remaining: (get-property remaining)
 * @self: a pairing
 *
 * For how much longer the code is valid.
 *
 * - Thread: owner.
 *
 * Returns: milliseconds; 0 when there is no code
 *
 * Since: 0.9
 */
guint
hein_pairing_get_remaining (HeinPairing *self)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), 0);

  if (self->end_us == 0)
    return 0;
  return MAX (self->end_us - g_get_monotonic_time (), 0) / 1000;
}

static gboolean
check_name (HeinPairing *self, GError **error)
{
  return self->name == NULL || hein_name_check (self->name, strlen (self->name),
                                                HEIN_ERROR_FAILED, error);
}

/**
 * hein_pairing_prepare:
 * @self: a pairing
 * @error: return location
 *
 * Makes the identity when it is not there, and checks that the file of peers
 * can be read and written. Listening and dialling do the same; call it before,
 * so that no code is shown which could not be used.
 *
 * - Errors: `HEIN_ERROR_NO_PLUGIN` (built without TLS), `HEIN_ERROR_INSECURE`
 *   (others can read the identity, or write to the file of peers),
 *   `HEIN_ERROR_FAILED` (bad name, or a file is not what it should be),
 *   #GIOErrorEnum.
 * - Thread: owner; it reads from the disk and writes to it.
 *
 * Returns: %TRUE when everything is ready
 *
 * Since: 0.9
 */
gboolean
hein_pairing_prepare (HeinPairing *self, GError **error)
{
  const HeinTlsModule *module;

  g_return_val_if_fail (HEIN_IS_PAIRING (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!check_name (self, error))
    return FALSE;
  module = hein_plugin_find_tls (error);
  return module != NULL && module->prepare_pairing (self->identity, self->peers,
                                                    self->name, error);
}

static gboolean
begin_listening (HeinPairing *self,
                 HeinPairingWork *work,
                 const char *address,
                 GError **error)
{
  g_autofree char *shown = NULL;

  if (!check_name (self, error) || !hein_pairing_code_make (&work->code, error))
    return FALSE;
  work->socket = hein_pairing_address_bind (address, &shown, error);
  if (work->socket == NULL)
    return FALSE;
  self->end_us = work->end_us;
  show (self, &work->code, shown);
  start_tick (self);
  return TRUE;
}

/**
 * hein_pairing_listen_async:
 * @self: a pairing
 * @address: (nullable): where: an IP address of this machine or `*`, and
 *   perhaps `:PORT`; %NULL: a free port of all interfaces
 * @cancellable: (nullable): gives up
 * @callback: (nullable): called when it has ended
 * @user_data: for @callback
 *
 * Shows a code, and waits for the side that types it. [property@Pairing:code]
 * and [property@Pairing:address] are set when this returns.
 *
 * - Errors: see [method@Pairing.listen_finish].
 * - Thread: owner; @callback comes in the thread-default main context.
 *
 * Since: 0.9
 */
void
hein_pairing_listen_async (HeinPairing *self,
                           const char *address,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_PAIRING (self));

  task =
    begin (self, hein_pairing_listen_async, cancellable, callback, user_data);
  if (task == NULL)
    return;
  if (!begin_listening (self, g_task_get_task_data (task), address, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  start (self, task);
  notify_shown (self);
}

/**
 * hein_pairing_listen_finish:
 * @self: a pairing
 * @result: what the callback got
 * @error: return location
 *
 * Tells what came of the pairing.
 *
 * - Errors: `HEIN_ERROR_TIMED_OUT` (the code is over, or the other side did not
 *   go on), `HEIN_ERROR_INSECURE` (somebody has typed another code, or others
 *   can read a file), `HEIN_ERROR_REFUSED` (the other side refuses),
 *   `G_IO_ERROR_EXISTS` (the name is taken in the file of peers, or by this
 *   side), `HEIN_ERROR_DUPLICATE` (the other side is this very identity),
 *   `HEIN_ERROR_CLOSED` (it was broken off), `HEIN_ERROR_PROTOCOL` (who is
 *   there does not pair), `HEIN_ERROR_BAD_ADDRESS`, `HEIN_ERROR_NO_PLUGIN`
 *   (built without TLS), `HEIN_ERROR_FAILED` (no good name, code or file),
 *   `G_IO_ERROR_CANCELLED`, `G_IO_ERROR_PENDING` (it pairs already),
 *   #GIOErrorEnum.
 * - Thread: owner.
 *
 * Returns: (transfer full): the name of the other side, which is in the file of
 *   peers now
 *
 * Since: 0.9
 */
char *
hein_pairing_listen_finish (HeinPairing *self,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return finish (self, result, error);
}

static gboolean
begin_dialling (HeinPairing *self,
                HeinPairingWork *work,
                const char *address,
                const char *code,
                GError **error)
{
  g_autofree char *within = NULL;

  if (!check_name (self, error))
    return FALSE;
  work->target = hein_pairing_address_parse (address, &within, error);
  if (work->target == NULL)
    return FALSE;
  if (code == NULL)
    code = within != NULL ? within : "";
  return hein_pairing_code_parse (&work->code, code, error);
}

/**
 * hein_pairing_dial_async:
 * @self: a pairing
 * @address: `HOST:PORT` of the side that shows the code, or what its QR code
 *   says
 * @code: (nullable): the code; small letters, spaces and hyphens do not matter;
 *   %NULL: the one in @address
 * @cancellable: (nullable): gives up
 * @callback: (nullable): called when it has ended
 * @user_data: for @callback
 *
 * Pairs with the side that shows a code.
 *
 * - Errors: see [method@Pairing.listen_finish].
 * - Thread: owner; @callback comes in the thread-default main context.
 *
 * Since: 0.9
 */
void
hein_pairing_dial_async (HeinPairing *self,
                         const char *address,
                         const char *code,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (HEIN_IS_PAIRING (self));
  g_return_if_fail (address != NULL);

  task =
    begin (self, hein_pairing_dial_async, cancellable, callback, user_data);
  if (task == NULL)
    return;
  if (begin_dialling (self, g_task_get_task_data (task), address, code, &error))
    start (self, task);
  else
    g_task_return_error (task, error);
}

/**
 * hein_pairing_dial_finish:
 * @self: a pairing
 * @result: what the callback got
 * @error: return location
 *
 * Tells what came of the pairing.
 *
 * - Errors: see [method@Pairing.listen_finish].
 * - Thread: owner.
 *
 * Returns: (transfer full): the name of the other side, which is in the file of
 *   peers now
 *
 * Since: 0.9
 */
char *
hein_pairing_dial_finish (HeinPairing *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (HEIN_IS_PAIRING (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return finish (self, result, error);
}
