/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <zmq.h>

#include <glib/gstdio.h>

#include "libzmq-keys.h"

/* Keys of CURVE for hein and libzmq, as files and as options of a socket, and a
 * thread that answers libzmq's questions about them (ZAP). */

gboolean
libzmq_has_curve (void)
{
#ifdef HAS_CURVE
  return zmq_has ("curve");
#else
  return FALSE;
#endif
}

const char *const libzmq_mode_names[LIBZMQ_N_MODES] = { "", "/curve",
                                                        "/curve-swapped" };

LibzmqMode libzmq_mode;

/* ---- keys ---- */

typedef struct
{
  char public_key[41];
  char secret_key[41];
} Keys;

static char *key_folder;
static Keys hein_keys;
static Keys zmq_keys;

static void
write_file (const char *name, int file_mode, const char *format, ...)
{
  g_autofree char *path = g_build_filename (key_folder, name, NULL);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_assert_true (g_file_set_contents_full (path, text, -1,
                                           G_FILE_SET_CONTENTS_NONE, file_mode,
                                           NULL));
}

void
libzmq_keys_make (void)
{
  g_autofree char *peers = NULL;

  key_folder = g_dir_make_tmp ("hein-interop-XXXXXX", NULL);
  peers = g_build_filename (key_folder, "peers", NULL);
  g_assert_cmpint (g_mkdir (peers, 0700), ==, 0);
  zmq_curve_keypair (hein_keys.public_key, hein_keys.secret_key);
  zmq_curve_keypair (zmq_keys.public_key, zmq_keys.secret_key);
  write_file ("hein.key_secret", 0600,
              "#   ****  Generated on 2026-11-28 by pyzmq  ****\n\n"
              "metadata\n\ncurve\n    public-key = \"%s\"\n"
              "    secret-key = \"%s\"\n",
              hein_keys.public_key, hein_keys.secret_key);
  write_file ("peers/zmq", 0644,
              "#   ****  Generated on 2026-11-28 by CZMQ  ****\n\n"
              "metadata\n    email = \"z@example.org\"\ncurve\n"
              "    public-key = \"%s\"\n",
              zmq_keys.public_key);
}

static void
remove_file (const char *name)
{
  g_autofree char *path = g_build_filename (key_folder, name, NULL);

  g_remove (path);
}

void
libzmq_keys_remove (void)
{
  remove_file ("hein.key_secret");
  remove_file ("peers/zmq");
  remove_file ("peers");
  g_rmdir (key_folder);
  g_free (key_folder);
}

/* Whether hein is the server; @listens: hein does. */
static gboolean
hein_serves (gboolean listens)
{
  return listens == (libzmq_mode == LIBZMQ_MODE_LISTENER_SERVES);
}

/* Who speaks first cannot ask for what fits; who dials tries. */
static const char *
get_type_option (int type, gboolean listens)
{
  if (!listens || hein_serves (listens))
    return "";
  switch (type)
    {
    case ZMQ_PUB:
    case ZMQ_XPUB:
      return "&type=sub";
    case ZMQ_SUB:
    case ZMQ_XSUB:
      return "&type=pub";
    case ZMQ_PUSH:
      return "&type=pull";
    case ZMQ_PULL:
      return "&type=push";
    case ZMQ_PAIR:
      return "&type=pair";
    case ZMQ_REQ:
      return "&type=router";
    default:
      return "";
    }
}

char *
libzmq_keys_dup_uri (const char *uri, int type, gboolean listens)
{
  if (libzmq_mode == LIBZMQ_MODE_PLAINTEXT)
    return g_strdup (uri);
  return g_strdup_printf (
    "%s?curve-key=%s/hein.key_secret&curve-%s=%s/peers%s%s", uri, key_folder,
    hein_serves (listens) ? "peers" : "server", key_folder,
    hein_serves (listens) ? "" : "/zmq", get_type_option (type, listens));
}

void
libzmq_keys_set (void *socket, gboolean listens)
{
  int yes = 1;

  if (libzmq_mode == LIBZMQ_MODE_PLAINTEXT)
    return;
  zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, zmq_keys.public_key, 41);
  zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, zmq_keys.secret_key, 41);
  if (hein_serves (listens))
    zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, hein_keys.public_key, 41);
  else
    g_assert_cmpint (zmq_setsockopt (socket, ZMQ_CURVE_SERVER, &yes,
                                     sizeof yes),
                     ==, 0);
}

/* ---- ZAP ---- */

const char *libzmq_zap_status;

#define ZAP_ADDRESS "inproc://zeromq.zap.01"

static gboolean
take_zap_request (void *socket, char id[256], char key[256])
{
  static const int fields = 7;
  char field[256];

  for (int i = 0; i < fields; i++)
    {
      const int size = zmq_recv (socket, field, sizeof field, 0);

      if (size < 0)
        return FALSE; /* the context goes */
      if (i == 1)
        g_strlcpy (id, field, MIN (size + 1, 256));
      if (i == 6)
        {
          g_assert_cmpint (size, ==, 32);
          zmq_z85_encode (key, (guint8 *) field, 32);
        }
    }
  return TRUE;
}

static gpointer
answer_zap (gpointer socket)
{
  const char *status = libzmq_zap_status != NULL ? libzmq_zap_status : "500";
  char id[256];
  char key[256];

  while (take_zap_request (socket, id, key))
    {
      g_assert_cmpstr (key, ==, hein_keys.public_key);
      zmq_send (socket, "1.0", 3, ZMQ_SNDMORE);
      zmq_send (socket, id, strlen (id), ZMQ_SNDMORE);
      zmq_send (socket, status, strlen (status), ZMQ_SNDMORE);
      zmq_send (socket, "", 0, ZMQ_SNDMORE);
      zmq_send (socket, "", 0, ZMQ_SNDMORE);
      zmq_send (socket, "", 0, 0);
    }
  zmq_close (socket);
  return NULL;
}

GThread *
libzmq_zap_start (void *context)
{
  void *socket;

  if (libzmq_zap_status == NULL)
    return NULL;
  socket = zmq_socket (context, ZMQ_REP);
  g_assert_cmpint (zmq_bind (socket, ZAP_ADDRESS), ==, 0);
  return g_thread_new ("zap", answer_zap, socket);
}
