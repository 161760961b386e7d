/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "request-ends.h"

#include <string.h>
#include <unistd.h>

/* The two ends of requests: who asks, who answers, and what connects them. */

void
asked_clear (Asked *self)
{
  g_clear_pointer (&self->answer, hein_message_unref);
  g_clear_error (&self->error);
}

void
server_clear (Server *self)
{
  g_clear_pointer (&self->requests, g_ptr_array_unref);
}

void
asked_on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Asked *self = data;

  self->n_done++;
  if (self->n_all != NULL)
    (*self->n_all)++;
  self->answer =
    hein_bus_request_finish (HEIN_BUS (source), result, &self->error);
  g_assert_true ((self->answer == NULL) == (self->error != NULL));
}

void
ask_full (HeinTestBus *bus,
          const char *topic,
          const char *text,
          int timeout_ms,
          GCancellable *cancellable,
          Asked *asked)
{
  g_autoptr (HeinMessage) message = hein_message_new_text (topic, text);

  hein_bus_request_async (bus->bus, message, timeout_ms, cancellable,
                          asked_on_done, asked);
  g_assert_cmpuint (asked->n_done, ==, 0); /* never within the call */
}

void
ask (HeinTestBus *bus, const char *topic, const char *text, Asked *asked)
{
  ask_full (bus, topic, text, -1, NULL, asked);
}

void
assert_answer (Asked *asked, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_no_error (asked->error);
  g_assert_cmpuint (asked->n_done, ==, 1);
  text = hein_message_dup_text (asked->answer, NULL);
  g_assert_cmpstr (text, ==, expected);
}

void
reply (HeinRequest *request, const char *text)
{
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  hein_request_reply (request, payload, &error);
  g_assert_no_error (error);
}

void
serve_for_ever (const char *uri, HeinRequestFunc func)
{
  g_autoptr (HeinTestBus) bus = hein_test_bus_new ("child");

  hein_bus_serve (bus->bus, "t", func, NULL, NULL, NULL);
  hein_test_bus_dial (bus, uri);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

static void
on_cancelled (GCancellable *cancellable, gpointer data)
{
  ((Server *) data)->n_cancelled++;
}

/* Keeps it, answers with what was asked, refuses "bad", or forgets "drop". */
static void
on_request (HeinBus *bus, HeinRequest *request, gpointer data)
{
  Server *self = data;
  g_autofree char *text =
    hein_message_dup_text (hein_request_get_message (request), NULL);

  self->n_asked++;
  g_assert_false (hein_request_get_is_over (request));
  if (self->keeps)
    {
      g_ptr_array_add (self->requests, g_object_ref (request));
      g_cancellable_connect (hein_request_get_cancellable (request),
                             G_CALLBACK (on_cancelled), self, NULL);
    }
  else if (g_str_equal (text, "bad"))
    g_assert_true (hein_request_refuse (request, -42, "no such thing", NULL));
  else if (!g_str_equal (text, "drop"))
    {
      reply (request, text);
      g_assert_true (hein_request_get_is_over (request));
    }
}

void
serve (Server *self, HeinTestBus *bus, const char *pattern)
{
  g_autoptr (GError) error = NULL;

  self->bus = bus;
  if (self->requests == NULL)
    self->requests = g_ptr_array_new_with_free_func (g_object_unref);
  hein_bus_serve (bus->bus, pattern, on_request, self, NULL, &error);
  g_assert_no_error (error);
}

/* What carries requests. */
static const Way ways[] = {
  { "tcp", "tcp://127.0.0.1:0" },
  { "unix", "unix:%s/request" },
  { "inproc", "inproc://request" },
};

void
pair_init (Pair *self, const Way *way)
{
  g_autofree char *uri = NULL;
  HeinEndpoint *endpoint;

  self->folder = g_dir_make_tmp ("hein-XXXXXX", NULL);
  self->kirk = hein_test_bus_new ("kirk");
  self->spock = hein_test_bus_new ("spock");
  uri = g_str_has_prefix (way->uri, "unix:")
          ? g_strdup_printf ("unix:%s/request", self->folder)
          : g_strdup (way->uri);
  endpoint = hein_test_bus_listen (self->spock, uri);
  hein_test_bus_dial (self->kirk, hein_endpoint_get_bound_uri (endpoint));
  hein_test_wait (hein_test_bus_count_peers (self->kirk) == 1 &&
                  hein_test_bus_count_peers (self->spock) == 1);
}

void
pair_clear (Pair *self)
{
  g_clear_pointer (&self->kirk, hein_test_bus_free);
  g_clear_pointer (&self->spock, hein_test_bus_free);
  rmdir (self->folder);
  g_free (self->folder);
}

void
add_for_ways (const char *name, GTestDataFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", name, ways[i].name);

      g_test_add_data_func (path, &ways[i], func);
    }
}
