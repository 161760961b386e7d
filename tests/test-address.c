/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <hein/hein-enums.h>

#include "base/hein-address.h"
#include "base/hein-option.h"
#include "hein-uri.h"

#define URI_MAX 4096

typedef struct
{
  const char *uri;
  const char *transport;
  const char *protocol;
  const char *host;
  int port;
  const char *path;
  const char *options; /* "name=value|name=value" decoded */
} Good;

static const Good good[] = {
  { "tcp://host:5555", "tcp", NULL, "host", 5555, "", "" },
  { "TCP://host:0", "tcp", NULL, "host", 0, "", "" },
  { "tcp+soc://host:65535", "tcp", "soc", "host", 65535, "", "" },
  { "tcp://*:80", "tcp", NULL, "*", 80, "", "" },
  { "tcp://:80", "tcp", NULL, "", 80, "", "" },
  { "tcp://[::1]:80", "tcp", NULL, "::1", 80, "", "" },
  { "tcp://[fe80::1%25eth0]", "tcp", NULL, "fe80::1%eth0", -1, "", "" },
  { "tcp://h:1,i:2,[::1]:3/p?a=b", "tcp", NULL, "h", 1, "/p", "a=b" },
  { "inproc://a%2Cb", "inproc", NULL, "a,b", -1, "", "" },
  { "tcp://h%C3%A4n", "tcp", NULL, "h\xc3\xa4n", -1, "", "" },
  { "unix:///tmp/a%20b", "unix", NULL, "", -1, "/tmp/a b", "" },
  { "unix:/tmp/x", "unix", NULL, "", -1, "/tmp/x", "" },
  { "unix:@name", "unix", NULL, "", -1, "@name", "" },
  { "unix:/a//b?c=d", "unix", NULL, "", -1, "/a//b", "c=d" },
  { "inproc://name", "inproc", NULL, "name", -1, "", "" },
  { "udp-multicast://239.0.0.1:9?ttl=1", "udp-multicast", NULL, "239.0.0.1", 9,
    "", "ttl=1" },
  { "tcp://h:1/p?a=b&c=d=e&f=", "tcp", NULL, "h", 1, "/p", "a=b|c=d=e|f=" },
  { "tcp://h?a=x%26b=y%3Fz/?", "tcp", NULL, "h", -1, "", "a=x&b=y?z/?" },
  { "tcp://h?key-file=/a+b%2B", "tcp", NULL, "h", -1, "", "key-file=/a+b+" },
};

typedef struct
{
  const char *uri;
  const char *text; /* of the error, after the URI */
} Bad;

static const Bad bad[] = {
  { "", "address '' has no scheme*" },
  { "tcp", "address 'tcp' has no scheme*" },
  { "?a=b:c", "address '?a=b:c' has no scheme*" },
  { "://h", "scheme '' is not*" },
  { "+soc://h", "scheme '+soc' is not*" },
  { "tcp+://h", "scheme 'tcp+' is not*" },
  { "tcp+a+b://h", "scheme 'tcp+a+b' is not*" },
  { "1tcp://h", "scheme '1tcp' is not*" },
  { "t/../cp://h", "scheme 't/../cp' is not*" },
  { "tcp://user@h:1", "host 'user@h:1' has user info*" },
  { "tcp://h:1#part", "fragment '#part' is not allowed*" },
  { "tcp://h:", "port '' is not*" },
  { "tcp://h:65536", "port '65536' is not*" },
  { "tcp://h:99999999999999999999", "port '99999999999999999999' is not*" },
  { "tcp://h:-1", "port '-1' is not*" },
  { "tcp://h:+1", "port '+1' is not*" },
  { "tcp://h: 1", "port ' 1' is not*" },
  { "tcp://h:1x", "port '1x' is not*" },
  { "tcp://h:0x1", "port '0x1' is not*" },
  { "tcp://[::1]:", "port '' is not*" },
  { "tcp://[::1", "host '[::1' is not*" },
  { "tcp://[::1]80", "host '[::1]80' is not*" },
  { "tcp://[name]:80", "host '[name]:80' is not an IPv6*" },
  { "tcp://[1.2.3.4]:80", "host '[1.2.3.4]:80' is not an IPv6*" },
  { "tcp://::1:80", "host '::1:80' has more than one*" },
  { "tcp://h:1,", "host 'h:1,' has nothing before or behind*" },
  { "tcp://,h:1", "host ',h:1' has nothing before or behind*" },
  { "tcp://h:1,,i:1", "host 'h:1,,i:1' has nothing before or behind*" },
  { "tcp://h:1,i:x", "port 'x' is not*" },
  { "tcp://h:1,[::1", "host '[::1' is not*" },
  { "tcp://h:1,i@j:1", "host 'h:1,i@j:1' has user info*" },
  { "127.0.0.1:1,i:1", "a transport is missing, write tcp://127.0.0.1:1,i:1*" },
  { "tcp://h%0", "host 'h%0' has a %*" },
  { "tcp://h%zz", "host 'h%zz' has a %*" },
  { "tcp://h%", "host 'h%' has a %*" },
  { "tcp://h%00i", "host 'h%00i' has a control*" },
  { "tcp://h%0Ai", "host 'h%0Ai' has a control*" },
  { "unix:///a%FF", "path '/a%FF' has a control*" },
  { "tcp://h?", "option '' is empty*" },
  { "tcp://h?a", "option 'a' has no '='" },
  { "tcp://h?a=b&", "option '' has no '='" },
  { "tcp://h?=b", "option '' is not of*" },
  { "tcp://h?a_b=c", "option 'a_b' is not of*" },
  { "tcp://h?a=b&a=b", "option 'a' is given twice" },
  { "tcp://h?a=b&%61=b", "option 'a' is given twice" },
  { "tcp://h?a=%7", "option a '%7' has a %*" },
  { "tcp://h?a=%1b", "option a '%1b' has a control*" },
  { "tcp://h\n", "address 'tcp://h\\n' has a control*" },
  { "tcp://\xc3(", "address 'tcp://\\303(' has a control*" },
};

static char *
join_options (const HeinAddress *address)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  guint n = g_strv_length (address->names);

  g_assert_cmpuint (g_strv_length (address->values), ==, n);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (texts, g_strconcat (address->names[i], "=",
                                         address->values[i], NULL));
  g_ptr_array_add (texts, NULL);
  return g_strjoinv ("|", (char **) texts->pdata);
}

static void
test_good (gconstpointer data)
{
  const Good *expected = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinAddress) address = hein_address_parse (expected->uri, &error);
  g_autofree char *options = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (address->uri, ==, expected->uri);
  g_assert_cmpstr (address->transport, ==, expected->transport);
  g_assert_cmpstr (address->protocol, ==, expected->protocol);
  g_assert_cmpstr (address->host, ==, expected->host);
  g_assert_cmpint (address->port, ==, expected->port);
  g_assert_cmpstr (address->path, ==, expected->path);
  options = join_options (address);
  g_assert_cmpstr (options, ==, expected->options);
}

static void
test_bad (gconstpointer data)
{
  const Bad *expected = data;
  g_autoptr (GError) error = NULL;
  HeinAddress *address = hein_address_parse (expected->uri, &error);
  const char *text;

  g_assert_null (address);
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  text = error->message;
  if (g_str_has_prefix (text, expected->uri) && *expected->uri != '\0')
    text += strlen (expected->uri) + 2;
  else if (g_str_has_prefix (text, ": "))
    text += 2;
  if (!g_pattern_match_simple (expected->text, text))
    g_error ("'%s' does not match '%s'", text, expected->text);
}

static void
test_places (void)
{
  static const HeinPlace expected[] = { { (char *) "h", 1 },
                                        { (char *) "i", -1 },
                                        { (char *) "::1", 65535 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (HeinAddress) address =
    hein_address_parse ("tcp://h:1,i,[::1]:65535", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (address->places->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      const HeinPlace *place = address->places->pdata[i];

      g_assert_cmpstr (place->host, ==, expected[i].host);
      g_assert_cmpint (place->port, ==, expected[i].port);
    }
}

static void
test_too_many (void)
{
  GString *uri = g_string_new ("tcp://h:1");
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < HEIN_PLACES_MAX; i++)
    g_string_append (uri, ",h:1");
  hein_address_free (hein_address_parse (uri->str, &error));
  g_assert_no_error (error);
  g_string_append (uri, ",h:1");
  g_assert_null (hein_address_parse (uri->str, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  g_assert_nonnull (strstr (error->message, "more than 64 hosts"));
  g_string_free (uri, TRUE);
}

static void
test_length (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = g_strnfill (URI_MAX + 1, 'x');
  HeinAddress *address;

  memcpy (uri, "unix:/", 6);
  g_assert_null (hein_address_parse (uri, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  uri[URI_MAX] = '\0';
  address = hein_address_parse (uri, NULL);
  g_assert_nonnull (address);
  hein_address_free (address);
}

static void
assert_with_option (const char *uri, const char *value, const char *expected)
{
  g_autoptr (HeinAddress) address = hein_address_parse (uri, NULL);
  g_autofree char *with =
    hein_address_dup_with_option (address, "plaintext", value);

  g_assert_cmpstr (with, ==, expected);
}

static void
test_with_option (void)
{
  assert_with_option ("tcp://h:1", "yes", "tcp://h:1?plaintext=yes");
  assert_with_option ("tcp://h:1?a=b", "yes", "tcp://h:1?a=b&plaintext=yes");
  assert_with_option ("tcp://h:1?plaintext=no&a=%26", "yes",
                      "tcp://h:1?a=%26&plaintext=yes");
  assert_with_option ("unix:@a", "x&y=%", "unix:@a?plaintext=x%26y%3D%25");
}

static void
assert_bound (const char *uri, const char *host, int port, const char *expected)
{
  g_autoptr (HeinAddress) address = hein_address_parse (uri, NULL);
  g_autofree char *bound = hein_address_dup_bound (address, host, port);

  g_assert_cmpstr (bound, ==, expected);
}

static void
test_bound (void)
{
  assert_bound ("tcp+soc://*:0?a=b", "::", 7, "tcp+soc://[::]:7?a=b");
  assert_bound ("tcp://h:0/p", "127.0.0.1", 80, "tcp://127.0.0.1:80/p");
  assert_bound ("tcp://h:0", "fe80::1%e", 1, "tcp://[fe80::1%25e]:1");
  assert_bound ("inproc://a", "b:c", -1, "inproc://b%3Ac");
  assert_bound ("unix:@a?b=c", "x", 1, "unix:@a?b=c");
}

static void
test_hide_secrets (void)
{
  static const char *const uris[][2] = {
    { "tcp://h:1", "tcp://h:1" },
    { "udp-multicast://g:1?format=multisock&key=pwd&iv=phrase",
      "udp-multicast://g:1?format=multisock&key=…&iv=…" },
    { "x:?key-file=/k&passphrase-file=/p&monkey=m&key-s=s&div=4",
      "x:?key-file=/k&passphrase-file=/p&monkey=m&key-s=s&div=4" },
    { "x:?curve-key=/k&other-curve-key=k",
      "x:?curve-key=/k&other-curve-key=…" },
    { "x:?api-token=t&a-secret=s&password=p&passphrase=q&shared-key=k",
      "x:?api-token=…&a-secret=…&password=…&passphrase=…&shared-key=…" },
    { "x:?%6Bey=pwd&%61=b&%zz=c&key=a=b&key&key=",
      "x:?%6Bey=…&%61=b&%zz=…&key=…&key&key=…" },
    { "x?key=a?key=b#c&a=1\n", "x?key=…&a=1\n" },
    { "", "" },
    { "?", "?" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autofree char *shown = hein_uri_hide_secrets (uris[i][0]);

      g_assert_cmpstr (shown, ==, uris[i][1]);
    }
}

/* Whatever is wrong with an address, the error does not tell the secret. */
static void
test_errors_hide_secrets (void)
{
  static const char *const uris[] = {
    "?key=pwd",           "tcp?key=pwd:",      "tcp://h:x?key=pwd",
    "tcp://h?key=pwd%",   "tcp://h?key=pwd%1", "tcp://h?key=pwd&",
    "tcp://h?key=p\npwd", "tcp://h?key=p#pwd", "tcp://h?key=1&key=pwd",
    "1://h?%6bey=pwd",    "tcp://h?iv=pwd%01",
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (hein_address_parse (uris[i], &error));
      g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
      g_assert_null (strstr (error->message, "pwd"));
    }
}

/* An object with an option of each kind. */
typedef struct
{
  GObject parent_instance;
} Sample;
typedef GObjectClass SampleClass;

GType sample_get_type (void);
G_DEFINE_TYPE (Sample, sample, G_TYPE_OBJECT)

static void
sample_set_property (GObject *object,
                     guint id,
                     const GValue *value,
                     GParamSpec *pspec)
{
}

static void
sample_get_property (GObject *object,
                     guint id,
                     GValue *value,
                     GParamSpec *pspec)
{
}

static void
sample_class_init (SampleClass *class)
{
  GParamFlags flags = G_PARAM_WRITABLE;
  GParamSpec *specs[] = {
    NULL,
    g_param_spec_boolean ("flag", NULL, NULL, FALSE, flags),
    g_param_spec_int ("number", NULL, NULL, -5, 5, 0, flags),
    g_param_spec_uint ("count-ms", NULL, NULL, 1, 10, 1, flags),
    g_param_spec_int64 ("wide", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags),
    g_param_spec_uint64 ("size", NULL, NULL, 0, G_MAXUINT64, 0, flags),
    g_param_spec_double ("ratio", NULL, NULL, 0, 1, 0, flags),
    g_param_spec_string ("text", NULL, NULL, NULL, flags),
    g_param_spec_int ("key", NULL, NULL, 0, 5, 0, flags),
    g_param_spec_enum ("overflow", NULL, NULL, HEIN_TYPE_OVERFLOW,
                       HEIN_OVERFLOW_DEFAULT, flags),
    g_param_spec_object ("object", NULL, NULL, G_TYPE_OBJECT, flags),
    g_param_spec_pointer ("pointer", NULL, NULL, flags),
    g_param_spec_int ("result", NULL, NULL, 0, 1, 0, G_PARAM_READABLE),
  };

  class->set_property = sample_set_property;
  class->get_property = sample_get_property;
  g_object_class_install_properties (class, G_N_ELEMENTS (specs), specs);
}

static void
sample_init (Sample *self)
{
}

static void
assert_option (const char *name, const char *text, const char *expected)
{
  GObjectClass *class = g_type_class_ref (sample_get_type ());
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = NULL;

  g_assert_true (hein_option_parse (class, name, text, &value, &error));
  g_assert_no_error (error);
  g_assert_true (G_VALUE_TYPE (&value) ==
                 g_object_class_find_property (class, name)->value_type);
  shown = g_strdup_value_contents (&value);
  g_assert_cmpstr (shown, ==, expected);
  g_type_class_unref (class);
}

static void
test_option_values (void)
{
  assert_option ("flag", "yes", "TRUE");
  assert_option ("flag", "no", "FALSE");
  assert_option ("number", "-5", "-5");
  assert_option ("count-ms", "10", "10");
  assert_option ("wide", "-9223372036854775808", "-9223372036854775808");
  assert_option ("size", "18446744073709551615", "18446744073709551615");
  assert_option ("ratio", "0.5", "0.500000");
  assert_option ("text", "", "\"\"");
  assert_option ("text", "a b", "\"a b\"");
  assert_option ("overflow", "drop-oldest",
                 "((HeinOverflow) HEIN_OVERFLOW_DROP_OLDEST)");
}

static void
assert_no_option (const char *name, const char *text, const char *pattern)
{
  GObjectClass *class = g_type_class_ref (sample_get_type ());
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_false (hein_option_parse (class, name, text, &value, &error));
  g_assert_error (error, HEIN_ERROR, HEIN_ERROR_BAD_ADDRESS);
  if (!g_pattern_match_simple (pattern, error->message))
    g_error ("'%s' does not match '%s'", error->message, pattern);
  g_type_class_unref (class);
}

static void
test_option_errors (void)
{
  assert_no_option ("flag", "true", "option 'flag' takes yes, no, not 'true'");
  assert_no_option ("number", "6", "option 'number' takes -5 to 5, not '6'");
  assert_no_option ("number", "", "option 'number' takes*");
  assert_no_option ("number", "1 ", "option 'number' takes*");
  assert_no_option ("count-ms", "0", "*takes 1 to 10, not '0'");
  assert_no_option ("count-ms", "-1", "*takes 1 to 10*");
  assert_no_option ("count-ms", "4294967297", "*takes 1 to 10*");
  assert_no_option ("wide", "9223372036854775808", "*'wide' takes*");
  assert_no_option ("size", "18446744073709551616", "*'size' takes*");
  assert_no_option ("ratio", "1.1", "*takes 0 to 1, not '1.1'");
  assert_no_option ("ratio", "nan", "*'ratio' takes*");
  assert_no_option ("ratio", "", "*'ratio' takes*");
  assert_no_option ("overflow", "drop", "*takes default, wait, drop-oldest*");
  assert_no_option ("nothing", "x",
                    "option 'nothing' is not known here*known are:*text*");
  assert_no_option ("object", "x", "option 'object' is not known here*");
  assert_no_option ("pointer", "x", "option 'pointer' is not known here*");
  assert_no_option ("key", "1234", "option 'key' takes 0 to 5, not '…'");
  assert_no_option ("result", "1", "option 'result' is not known here*");
}

static void
test_option_names (void)
{
  GObjectClass *class = g_type_class_ref (sample_get_type ());
  g_auto (GStrv) names = hein_option_dup_names (class);

  g_assert_cmpuint (g_strv_length (names), ==, 9);
  g_assert_true (g_strv_contains ((const char *const *) names, "flag"));
  g_assert_false (g_strv_contains ((const char *const *) names, "object"));
  g_assert_false (g_strv_contains ((const char *const *) names, "result"));
  g_type_class_unref (class);
}

static void
add_cases (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *path = g_strdup_printf ("/address/good/%u", i);

      g_test_add_data_func (path, &good[i], test_good);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = g_strdup_printf ("/address/bad/%u", i);

      g_test_add_data_func (path, &bad[i], test_bad);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_cases ();
  g_test_add_func ("/address/places", test_places);
  g_test_add_func ("/address/too-many", test_too_many);
  g_test_add_func ("/address/length", test_length);
  g_test_add_func ("/address/with-option", test_with_option);
  g_test_add_func ("/address/bound", test_bound);
  g_test_add_func ("/address/hide-secrets", test_hide_secrets);
  g_test_add_func ("/address/errors-hide-secrets", test_errors_hide_secrets);
  g_test_add_func ("/option/values", test_option_values);
  g_test_add_func ("/option/errors", test_option_errors);
  g_test_add_func ("/option/names", test_option_names);
  return g_test_run ();
}
