/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/transports/udp-multicast/multisock/multisock-long.h"
#include "../plugins/transports/udp-multicast/multisock/multisock-pickle.h"
#include "../plugins/transports/udp-multicast/multisock/multisock-value.h"
#include "multisock-test.h"

/*
 * Objects of the Python library multisock, with pickles that Python 3 writes.
 * M12 is the requirement that most of it stands for.
 */

#define JSON_MAX 100000

static GBytes *
load (const void *pickle, gsize size, gsize max_size, GError **error)
{
  g_autofree guint8 *block = copy_bytes (pickle, size);

  return multisock_pickle_to_json (block, size, max_size, error);
}

static void
assert_loads (const char *hex, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pickle = from_hex (hex);
  g_autoptr (GBytes) json = load (g_bytes_get_data (pickle, NULL),
                                  g_bytes_get_size (pickle), JSON_MAX, &error);

  g_assert_no_error (error);
  assert_bytes (json, expected, strlen (expected));
}

static void
assert_dumps (const char *json, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) pickle =
    multisock_pickle_from_json (json, strlen (json), &error);

  g_assert_no_error (error);
  assert_hex (g_bytes_get_data (pickle, NULL), g_bytes_get_size (pickle),
              expected);
}

/* @message: what the error begins with. */
static void
assert_load_fails (const void *pickle,
                   gsize size,
                   int code,
                   const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (pickle, size, JSON_MAX, &error));
  g_assert_error (error, HEIN_ERROR, code);
  if (message != NULL && !g_str_has_prefix (error->message, message))
    g_assert_cmpstr (error->message, ==, message);
}

#define LOAD_FAILS(literal, message)                                           \
  assert_load_fails (literal, sizeof (literal) - 1, HEIN_ERROR_PROTOCOL,       \
                     message)
#define LOAD_TOO_LARGE(literal, message)                                       \
  assert_load_fails (literal, sizeof (literal) - 1, HEIN_ERROR_TOO_LARGE,      \
                     message)

static void
assert_dump_fails (const char *json, int code, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (multisock_pickle_from_json (json, strlen (json), &error));
  g_assert_error (error, HEIN_ERROR, code);
  g_assert_cmpstr (error->message, ==, message);
}

/* M12: what Python writes, bit for bit, and back. */
static void
test_pickle_vectors (void)
{
  static const char *const vectors[][2] = {
    { "80044e2e", "null" },
    { "8004882e", "true" },
    { "8004892e", "false" },
    { "80044b002e", "0" },
    { "80044bff2e", "255" },
    { "80049504000000000000004d00012e", "256" },
    { "80049504000000000000004dffff2e", "65535" },
    { "80049506000000000000004a000001002e", "65536" },
    { "80049506000000000000004affffffff2e", "-1" },
    { "80049506000000000000004affffff7f2e", "2147483647" },
    { "80049506000000000000004a000000802e", "-2147483648" },
    { "80049508000000000000008a0500000080002e", "2147483648" },
    { "80049508000000000000008a05ffffff7fff2e", "-2147483649" },
    { "8004950b000000000000008a08ffffffffffffff7f2e", "9223372036854775807" },
    { "8004950b000000000000008a0800000000000000802e", "-9223372036854775808" },
    { "8004950c000000000000008a090000000000000080002e", "9223372036854775808" },
    { "8004950c000000000000008a09ffffffffffffff7fff2e",
      "-9223372036854775809" },
    { "8004950c000000000000008a090000000000000000012e",
      "18446744073709551616" },
    { "80049510000000000000008a0d00000040eaed7446d09c2c9f0c2e",
      "1000000000000000000000000000000" },
    { "80049510000000000000008a0d000000c015128bb92f63d360f32e",
      "-1000000000000000000000000000000" },
    { "8004950a00000000000000473ff80000000000002e", "1.5" },
    { "8004950a000000000000004780000000000000002e", "-0.0" },
    { "8004950a00000000000000477e37e43c8800759c2e", "1e+300" },
    { "8004950a00000000000000473fb999999999999a2e", "0.1" },
    { "8004950a00000000000000473fd33333333333342e", "0.30000000000000004" },
    { "8004950a0000000000000047430c6bf5263400002e", "1e+15" },
    { "8004950a000000000000004700000000000000012e", "4.94065645841247e-324" },
    { "80049504000000000000008c00942e", "\"\"" },
    { "8004950a000000000000008c0668656c6c6f21942e", "\"hello!\"" },
    { "8004950e000000000000008c0ac3a9e282acf09d849e00942e",
      "\"\\u00e9\\u20ac\\ud834\\udd1e\\u0000\"" },
    { "80045d942e", "[]" },
    { "80049506000000000000005d944b01612e", "[1]" },
    { "80049509000000000000005d94284b014b02652e", "[1,2]" },
    { "80047d942e", "{}" },
    { "8004950a000000000000007d948c0161944b01732e", "{\"a\":1}" },
    { "8004951e000000000000007d94288c0161944b018c0162945d9428473ff800000000000"
      "04e8865752e",
      "{\"a\":1,\"b\":[1.5,null,true]}" },
    { "80049504000000000000004300942e", "{\"__bytes__\":\"\"}" },
    { "80049507000000000000004303ff0061942e", "{\"__bytes__\":\"/wBh\"}" },
    { "8004950a00000000000000477ff80000000000002e", "{\"__float__\":\"nan\"}" },
    { "8004950a00000000000000477ff00000000000002e", "{\"__float__\":\"inf\"}" },
    { "8004950a0000000000000047fff00000000000002e",
      "{\"__float__\":\"-inf\"}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      assert_loads (vectors[i][0], vectors[i][1]);
      assert_dumps (vectors[i][1], vectors[i][0]);
    }
}

/* M12 */
static void
test_pickle_object (void)
{
  static const char object[] = "gASVCgAAAAAAAACMBmhlbGxvIZQu";
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) text =
    multisock_object_from_json ("\"hello!\"", 8, &error);
  g_autoptr (GBytes) json =
    multisock_object_to_json ((const guint8 *) object, sizeof object - 1,
                              JSON_MAX, &error);

  g_assert_no_error (error);
  ASSERT_BYTES (text, object);
  ASSERT_BYTES (json, "\"hello!\"");
  g_assert_null (
    multisock_object_to_json ((const guint8 *) "gAS", 3, JSON_MAX, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
  g_clear_error (&error);
  g_assert_null (multisock_object_from_json ("[", 1, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_PROTOCOL);
}

/* M12: what is only read: tuples, references, other protocols. */
static void
test_pickle_reads (void)
{
  static const char *const vectors[][2] = {
    { "8004292e", "[]" },
    { "80049505000000000000004b0185942e", "[1]" },
    { "80049507000000000000004b014b0286942e", "[1,2]" },
    { "80049509000000000000004b014b024b0387942e", "[1,2,3]" },
    { "8004950c00000000000000284b014b024b034b0474942e", "[1,2,3,4]" },
    { "80049512000000000000005d94285d94288c026162946802656801652e",
      "[[\"ab\",\"ab\"],[\"ab\",\"ab\"]]" },
    { "80049514000000000000007d94288c016b948c026162948c016c946802752e",
      "{\"k\":\"ab\",\"l\":\"ab\"}" },
    { "80025802000000686971002e", "\"hi\"" },
    { "80025d7100284b015801000000617101652e", "[1,\"a\"]" },
    { "80035802000000686971002e", "\"hi\"" },
    { "80034302686971002e", "{\"__bytes__\":\"aGk=\"}" },
    { "80059509000000000000005d944302686994612e",
      "[{\"__bytes__\":\"aGk=\"}]" },
    { "8005950d000000000000009602000000000000006869942e",
      "{\"__bytes__\":\"aGk=\"}" },
    { "80027d710058010000006171014b015d7102867103732e", "{\"a\":[1,[]]}" },
    { "80028a0d00000040eaed7446d09c2c9f0c2e",
      "1000000000000000000000000000000" },
    /* long forms of what is short */
    { "80048a002e", "0" },
    { "80048a03ffffff2e", "-1" },
    { "80048b0a000000010000000000000000002e", "1" },
    { "8004420200000068692e", "{\"__bytes__\":\"aGk=\"}" },
    { "80048e020000000000000068692e", "{\"__bytes__\":\"aGk=\"}" },
    { "80048d020000000000000068692e", "\"hi\"" },
    /* POP, POP_MARK, DUP, LONG_BINPUT, LONG_BINGET, a place put twice */
    { "80045d4b074b09302e", NULL },
    { "80045d4b07302e", "[]" },
    { "80045d28302e", "[]" },
    { "80045d284b074b09312e", "[]" },
    { "80045d283261652e", NULL },
    { "80044b0132862e", "[1,1]" },
    { "80044b0172050000006a05000000862e", "[1,1]" },
    { "80044b0171004b0271003068008630302e", NULL },
    { "80044b0171004b0271006800872e", "[1,2,2]" },
    /* MEMOIZE, when a place has been used twice */
    { "80044b017100304b027100304b03946801862e", "[3,3]" },
    /* the last value of a key, at the place of the first */
    { "80047d288c01614b018c01624b028c01614b03752e", "{\"a\":3,\"b\":2}" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    if (vectors[i][1] != NULL)
      assert_loads (vectors[i][0], vectors[i][1]);
    else
      {
        g_autoptr (GBytes) pickle = from_hex (vectors[i][0]);

        assert_load_fails (g_bytes_get_data (pickle, NULL),
                           g_bytes_get_size (pickle), HEIN_ERROR_PROTOCOL,
                           "pickle: ");
      }
}

/* Objects that look like those that stand for something else. */
static void
test_pickle_reserved (void)
{
  assert_loads ("80047d8c095f5f62797465735f5f8c0141732e",
                "{\"__dict__\":{\"__bytes__\":\"A\"}}");
  assert_dumps ("{\"__dict__\":{\"__bytes__\":\"A\"}}",
                "80049514000000000000007d948c095f5f62797465735f5f948c014194732"
                "e");
  assert_loads ("80047d8c085f5f646963745f5f4b01732e",
                "{\"__dict__\":{\"__dict__\":1}}");
  assert_dumps ("{\"__dict__\":{\"__dict__\":1}}",
                "80049511000000000000007d948c085f5f646963745f5f944b01732e");
  assert_loads ("80047d284300308c095f5f62797465735f5f4e8c01614e752e",
                "{\"__bytes__\":null,\"a\":null}");
  assert_dumps ("[{\"__bytes__\":\"/w==\"}]",
                "80049508000000000000005d944301ff94612e");
}

static void
test_pickle_json_errors (void)
{
  assert_dump_fails ("", HEIN_ERROR_PROTOCOL, "JSON: empty, or not UTF-8");
  assert_dump_fails ("\"\xff\"", HEIN_ERROR_PROTOCOL,
                     "JSON: empty, or not UTF-8");
  assert_dump_fails ("[1", HEIN_ERROR_PROTOCOL, "JSON: the end within a value");
  assert_dump_fails ("1 2", HEIN_ERROR_PROTOCOL,
                     "JSON: something between two values");
  assert_dump_fails ("[\"\\ud800\"]", HEIN_ERROR_PROTOCOL,
                     "JSON: half a surrogate pair");
  assert_dump_fails ("1e999", HEIN_ERROR_PROTOCOL,
                     "JSON: a number that is larger than floats are");
  assert_dump_fails ("{\"__bytes__\":\"A\"}", HEIN_ERROR_PROTOCOL,
                     "base64 without its end, or its padding");
  assert_dump_fails ("{\"__bytes__\":\"/w= =\"}", HEIN_ERROR_PROTOCOL,
                     "JSON: __bytes__ that are not base64");
  assert_dump_fails ("{\"__bytes__\":1}", HEIN_ERROR_PROTOCOL,
                     "JSON: __bytes__ or a __float__ that is not a string");
  assert_dump_fails ("{\"__float__\":\"1\"}", HEIN_ERROR_PROTOCOL,
                     "JSON: a __float__ that is neither nan nor inf nor -inf");
  assert_dump_fails ("[{\"__dict__\":1}]", HEIN_ERROR_PROTOCOL,
                     "JSON: a __dict__ that is not an object");
}

/* M12: each opcode that does more than make a plain value, by its name. */
static void
test_pickle_refused (void)
{
  static const struct
  {
    guint8 code;
    const char *name;
  } refused[] = {
    { 'F', "FLOAT" },
    { 'I', "INT" },
    { 'L', "LONG" },
    { 'P', "PERSID" },
    { 'Q', "BINPERSID" },
    { 'R', "REDUCE" },
    { 'S', "STRING" },
    { 'T', "BINSTRING" },
    { 'U', "SHORT_BINSTRING" },
    { 'V', "UNICODE" },
    { 'b', "BUILD" },
    { 'c', "GLOBAL" },
    { 'd', "DICT" },
    { 'g', "GET" },
    { 'i', "INST" },
    { 'l', "LIST" },
    { 'o', "OBJ" },
    { 'p', "PUT" },
    { 0x81, "NEWOBJ" },
    { 0x82, "EXT1" },
    { 0x83, "EXT2" },
    { 0x84, "EXT4" },
    { 0x8f, "EMPTY_SET" },
    { 0x90, "ADDITEMS" },
    { 0x91, "FROZENSET" },
    { 0x92, "NEWOBJ_EX" },
    { 0x93, "STACK_GLOBAL" },
    { 0x97, "NEXT_BUFFER" },
    { 0x98, "READONLY_BUFFER" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      /* behind enough for it to work on */
      const guint8 pickle[] = { 0x80, 4,    '(', ')', ')', refused[i].code,
                                '\n', '\n', '.' };
      g_autofree char *message = g_strdup_printf (
        "pickle: the opcode %s, which is not among the safe ones",
        refused[i].name);

      assert_load_fails (pickle, sizeof pickle, HEIN_ERROR_PROTOCOL, message);
    }
  LOAD_FAILS ("\x80\4\xff", "pickle: the opcode 0xff, which does not exist");
  LOAD_FAILS ("\x80\4\0", "pickle: the opcode 0x00, which does not exist");
}

/* M12: Python would run posix.system ("true") at each of them. */
static void
test_pickle_hostile (void)
{
  LOAD_FAILS ("cposix\nsystem\np0\n(Vtrue\np1\ntp2\nRp3\n.",
              "pickle: the opcode GLOBAL");
  LOAD_FAILS ("\x80\2cposix\nsystem\nq\0X\4\0\0\0trueq\1\x85q\2Rq\3.",
              "pickle: the opcode GLOBAL");
  LOAD_FAILS ("\x80\4\x95\x1f\0\0\0\0\0\0\0\x8c\5posix\x94\x8c\6system\x94\x93"
              "\x94\x8c\4true\x94\x85\x94R\x94.",
              "pickle: the opcode STACK_GLOBAL");
  LOAD_FAILS ("(X\4\0\0\0trueiposix\nsystem\n.", "pickle: the opcode INST");
  LOAD_FAILS ("\x80\2)\x81}b.", "pickle: the opcode NEWOBJ");
  LOAD_FAILS ("\x80\2\x82\1.", "pickle: the opcode EXT1");
  LOAD_FAILS ("Pname\n.", "pickle: the opcode PERSID");
}

static void
test_pickle_damaged (void)
{
  LOAD_FAILS ("", "pickle: the end before STOP");
  LOAD_FAILS (".", "pickle: not one value at the end");
  LOAD_FAILS ("NN.", "pickle: not one value at the end");
  LOAD_FAILS ("N(.", "pickle: not one value at the end");
  LOAD_FAILS ("N..", "pickle: bytes behind STOP");
  LOAD_FAILS ("\x80\6N.", "pickle: a protocol above 5");
  LOAD_FAILS ("Na.", "pickle: a stack that is too short");
  LOAD_FAILS ("](a.", "pickle: a stack that is too short");
  LOAD_FAILS ("0.", "pickle: no mark where one is needed");
  LOAD_FAILS ("1.", "pickle: no mark where one is needed");
  LOAD_FAILS ("2.", "pickle: a stack that is too short");
  LOAD_FAILS ("t.", "pickle: no mark where one is needed");
  LOAD_FAILS ("e.", "pickle: no mark where one is needed");
  LOAD_FAILS ("(Ne.", "pickle: a stack that is too short");
  LOAD_FAILS ("u.", "pickle: no mark where one is needed");
  LOAD_FAILS ("N\x86.", "pickle: a stack that is too short");
  LOAD_FAILS (")Na.",
              "pickle: values that go into something that is not a list");
  LOAD_FAILS ("}Na.",
              "pickle: values that go into something that is not a list");
  LOAD_FAILS (
    "}(NNNu.",
    "pickle: pairs that are none, or go into something that is not a dict");
  LOAD_FAILS (
    "](NNu.",
    "pickle: pairs that are none, or go into something that is not a dict");
  LOAD_FAILS ("}NNs.", "a dict with a key that is not text");
  LOAD_FAILS ("}K\1Ns.", "a dict with a key that is not text");
  LOAD_FAILS ("h\0.", "pickle: a place of the memo where nothing is");
  LOAD_FAILS ("Nq\5h\4.", "pickle: a place of the memo where nothing is");
  LOAD_FAILS ("Nj\xff\xff\xff\xff.",
              "pickle: a place of the memo where nothing is");
  LOAD_FAILS ("\x94.", "pickle: a stack that is too short");
  LOAD_FAILS ("\x8c\1\xff.", "pickle: a text that is not UTF-8");
  LOAD_FAILS ("\x8c\3\355\240\200.", "pickle: a text that is not UTF-8");
}

/* A bit of everything that Python writes. */
static GBytes *
make_rich_pickle (void)
{
  return from_hex ("800495cb010000000000007d94288c026162945d94284b014d02014a00"
                   "0001008a050000008000473ff80000000000008a090000000000000000"
                   "404afbffffff658c02c3a994284b014b024b038594284b014b024b034b"
                   "04749474948c0162944302ff00948c016e944e8c0174945d9428888965"
                   "8c046c6f6e6794582c0100007878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "7878787878787878787878787878787878787878787878787878787878"
                   "78787878787878787878787878787878787878787878948c0164947d94"
                   "288c0178947d948c0179945d945d9461758c05616761696e945d942868"
                   "01680165752e");
}

/* M12: whatever is there, it is read or refused; what was read can be written,
 * and is then read as the same. */
static void
check_any (const guint8 *pickle, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) json = load (pickle, size, JSON_MAX, &error);
  g_autoptr (GBytes) written = NULL;
  g_autoptr (GBytes) again = NULL;

  g_assert_true ((json == NULL) == (error != NULL));
  if (json == NULL)
    return;
  written = multisock_pickle_from_json (g_bytes_get_data (json, NULL),
                                        g_bytes_get_size (json), &error);
  g_assert_no_error (error);
  again = load (g_bytes_get_data (written, NULL), g_bytes_get_size (written),
                JSON_MAX, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (json, again));
}

static void
test_pickle_truncated (void)
{
  g_autoptr (GBytes) pickle = make_rich_pickle ();
  gsize size;
  const guint8 *data = g_bytes_get_data (pickle, &size);

  check_any (data, size);
  for (gsize n = 0; n < size; n++)
    assert_load_fails (data, n, HEIN_ERROR_PROTOCOL, "pickle: the end ");
  /* and without the frame, which says how long it is */
  for (gsize n = 11; n < size; n++)
    assert_load_fails (data + 11, n - 11, HEIN_ERROR_PROTOCOL,
                       "pickle: the end ");
}

static void
test_pickle_flipped (void)
{
  g_autoptr (GBytes) pickle = make_rich_pickle ();
  gsize size;
  const guint8 *data = g_bytes_get_data (pickle, &size);
  g_autofree guint8 *changed = g_memdup2 (data, size);
  guint n_read = 0;

  for (gsize bit = 0; bit < size * 8; bit++)
    {
      changed[bit / 8] ^= 1 << bit % 8;
      check_any (changed, size);
      changed[bit / 8] ^= 1 << bit % 8;
    }
  for (gsize at = 0; at < size; at++)
    for (guint byte = at % 5; byte < 256; byte += 5)
      {
        g_autoptr (GBytes) json = NULL;

        changed[at] = byte;
        json = load (changed, size, JSON_MAX, NULL);
        n_read += json != NULL;
        changed[at] = data[at];
      }
  g_assert_cmpuint (n_read, >, 0);
}

/* M12: sizes are compared with what is there, before anything is allocated. */
static void
test_pickle_sizes (void)
{
  LOAD_FAILS ("\x8c\3a.", "pickle: the end within an opcode");
  LOAD_FAILS ("X\xff\xff\xff\xff.", "pickle: the end within an opcode");
  LOAD_FAILS ("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
              "pickle: the end within an opcode");
  LOAD_FAILS ("B\xff\xff\xff\x7f.", "pickle: the end within an opcode");
  LOAD_FAILS ("\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
              "pickle: the end within an opcode");
  LOAD_FAILS ("\x96\1\0\0\0\0\0\0\x80.", "pickle: the end within an opcode");
  LOAD_FAILS ("\x8a\xff.", "pickle: the end within an opcode");
  LOAD_FAILS ("\x8b\xff\xff\xff\xff.", "pickle: the end within an opcode");
  LOAD_FAILS ("\x95\2\0\0\0\0\0\0\0.", "pickle: the end within a frame");
  LOAD_FAILS ("\x95\xff\xff\xff\xff\xff\xff\xff\xff.",
              "pickle: the end within a frame");
  LOAD_TOO_LARGE ("Nr\0\0\1\0.", "pickle: more than 65536 places");
  LOAD_TOO_LARGE ("Nr\xff\xff\xff\xff.", "pickle: more than 65536 places");
}

/* @n times @byte, and STOP. */
static void
assert_flood_fails (const char *begin, guint8 byte, const char *message)
{
  g_autoptr (GString) pickle = g_string_new (begin);

  for (guint i = 0; i <= MULTISOCK_VALUES_MAX; i++)
    g_string_append_c (pickle, byte);
  g_string_append_c (pickle, '.');
  assert_load_fails (pickle->str, pickle->len, HEIN_ERROR_TOO_LARGE, message);
}

static void
test_pickle_floods (void)
{
  assert_flood_fails ("", 'N', "an object of more than 65536 values");
  assert_flood_fails ("N", '2', "pickle: more than 65536 values");
  assert_flood_fails ("", '(', "pickle: more than 65536 marks");
  assert_flood_fails ("", ']', "an object of more than 65536 values");
}

static void
test_json_floods (void)
{
  g_autoptr (GString) json = g_string_new ("[");
  g_autoptr (GString) digits = g_string_new ("1");

  for (guint i = 0; i < MULTISOCK_VALUES_MAX; i++)
    g_string_append (json, i > 0 ? ",0" : "0");
  g_string_append_c (json, ']');
  assert_dump_fails (json->str, HEIN_ERROR_TOO_LARGE,
                     "an object of more than 65536 values");
  for (guint i = 0; i < 100000; i++)
    g_string_append_c (digits, '0');
  assert_dump_fails (digits->str, HEIN_ERROR_TOO_LARGE,
                     "an integer of more than 255 bytes");
}

static void
append_levels (GString *to, guint n)
{
  for (guint i = 0; i < n; i++)
    g_string_append_c (to, ']');
}

/* A list in a list, @n times, around @leaf. */
static GString *
make_deep (guint n, const char *leaf)
{
  GString *pickle = g_string_new (NULL);

  append_levels (pickle, n);
  g_string_append (pickle, leaf);
  for (guint i = 0; i < n; i++)
    g_string_append_c (pickle, 'a');
  g_string_append_c (pickle, '.');
  return pickle;
}

/* M12 */
static void
test_pickle_depth (void)
{
  g_autoptr (GString) deep = make_deep (64, "N");
  g_autoptr (GString) deeper = make_deep (65, "N");
  g_autoptr (GString) deepest = make_deep (30000, "N");
  g_autoptr (GString) bytes = make_deep (63, "C\1a");
  g_autoptr (GString) more_bytes = make_deep (64, "C\1a");

  check_any ((const guint8 *) deep->str, deep->len);
  assert_load_fails (deeper->str, deeper->len, HEIN_ERROR_TOO_LARGE,
                     "an object of more than 64 levels");
  assert_load_fails (deepest->str, deepest->len, HEIN_ERROR_TOO_LARGE,
                     "an object of more than 64 levels");
  check_any ((const guint8 *) bytes->str, bytes->len);
  assert_load_fails (more_bytes->str, more_bytes->len, HEIN_ERROR_TOO_LARGE,
                     "an object of more than 64 levels");
}

/* M12: lists and dicts in themselves. */
static void
test_pickle_in_itself (void)
{
  LOAD_TOO_LARGE ("]\x94(h\0h\0h\0e.", "an object of more than");
  LOAD_TOO_LARGE ("]\x94h\0a.", "an object of more than 64 levels");
  LOAD_TOO_LARGE ("}\x94\x8c\1ah\0s.", "an object of more than 64 levels");
  LOAD_TOO_LARGE ("]\x94h\0\205a.", "an object of more than 64 levels");
}

/* Each list has the one before ten times: 10^n texts. */
static GString *
make_laughs (guint n_levels)
{
  GString *pickle = g_string_new ("\x8c\3ha!");

  for (guint level = 0; level < n_levels; level++)
    {
      g_string_append_printf (pickle, "q%c0](", (int) level + 1);
      for (guint i = 0; i < 10; i++)
        g_string_append_printf (pickle, "h%c", (int) level + 1);
      g_string_append_c (pickle, 'e');
    }
  g_string_append_c (pickle, '.');
  return pickle;
}

/* M12 */
static void
test_pickle_laughs (void)
{
  g_autoptr (GString) few = make_laughs (3);
  g_autoptr (GString) many = make_laughs (30);

  check_any ((const guint8 *) few->str, few->len);
  g_assert_cmpuint (many->len, <, 1000);
  assert_load_fails (many->str, many->len, HEIN_ERROR_TOO_LARGE,
                     "an object of more than 100000 bytes of JSON");
}

/* The limit is exact. */
static void
test_pickle_max_size (void)
{
  static const char pickle[] = "](K\1K\2\x8c\1ae."; /* [1,2,"a"] */

  for (gsize max_size = 0; max_size < 12; max_size++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) json =
        load (pickle, sizeof pickle - 1, max_size, &error);

      if (max_size < 9)
        g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
      else
        ASSERT_BYTES (json, "[1,2,\"a\"]");
    }
}

/* Past one batch, and past short texts. */
static void
test_pickle_batches (void)
{
  static const guint sizes[] = { 999, 1000, 1001, 2000, 2001 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GString) json = g_string_new ("[");
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) pickle = NULL;
      g_autoptr (GBytes) again = NULL;

      for (guint n = 0; n < sizes[i]; n++)
        g_string_append_printf (json, "%s%u", n > 0 ? "," : "", n);
      g_string_append_c (json, ']');
      pickle = multisock_pickle_from_json (json->str, json->len, &error);
      g_assert_no_error (error);
      again = load (g_bytes_get_data (pickle, NULL), g_bytes_get_size (pickle),
                    JSON_MAX, &error);
      g_assert_no_error (error);
      assert_bytes (again, json->str, json->len);
    }
}

static void
test_pickle_long_texts (void)
{
  static const guint sizes[] = { 255, 256, 65535, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strnfill (sizes[i], 'a');
      g_autofree char *json = g_strdup_printf ("\"%s\"", text);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) pickle =
        multisock_pickle_from_json (json, strlen (json), &error);
      g_autoptr (GBytes) again =
        load (g_bytes_get_data (pickle, NULL), g_bytes_get_size (pickle),
              JSON_MAX, &error);

      g_assert_no_error (error);
      assert_bytes (again, json, strlen (json));
      g_assert_cmpuint (g_bytes_get_size (pickle), ==,
                        13 + (sizes[i] < 256 ? 2 : 5) + sizes[i]);
    }
}

/* ---- integers past 64 bits ---- */

static void
assert_long (const guint8 *bytes, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *decimal = multisock_long_to_decimal (bytes, size);
  guint8 again[MULTISOCK_LONG_MAX];
  const gsize again_size =
    multisock_long_from_decimal (decimal, strlen (decimal), again, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (again, again_size, bytes, multisock_long_trim (bytes, size));
}

/* At the limits: 2^(8n-1) - 1 and -2^(8n-1), of every size, and mixed. */
static void
test_long_round_trip (void)
{
  guint8 bytes[MULTISOCK_LONG_MAX];

  for (gsize size = 1; size <= sizeof bytes; size++)
    {
      memset (bytes, 0xff, size);
      assert_long (bytes, size);
      bytes[size - 1] = 0x7f;
      assert_long (bytes, size);
      memset (bytes, 0, size);
      assert_long (bytes, size);
      bytes[size - 1] = 0x80;
      assert_long (bytes, size);
      for (gsize i = 0; i < size; i++)
        bytes[i] = (size + i) * 37;
      assert_long (bytes, size);
    }
}

static void
test_long_limits (void)
{
  g_autoptr (GError) error = NULL;
  guint8 bytes[MULTISOCK_LONG_MAX] = { 0 };
  g_autofree char *lowest = NULL;

  bytes[sizeof bytes - 1] = 0x80;
  lowest = multisock_long_to_decimal (bytes, sizeof bytes);
  g_assert_cmpuint (multisock_long_from_decimal (lowest, strlen (lowest), bytes,
                                                 &error),
                    ==, 255);
  /* without its sign it needs one bit more */
  g_assert_cmpuint (multisock_long_from_decimal (lowest + 1,
                                                 strlen (lowest) - 1, bytes,
                                                 &error),
                    ==, 0);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_TOO_LARGE);
}

static void
test_long_too_large (void)
{
  g_autoptr (GString) fits = g_string_new ("\x8b");
  g_autoptr (GString) repeats = g_string_new ("\x8b");
  g_autoptr (GString) large = g_string_new ("\x8b");

  g_string_append_len (fits, "\xff\0\0\0", 4);
  g_string_append_len (repeats, "\0\1\0\0", 4);
  g_string_append_len (large, "\0\1\0\0", 4);
  for (guint i = 0; i < 255; i++)
    {
      g_string_append_c (fits, 1);
      g_string_append_c (repeats, 1);
      g_string_append_c (large, 1);
    }
  g_string_append_c (fits, '.');
  g_string_append_len (repeats, "\0.", 2);
  g_string_append_len (large, "\1.", 2);
  check_any ((const guint8 *) fits->str, fits->len);
  check_any ((const guint8 *) repeats->str, repeats->len);
  assert_load_fails (large->str, large->len, HEIN_ERROR_TOO_LARGE,
                     "pickle: an integer of more than 255 bytes");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/multisock/pickle/vectors", test_pickle_vectors);
  g_test_add_func ("/multisock/pickle/object", test_pickle_object);
  g_test_add_func ("/multisock/pickle/reads", test_pickle_reads);
  g_test_add_func ("/multisock/pickle/reserved", test_pickle_reserved);
  g_test_add_func ("/multisock/pickle/json-errors", test_pickle_json_errors);
  g_test_add_func ("/multisock/pickle/refused", test_pickle_refused);
  g_test_add_func ("/multisock/pickle/hostile", test_pickle_hostile);
  g_test_add_func ("/multisock/pickle/damaged", test_pickle_damaged);
  g_test_add_func ("/multisock/pickle/truncated", test_pickle_truncated);
  g_test_add_func ("/multisock/pickle/flipped", test_pickle_flipped);
  g_test_add_func ("/multisock/pickle/sizes", test_pickle_sizes);
  g_test_add_func ("/multisock/pickle/floods", test_pickle_floods);
  g_test_add_func ("/multisock/json/floods", test_json_floods);
  g_test_add_func ("/multisock/pickle/depth", test_pickle_depth);
  g_test_add_func ("/multisock/pickle/in-itself", test_pickle_in_itself);
  g_test_add_func ("/multisock/pickle/laughs", test_pickle_laughs);
  g_test_add_func ("/multisock/pickle/max-size", test_pickle_max_size);
  g_test_add_func ("/multisock/pickle/batches", test_pickle_batches);
  g_test_add_func ("/multisock/pickle/long-texts", test_pickle_long_texts);
  g_test_add_func ("/multisock/long/round-trip", test_long_round_trip);
  g_test_add_func ("/multisock/long/limits", test_long_limits);
  g_test_add_func ("/multisock/long/too-large", test_long_too_large);
  return g_test_run ();
}
