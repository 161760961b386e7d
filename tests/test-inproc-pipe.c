/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "../plugins/transports/inproc/hein-inproc-pipe.h"

static void
on_bell (gpointer data)
{
}

static HeinInprocPipe *
make_pipe_with (HeinInprocBell *first,
                HeinInprocBell *second,
                HeinBus *dialler,
                HeinBus *listener)
{
  HeinInprocPipe *pipe = hein_inproc_pipe_new (first, second, NULL, g_free);

  hein_inproc_pipe_introduce (pipe, HEIN_INPROC_DIALLER, dialler, NULL);
  hein_inproc_pipe_introduce (pipe, HEIN_INPROC_LISTENER, listener, NULL);
  hein_inproc_pipe_set_limit (pipe, HEIN_INPROC_DIALLER, 100000);
  return pipe;
}

static HeinInprocPipe *
make_pipe (HeinBus *dialler, HeinBus *listener)
{
  g_autoptr (HeinInprocBell) first = hein_inproc_bell_new (NULL, on_bell, NULL);
  g_autoptr (HeinInprocBell) second =
    hein_inproc_bell_new (NULL, on_bell, NULL);
  HeinInprocPipe *pipe = make_pipe_with (first, second, dialler, listener);

  /* nobody visits it: what is rung goes with the bells */
  g_ptr_array_unref (hein_inproc_bell_close (first));
  g_ptr_array_unref (hein_inproc_bell_close (second));
  return pipe;
}

static gboolean
push_by (HeinInprocPipe *self,
         HeinMessage *message,
         HeinOverflow overflow,
         HeinInprocLoss *loss)
{
  const HeinInprocTerms terms = {
    .overflow = overflow,
    .audience = HEIN_AUDIENCE_ALL,
  };
  gboolean has_room;
  gsize waiting;

  return hein_inproc_pipe_push (self, HEIN_INPROC_DIALLER, message, &terms,
                                loss, &has_room, &waiting, NULL);
}

static void
push (HeinInprocPipe *self, HeinMessage *message)
{
  HeinInprocLoss loss = { 0 };

  g_assert_true (push_by (self, message, HEIN_OVERFLOW_WAIT, &loss));
  g_assert_cmpuint (loss.n_messages, ==, 0);
}

static void
push_text (HeinInprocPipe *self, const char *text)
{
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", text);

  push (self, message);
}

/* Adds the payload of the first of @taken to @text, as a receiver would. */
static void
read_first (GQueue *taken, GQueue *spent, GString *text)
{
  HeinInprocPack *pack = hein_inproc_pack_from_node (taken->head);
  g_autoptr (HeinMessage) message = NULL;
  gsize size;
  const guint8 *data;

  if (pack == NULL)
    message = g_queue_pop_head (taken);
  else
    {
      message = hein_inproc_pack_make_first (pack);
      g_clear_pointer (&hein_inproc_pack_get_first (pack)->payload,
                       g_bytes_unref);
      hein_inproc_pack_skip (pack);
      if (hein_inproc_pack_is_empty (pack))
        {
          g_queue_unlink (taken, &pack->link);
          g_queue_push_tail_link (spent, &pack->link);
        }
    }
  data = hein_message_peek_data (message, &size);
  g_string_append_len (text, (const char *) data, MIN (size, 8));
}

static char *
read_all (GQueue *taken, GQueue *spent)
{
  GString *text = g_string_new (NULL);

  while (taken->length > 0)
    read_first (taken, spent, text);
  return g_string_free (text, FALSE);
}

/* Takes and settles what waits. */
static char *
drain (HeinInprocPipe *self)
{
  GQueue taken = G_QUEUE_INIT;
  GQueue spent = G_QUEUE_INIT;
  g_autofree char *high = NULL;
  g_autofree char *normal = NULL;
  guint n_high = 0;

  hein_inproc_pipe_take_high (self, HEIN_INPROC_LISTENER, &taken, &n_high);
  high = read_all (&taken, &spent);
  hein_inproc_pipe_take (self, HEIN_INPROC_LISTENER, &taken, 1000);
  normal = read_all (&taken, &spent);
  hein_inproc_pipe_settle (self, HEIN_INPROC_LISTENER, G_MAXSIZE, G_MAXSIZE, 0,
                           &spent);
  return g_strconcat (high, normal, NULL);
}

static void
check_waiting (HeinInprocPipe *self, gsize n_bytes)
{
  g_assert_cmpuint (hein_inproc_pipe_get_memory (self, HEIN_INPROC_DIALLER), ==,
                    n_bytes);
}

static void
check_delivered (HeinInprocPipe *self, guint64 n)
{
  g_assert_cmpuint (hein_inproc_pipe_get_n_delivered (self,
                                                      HEIN_INPROC_DIALLER),
                    ==, n);
}

/* Who takes all at once, and delivers it little by little, is not idle. */
static void
test_delivered (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (HeinInprocPipe) pipe = make_pipe (dialler, listener);
  g_autoptr (HeinMessage) message = hein_message_new_text ("t", "x");
  const gsize cost = hein_inproc_message_cost (message);
  g_autoptr (GString) text = g_string_new (NULL);
  GQueue taken = G_QUEUE_INIT;
  GQueue spent = G_QUEUE_INIT;

  for (guint i = 0; i < 3; i++)
    push (pipe, message);
  hein_inproc_pipe_take (pipe, HEIN_INPROC_LISTENER, &taken, 1);
  check_delivered (pipe, 0);
  read_first (&taken, &spent, text);
  g_assert_cmpuint (taken.length, >, 0);
  hein_inproc_pipe_settle (pipe, HEIN_INPROC_LISTENER, cost, 0, 1, &spent);
  check_delivered (pipe, 1);
  hein_inproc_pipe_put_back (pipe, HEIN_INPROC_LISTENER, &taken, 0);
  check_delivered (pipe, 1);
  check_waiting (pipe, 2 * cost);
  hein_inproc_pipe_take (pipe, HEIN_INPROC_LISTENER, &taken, 1);
  g_free (read_all (&taken, &spent));
  hein_inproc_pipe_settle (pipe, HEIN_INPROC_LISTENER, 2 * cost, 0, 2, &spent);
  check_delivered (pipe, 3);
  check_waiting (pipe, 0);
}

/* Packed, shared and whole messages, and what was put back, come in order;
 * those of high priority before. */
static void
test_order (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (HeinInprocPipe) pipe = make_pipe (dialler, listener);
  g_autofree char *large = g_strnfill (10000, '2');
  g_autoptr (HeinMessage) typed = hein_message_new_text ("t", "3");
  g_autoptr (HeinMessage) high = hein_message_new_text ("t", "h");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *rest = NULL;
  GQueue taken = G_QUEUE_INIT;
  GQueue spent = G_QUEUE_INIT;

  g_assert_true (hein_message_set_attribute (typed, "n", "v", NULL));
  hein_message_set_priority (high, HEIN_PRIORITY_HIGH);
  push_text (pipe, "0");
  push_text (pipe, "1");
  push_text (pipe, large);
  push (pipe, typed);
  push_text (pipe, "4");
  hein_inproc_pipe_take (pipe, HEIN_INPROC_LISTENER, &taken, 1);
  read_first (&taken, &spent, text);
  g_assert_cmpstr (text->str, ==, "0");
  push_text (pipe, "5");
  push (pipe, high);
  hein_inproc_pipe_put_back (pipe, HEIN_INPROC_LISTENER, &taken, 0);
  push_text (pipe, "6");
  rest = drain (pipe);
  g_assert_cmpstr (rest, ==, "h1222222223456");
  g_assert_cmpuint (spent.length, ==, 0);
  check_waiting (pipe, 0);
}

/* The oldest ones go, wherever they lie, and are counted; no more of them than
 * has to. */
static void
test_drop_oldest (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (HeinInprocPipe) pipe = make_pipe (dialler, listener);
  g_autofree char *large = g_strnfill (10000, '1');
  g_autoptr (HeinMessage) last = hein_message_new_text ("t", "4");
  HeinInprocLoss loss = { 0 };
  g_autofree char *rest = NULL;

  push_text (pipe, "0");
  push_text (pipe, large);
  push_text (pipe, "2");
  push_text (pipe, "3");
  check_waiting (pipe, 4 * 128 + 10000 + 3);
  hein_inproc_pipe_set_limit (pipe, HEIN_INPROC_DIALLER, 3 * 129);
  g_assert_true (push_by (pipe, last, HEIN_OVERFLOW_DROP_OLDEST, &loss));
  g_assert_cmpuint (loss.n_messages, ==, 2);
  g_assert_cmpuint (loss.n_bytes, ==, 10001);
  check_waiting (pipe, 3 * 129);
  rest = drain (pipe);
  g_assert_cmpstr (rest, ==, "234");
}

/* A value replaces one that waits, but not one that a later message follows. */
static void
test_values (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (HeinInprocPipe) pipe = make_pipe (dialler, listener);
  static const char *const values[] = { "1", "2", "4" };
  HeinInprocLoss loss = { 0 };
  g_autofree char *rest = NULL;

  push_text (pipe, "0");
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (HeinMessage) value = hein_message_new_text ("t", values[i]);

      if (i == 2)
        push_text (pipe, "3");
      loss = (HeinInprocLoss){ 0 };
      g_assert_true (push_by (pipe, value, HEIN_OVERFLOW_LATEST, &loss));
      g_assert_cmpuint (loss.n_messages, ==, i == 1 ? 1 : 0);
    }
  rest = drain (pipe);
  g_assert_cmpstr (rest, ==, "0234");
}

/* Who leaves counts what it has not taken, and what it has taken and not
 * delivered. */
static void
test_leave (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (HeinInprocPipe) pipe = make_pipe (dialler, listener);
  g_autofree char *large = g_strnfill (10000, '1');
  g_autoptr (GString) text = g_string_new (NULL);
  HeinInprocLoss loss = { 0 };
  GQueue taken = G_QUEUE_INIT;
  GQueue spent = G_QUEUE_INIT;

  push_text (pipe, "0");
  push_text (pipe, large);
  push_text (pipe, "2");
  hein_inproc_pipe_take (pipe, HEIN_INPROC_LISTENER, &taken, 1);
  read_first (&taken, &spent, text);
  push_text (pipe, "3");
  hein_inproc_pipe_leave (pipe, HEIN_INPROC_LISTENER, NULL, &taken, &loss);
  g_assert_cmpuint (loss.n_messages, ==, 3);
  g_assert_cmpuint (loss.n_bytes, ==, 10002);
}

/* What a burst has needed is kept for the next one, and given back when there
 * was none. */
static void
test_spares (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (HeinInprocPipe) pipe = make_pipe (dialler, listener);

  g_assert_false (hein_inproc_pipe_trim (pipe, HEIN_INPROC_LISTENER));
  for (guint round = 0; round < 10; round++)
    {
      g_autofree char *all = NULL;

      for (guint i = 0; i < 500; i++)
        push_text (pipe, "0");
      all = drain (pipe);
      g_assert_cmpuint (strlen (all), ==, 500);
    }
  g_assert_true (hein_inproc_pipe_trim (pipe, HEIN_INPROC_LISTENER));
  push_text (pipe, "0");
  g_free (drain (pipe));
  g_assert_true (hein_inproc_pipe_trim (pipe, HEIN_INPROC_LISTENER));
  g_assert_false (hein_inproc_pipe_trim (pipe, HEIN_INPROC_LISTENER));
}

typedef struct
{
  HeinInprocBell *bell;
  HeinInprocPipe *pipe;
  guint n_rung;
  gboolean must_push;  /* while it visits the pipe */
  gboolean must_drain; /* after that */
  gboolean has_more;
} Visitor;

static void
visit (gpointer data)
{
  Visitor *self = data;
  g_autoptr (GPtrArray) pipes = hein_inproc_bell_take (self->bell);

  self->n_rung++;
  g_free (drain (self->pipe));
  if (self->must_push)
    push_text (self->pipe, "1");
  if (self->must_drain)
    g_free (drain (self->pipe));
  self->has_more =
    hein_inproc_pipe_end_visit (self->pipe, HEIN_INPROC_LISTENER);
  if (self->has_more)
    hein_inproc_bell_ring_again (self->bell, self->pipe);
}

/* Returns how often it was rung. */
static guint
iterate (GMainContext *context, Visitor *visitor)
{
  const guint n_rung = visitor->n_rung;

  g_main_context_iteration (context, FALSE);
  return visitor->n_rung - n_rung;
}

/* How long it would sleep in its next iteration. */
static int
get_timeout_ms (GMainContext *context)
{
  GPollFD fds[4];
  int priority;
  int timeout_ms;

  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_main_context_query (context, priority, &timeout_ms, fds,
                        G_N_ELEMENTS (fds));
  g_main_context_release (context);
  return timeout_ms;
}

/* Who visits is not rung for what comes meanwhile, but finds it; before it
 * visits again, one iteration passes. */
static void
test_visit (void)
{
  g_autoptr (HeinBus) dialler = hein_bus_new ("dialler");
  g_autoptr (HeinBus) listener = hein_bus_new ("listener");
  g_autoptr (GMainContext) context = g_main_context_new ();
  Visitor visitor = { 0 };
  g_autoptr (HeinInprocBell) first = hein_inproc_bell_new (NULL, on_bell, NULL);
  g_autoptr (HeinInprocBell) second =
    hein_inproc_bell_new (context, visit, &visitor);
  g_autoptr (HeinInprocPipe) pipe =
    make_pipe_with (first, second, dialler, listener);

  visitor.bell = second;
  visitor.pipe = pipe;
  g_assert_cmpuint (iterate (context, &visitor), ==, 1);
  g_assert_cmpuint (iterate (context, &visitor), ==, 0);
  push_text (pipe, "0");
  push_text (pipe, "0");
  visitor.must_push = TRUE;
  g_assert_cmpuint (iterate (context, &visitor), ==, 1);
  g_assert_true (visitor.has_more);
  visitor.must_push = FALSE;
  g_assert_cmpuint (iterate (context, &visitor), ==, 0);
  g_assert_cmpuint (iterate (context, &visitor), ==, 1);
  g_assert_false (visitor.has_more);
  g_assert_cmpint (get_timeout_ms (context), ==, -1);
  visitor.must_push = TRUE;
  push_text (pipe, "2");
  g_assert_cmpuint (iterate (context, &visitor), ==, 1);
  g_assert_cmpint (get_timeout_ms (context), ==, 0);
  visitor.must_drain = TRUE;
  g_assert_cmpuint (iterate (context, &visitor), ==, 1);
  g_assert_false (visitor.has_more);
  g_assert_cmpuint (iterate (context, &visitor), ==, 0);
  g_ptr_array_unref (hein_inproc_bell_close (first));
  g_ptr_array_unref (hein_inproc_bell_close (second));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inproc-pipe/delivered", test_delivered);
  g_test_add_func ("/inproc-pipe/order", test_order);
  g_test_add_func ("/inproc-pipe/drop-oldest", test_drop_oldest);
  g_test_add_func ("/inproc-pipe/values", test_values);
  g_test_add_func ("/inproc-pipe/leave", test_leave);
  g_test_add_func ("/inproc-pipe/spares", test_spares);
  g_test_add_func ("/inproc-pipe/visit", test_visit);
  return g_test_run ();
}
