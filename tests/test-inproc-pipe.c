/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "../plugins/transports/inproc/hein-inproc-pipe.h"

static void
on_bell (gpointer data)
{
}

static HeinInprocPipe *
make_pipe (HeinBus *dialler, HeinBus *listener)
{
  g_autoptr (HeinInprocBell) first = hein_inproc_bell_new (NULL, on_bell, NULL);
  g_autoptr (HeinInprocBell) second =
    hein_inproc_bell_new (NULL, on_bell, NULL);
  HeinInprocPipe *pipe = hein_inproc_pipe_new (first, second, NULL, g_free);

  hein_inproc_pipe_introduce (pipe, HEIN_INPROC_DIALLER, dialler, NULL);
  hein_inproc_pipe_introduce (pipe, HEIN_INPROC_LISTENER, listener, NULL);
  hein_inproc_pipe_set_limit (pipe, HEIN_INPROC_DIALLER, 100000);
  /* nobody visits it: what is rung goes with the bells */
  g_ptr_array_unref (hein_inproc_bell_close (first));
  g_ptr_array_unref (hein_inproc_bell_close (second));
  return pipe;
}

static void
push (HeinInprocPipe *self, HeinMessage *message)
{
  HeinInprocLoss loss = { 0 };
  gboolean has_room;
  gsize waiting;

  g_assert_true (hein_inproc_pipe_push (self, HEIN_INPROC_DIALLER,
                                        hein_message_ref (message),
                                        HEIN_OVERFLOW_WAIT, &loss, &has_room,
                                        &waiting, NULL));
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
  GQueue taken = G_QUEUE_INIT;

  for (guint i = 0; i < 3; i++)
    push (pipe, message);
  hein_inproc_pipe_take (pipe, HEIN_INPROC_LISTENER, &taken, 1);
  g_assert_cmpuint (taken.length, ==, 3);
  check_delivered (pipe, 0);
  hein_message_unref (g_queue_pop_head (&taken));
  hein_inproc_pipe_settle (pipe, HEIN_INPROC_LISTENER, cost, 0, 1);
  check_delivered (pipe, 1);
  hein_inproc_pipe_put_back (pipe, HEIN_INPROC_LISTENER, &taken, 0);
  check_delivered (pipe, 1);
  g_assert_cmpuint (hein_inproc_pipe_get_memory (pipe, HEIN_INPROC_DIALLER), ==,
                    2 * cost);
  hein_inproc_pipe_take (pipe, HEIN_INPROC_LISTENER, &taken, 1);
  g_assert_cmpuint (taken.length, ==, 2);
  g_queue_clear_full (&taken, (GDestroyNotify) hein_message_unref);
  hein_inproc_pipe_settle (pipe, HEIN_INPROC_LISTENER, 2 * cost, 0, 2);
  check_delivered (pipe, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inproc-pipe/delivered", test_delivered);
  return g_test_run ();
}
