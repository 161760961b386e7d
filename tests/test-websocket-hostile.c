/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-error.h>

#include "websocket/hein-ws-frame.h"
#include "websocket/hein-ws-head.h"
#include "ws-pair.h"

/* Clients and servers that say what none says: each is refused for its reason,
 * and takes no memory for what it only announces. */

typedef struct
{
  const char *said;
  gsize size;
  const char *reason;
} Case;

#define CASE(said, reason)                                                     \
  {                                                                            \
    said, sizeof (said) - 1, reason                                            \
  }

static void
assert_refused (WsPair *pair, const Case *given)
{
  g_assert_nonnull (pair->error);
  if (strstr (pair->error->message, given->reason) == NULL)
    g_assert_cmpstr (pair->error->message, ==, given->reason);
  for (const char *p = pair->error->message; *p != '\0'; p++)
    g_assert_false (g_ascii_iscntrl (*p));
}

/* ---- handshakes ---- */

#define GET  "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"
#define UP   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13  "Sec-WebSocket-Version: 13\r\n"
#define END  "\r\n"

static const Case requests[] = {
  CASE ("POST / HTTP/1.1\r\n" HOST END, "begins with GET"),
  CASE ("GET / HTTP/1.0\r\n" HOST UP KEY V13 END, "HTTP/1.1"),
  CASE ("GET /x HTTP/1.1\r\n" HOST UP KEY V13 END, "at the path /x"),
  CASE ("GET /%2e HTTP/1.1\r\n" HOST UP KEY V13 END, "at the path /%2e"),
  CASE ("GET /%00 HTTP/1.1\r\n" HOST UP KEY V13 END, "at the path /%00"),
  CASE ("GET /\x1b[1m HTTP/1.1\r\n" HOST UP KEY V13 END, "at the path"),
  CASE (GET UP KEY V13 END, "Host"),
  CASE (GET HOST HOST UP KEY V13 END, "Host"),
  CASE (GET HOST END, "nothing else"),
  CASE (GET HOST "Upgrade: websocket\r\n" KEY V13 END, "nothing else"),
  CASE (GET HOST UP KEY END, "version of WebSocket here is 13"),
  CASE (GET HOST UP KEY "Sec-WebSocket-Version: 8\r\n" END, "is 13"),
  CASE (GET HOST UP V13 END, "Sec-WebSocket-Key"),
  CASE (GET HOST UP KEY KEY V13 END, "Sec-WebSocket-Key"),
  CASE (GET HOST UP V13 "Sec-WebSocket-Key: AAAA\r\n" END, "Sec-WebSocket-Key"),
  CASE (GET HOST UP KEY V13 "Content-Length: 5\r\n" END, "without contents"),
  CASE (GET HOST UP KEY V13 "Transfer-Encoding: chunked\r\n" END,
        "without contents"),
  CASE (GET HOST UP KEY V13 END, "none of the subprotocols"),
  CASE (GET HOST UP KEY V13 "Sec-WebSocket-Protocol: MQTT, x\r\n" END,
        "none of the subprotocols"),
  CASE (GET HOST UP KEY V13 "Origin: http://evil\r\n" END, "http://evil"),
  CASE (GET HOST UP KEY V13 "Origin: http://good.evil\r\n" END, "good.evil"),
  CASE (GET HOST UP KEY V13 "Origin: http://good\r\nOrigin: x\r\n" END,
        "may not connect"),
  CASE (GET HOST UP KEY V13 "Origin: null\r\n" END, "null"),
  CASE (GET "Host : a\r\n" END, "no proper name"),
  CASE (GET "Host: a\r\n b\r\n" END, "no colon"),
  CASE (GET "Host: a\nb: c\r\n" END, "CR LF"),
  CASE ("GET\r\n" END, "none of HTTP"),
  CASE (GET "a: \0b\r\n" END, "NUL"),
  CASE ("\xff\0\0\0\0\0\0\0\1\x7f", "it looks like ZMTP"),
  CASE ("\x16\3\1", "encrypts"),
  CASE ("\0\0\0\x12", "does not speak WebSocket"),
};

static void
test_requests (void)
{
  const HeinWsOptions options = { .path = "/",
                                  .origins = "https://x,http://good",
                                  .subprotocols = "mqtt,mqttv3.1" };

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (GByteArray) heard = NULL;
      WsPair pair;

      ws_pair_init (&pair, FALSE, &options);
      ws_pair_say (&pair, requests[i].said, requests[i].size, 0);
      assert_refused (&pair, &requests[i]);
      g_assert_false (pair.stream->is_open);
      heard = ws_pair_hear (&pair);
      g_assert_cmpmem (heard->data, 10, "HTTP/1.1 4", 10);
      ws_pair_clear (&pair);
    }
}

/* Whose pages are allowed, and who is no browser, are let in. */
static void
test_origins (void)
{
  static const char *const good[] = {
    GET HOST UP KEY V13 END,
    GET HOST UP KEY V13 "Origin: http://good\r\n" END,
    GET HOST UP KEY V13 "Origin: HTTPS://x\r\n" END,
  };
  const HeinWsOptions some = { .path = "/",
                               .origins = "https://x, http://good" };
  const HeinWsOptions all = { .path = "/", .origins = "*" };
  WsPair pair;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      ws_pair_init (&pair, FALSE, &some);
      ws_pair_say (&pair, good[i], strlen (good[i]), 0);
      g_assert_no_error (pair.error);
      g_assert_true (pair.stream->is_open);
      ws_pair_clear (&pair);
      ws_pair_init (&pair, FALSE, &all);
      ws_pair_say (&pair, good[i], strlen (good[i]), 0);
      g_assert_true (pair.stream->is_open);
      ws_pair_clear (&pair);
    }
}

#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static const Case responses[] = {
  CASE ("HTTP/1.1 404 Not Found\r\n" END, "404 Not Found"),
  CASE ("HTTP/1.1 401 Who\x1b\x07\r\n" END, "401 Who"),
  CASE ("HTTP/1.1 503\r\n" END, "503"),
  CASE ("HTTP/1.1 400 Bad\r\nContent-Type: text/plain\r\n" END "why\x07\nnot",
        "400 Bad to a WebSocket at the path /: why"),
  CASE ("HTTP/1.1 302 Found\r\nLocation: ws://evil/\r\n" END,
        "redirects to ws://evil/, which is not followed"),
  CASE ("HTTP/1.1 200 OK\r\n" END, "200 OK"),
  CASE ("HTTP/2 101 x\r\n" END, "does not speak WebSocket"),
  CASE (SWITCH END, "switches to something else"),
  CASE (SWITCH UP END, "Sec-WebSocket-Accept"),
  CASE (SWITCH UP ACCEPT END, "Sec-WebSocket-Accept"),
  CASE ("\x15\3\3\0\2", "encrypts"),
  CASE ("\xff\0\0\0\0\0\0\0\1\x7f", "it looks like ZMTP"),
  CASE ("SSH-2.0", "it looks like SSH"),
};

static void
test_responses (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (responses); i++)
    {
      WsPair pair;

      ws_pair_init (&pair, TRUE, NULL);
      ws_pair_say (&pair, responses[i].said, responses[i].size, 0);
      assert_refused (&pair, &responses[i]);
      ws_pair_clear (&pair);
    }
}

/* A head without an end takes so much and no more. */
static void
test_endless (void)
{
  for (guint is_dialled = 0; is_dialled < 2; is_dialled++)
    {
      const char *first = is_dialled ? SWITCH : GET;
      const gsize most = 2 * HEIN_WS_HTTP_MAX + 4096;
      WsPair pair;

      ws_pair_init (&pair, is_dialled, NULL);
      ws_pair_say (&pair, first, strlen (first), 0);
      for (guint i = 0; i < HEIN_WS_HTTP_MAX && pair.error == NULL; i++)
        {
          ws_pair_say (&pair, "a: b\r\n", 6, 0);
          g_assert_cmpuint (hein_stream_get_memory (pair.stream), <, most);
        }
      g_assert_error (pair.error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
      ws_pair_clear (&pair);
    }
}

/* More fields than are read. */
static void
test_fields (void)
{
  g_autoptr (GString) request = g_string_new (GET);
  const Case given = { "fields", 0, "too many fields" };
  WsPair pair;

  for (guint i = 0; i <= HEIN_WS_FIELDS_MAX; i++)
    g_string_append (request, "a:b\r\n");
  g_string_append (request, END);
  ws_pair_init (&pair, FALSE, NULL);
  ws_pair_say (&pair, request->str, request->len, 0);
  assert_refused (&pair, &given);
  ws_pair_clear (&pair);
}

/* ---- frames ---- */

/* With the mask 0. */
#define M "\0\0\0\0"

static const Case from_clients[] = {
  CASE ("\x82\1a", "no mask"),
  CASE ("\xc2\x81" M "a", "reserved bits"),
  CASE ("\x92\x81" M "a", "reserved bits"),
  CASE ("\x83\x81" M "a", "unknown kind"),
  CASE ("\x8b\x80" M, "unknown kind"),
  CASE ("\x81\x81" M "a", "text"),
  CASE ("\x80\x81" M "a", "second piece"),
  CASE ("\x02\x81" M "a\x82\x81" M "b", "within another one"),
  CASE ("\x09\x80" M, "control frame"),
  CASE ("\x89\xfe\0\x7e" M, "control frame"),
  CASE ("\x82\xfe\0\x7d" M, "shortest form"),
  CASE ("\x82\xff\0\0\0\0\0\0\xff\xff" M, "shortest form"),
  CASE ("\x82\xff\x80\0\0\0\0\0\0\0" M, "over 2^63"),
};

static const Case from_servers[] = {
  CASE ("\x82\x81" M "a", "has a mask"),
  CASE ("\x01\1a", "text"),
};

static void
check_frames (gboolean is_dialled, const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GByteArray) heard = NULL;
      WsPair pair;

      ws_pair_init (&pair, is_dialled, NULL);
      ws_pair_shake (&pair, NULL);
      ws_pair_say (&pair, cases[i].said, cases[i].size, 0);
      assert_refused (&pair, &cases[i]);
      heard = ws_pair_hear (&pair);
      g_assert_cmpuint (heard->len, ==, is_dialled ? 8 : 4);
      g_assert_cmpuint (heard->data[0], ==, WS_FINAL | HEIN_WS_CLOSE);
      ws_pair_clear (&pair);
    }
}

static void
test_frames (void)
{
  check_frames (FALSE, from_clients, G_N_ELEMENTS (from_clients));
  check_frames (TRUE, from_servers, G_N_ELEMENTS (from_servers));
}

static const Case zws[] = {
  CASE ("\x82\x80" M, "no flags"),
  CASE ("\x82\x81" M "\4", "none of ZWS"),
  CASE ("\x82\x82" M "\x80"
        "a",
        "none of ZWS"),
  CASE ("\x02\x80" M "\x80\x80" M, "none of ZWS"),
  CASE ("\x02\x81" M "\4\x80\x80" M, "none of ZWS"),
  CASE ("\x02\xff\0\0\0\0\0\1\0\0" M, "too large"),
  CASE ("\x02\xfe\4\0" M, "too large"),
};

/* What comes in pieces is bounded by its announced size, and is collected as it
 * comes. */
static void
test_zws (void)
{
  const HeinWsOptions options = { .path = "/",
                                  .subprotocols = "ZWS2.0/NULL",
                                  .message_max = 1023 };

  for (guint i = 0; i < G_N_ELEMENTS (zws); i++)
    {
      WsPair pair;

      ws_pair_init (&pair, FALSE, &options);
      ws_pair_shake (&pair, "ZWS2.0/NULL");
      ws_pair_say (&pair, zws[i].said, zws[i].size, 0);
      assert_refused (&pair, &zws[i]);
      ws_pair_clear (&pair);
    }
}

/* Pings that nobody wants the answers of are answered once, when there is room,
 * and not kept. */
static void
test_pings (void)
{
  WsPair pair;
  g_autoptr (GByteArray) ping = NULL;
  g_autofree char *text = g_strnfill (HEIN_WS_CONTROL_MAX, 'p');

  ws_pair_init (&pair, FALSE, NULL);
  ws_pair_shake (&pair, NULL);
  ping = ws_pair_make_frame (&pair, WS_FINAL | HEIN_WS_PING, text,
                             HEIN_WS_CONTROL_MAX);
  for (guint i = 0; i < 20000; i++)
    ws_pair_say (&pair, ping->data, ping->len, 0);
  g_assert_no_error (pair.error);
  g_assert_cmpuint (pair.stream->n_unsent, >, 0);
  g_assert_cmpuint (pair.stream->n_unsent, <, 1024);
  ws_pair_clear (&pair);
}

/* Each byte of a good handshake is changed to each value: it opens, or fails. */
static void
test_changed (void)
{
  const char good[] = GET HOST UP KEY V13 END "\x82\x81" M "a";
  char said[sizeof good];

  for (gsize at = 0; at < sizeof good - 1; at++)
    for (guint value = 0; value < 256; value += 5)
      {
        WsPair pair;

        memcpy (said, good, sizeof good);
        said[at] = (char) value;
        ws_pair_init (&pair, FALSE, NULL);
        ws_pair_say (&pair, said, sizeof good - 1, 0);
        ws_pair_clear (&pair);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/hostile/requests", test_requests);
  g_test_add_func ("/websocket/hostile/origins", test_origins);
  g_test_add_func ("/websocket/hostile/responses", test_responses);
  g_test_add_func ("/websocket/hostile/endless", test_endless);
  g_test_add_func ("/websocket/hostile/fields", test_fields);
  g_test_add_func ("/websocket/hostile/frames", test_frames);
  g_test_add_func ("/websocket/hostile/zws", test_zws);
  g_test_add_func ("/websocket/hostile/pings", test_pings);
  g_test_add_func ("/websocket/hostile/changed", test_changed);
  return g_test_run ();
}
