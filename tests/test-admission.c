/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <hein/hein.h>

#include <string.h>

#include "core-host.h"
#include "core/hein-directory.h"
#include "core/hein-peers-private.h"
#include "line-pair.h"
#include "link/hein-link-close.h"
#include "link/hein-link-state.h"
#include "session/hein-session.h"

/* Who may come in and under which name, without a bus, an endpoint or a transport:
 * links over socket pairs, whose owner is this test. */

#define SMALLER "00000000000000000000000000000000"
#define OURS    "55555555555555555555555555555555"
#define LARGER  "ffffffffffffffffffffffffffffffff"

typedef struct
{
  CoreHost core; /* the first member */
  HeinLinkOwner owner;
} Host;

static HeinPeer *
make_peer (HeinLinkOwner *owner, HeinLink *link)
{
  return core_host_make_peer (owner->data, NULL);
}

static void
on_up (HeinLinkOwner *owner, HeinLink *link)
{
  core_host_note (owner->data, "up:%s", hein_peer_get_name (link->peer));
}

static void
on_down (HeinLinkOwner *owner, HeinLink *link, HeinLinkState before)
{
  /* the peer has left by now, and no verdict on others has come of that */
  core_host_note (owner->data, "down:%s:%d",
                  link->peer != NULL ? hein_peer_get_name (link->peer)
                                     : "nobody",
                  link->peer != NULL && hein_peer_get_is_up (link->peer));
}

static const HeinLinkOwnerFuncs owner_funcs = {
  .make_peer = make_peer,
  .up = on_up,
  .down = on_down,
};

static void
host_init (Host *self)
{
  core_host_init (&self->core, &hein_session_host);
  self->owner = (HeinLinkOwner){ .funcs = &owner_funcs, .data = &self->core };
  g_strlcpy (self->core.core.host.instance, OURS,
             sizeof self->core.core.host.instance);
}

static void
host_clear (Host *self)
{
  core_host_clear (&self->core);
  g_assert_cmpuint (self->owner.n_placed, ==, 0);
  g_assert_cmpuint (self->owner.links.length, ==, 0);
  hein_link_owner_clear (&self->owner);
}

static void
begin (LinePair *pair, Host *host, gboolean is_dialled)
{
  line_pair_init (pair, &host->core.core.host, &host->owner, is_dialled);
}

/* What comes is read, and what comes of it is written. */
static void
hear (LinePair *pair, Host *host, const char *lines)
{
  line_pair_write (pair, lines);
  core_host_turn_on (&host->core);
}

static void
come_up (LinePair *pair, Host *host, const char *lines)
{
  begin (pair, host, FALSE);
  hear (pair, host, lines);
  g_assert_cmpint (pair->link->state, ==, HEIN_LINK_UP);
  line_pair_assert (pair, "welcome\n");
}

static void
assert_refused (LinePair *pair, const char *code)
{
  g_autofree char *lines = line_pair_read (pair);
  g_autofree char *expected = g_strdup_printf ("refused: %s: ", code);

  g_assert_true (g_str_has_prefix (lines, expected));
}

static void
test_unique (void)
{
  Host host;
  LinePair first;
  LinePair second;

  host_init (&host);
  come_up (&first, &host, "unique kirk\n");
  core_host_assert_calls (&host.core, "check-ready up:kirk");
  g_assert_nonnull (hein_directory_find (&host.core.core, "kirk"));
  begin (&second, &host, FALSE);
  /* nobody can be asked for a sign of life */
  hear (&second, &host, "unique kirk\n");
  assert_refused (&second, "name taken");
  core_host_assert_calls (&host.core, "down:kirk:0");
  g_assert_cmpint (first.link->state, ==, HEIN_LINK_UP);
  core_host_assert_told (&host.core, "+kirk");
  line_pair_clear (&first);
  line_pair_clear (&second);
  host_clear (&host);
}

static void
test_shared (void)
{
  Host host;
  LinePair pairs[3];

  host_init (&host);
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    come_up (&pairs[i], &host, "shared kirk\n");
  core_host_assert_told (&host.core, "+kirk +kirk +kirk");
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    line_pair_clear (&pairs[i]);
  host_clear (&host);
}

static void
test_made_up (void)
{
  Host host;
  LinePair first;
  LinePair second;
  const char *names[2];

  host_init (&host);
  come_up (&first, &host, "made-up\n");
  come_up (&second, &host, "made-up\n");
  names[0] = hein_peer_get_name (first.link->peer);
  names[1] = hein_peer_get_name (second.link->peer);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (g_str_has_prefix (names[i], "peer-"));
      g_assert_cmpuint (strlen (names[i]), ==, strlen ("peer-01234567"));
    }
  g_assert_cmpstr (names[0], !=, names[1]);
  line_pair_clear (&first);
  line_pair_clear (&second);
  host_clear (&host);
}

static void
test_refused (void)
{
  const struct
  {
    const char *lines;
    const char *code;
  } cases[] = {
    { "unique \x01\n", "bad name" },
    { "shared \xff\n", "bad name" },
    { "instance " OURS "\nunique kirk\n", "self" },
  };
  Host host;
  LinePair pair;

  host_init (&host);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      begin (&pair, &host, FALSE);
      hear (&pair, &host, cases[i].lines);
      assert_refused (&pair, cases[i].code);
      line_pair_clear (&pair);
    }
  /* nobody hears of who did not come in */
  core_host_assert_told (&host.core, "");
  host_clear (&host);
}

/* Places are for who was accepted, and are free again with the peer. */
static void
test_full (void)
{
  Host host;
  LinePair first;
  LinePair second;
  LinePair dialled;
  LinePair third;

  host_init (&host);
  host.owner.max_peers = 1;
  come_up (&first, &host, "unique kirk\n");
  begin (&second, &host, FALSE);
  hear (&second, &host, "unique spock\n");
  assert_refused (&second, "full");
  begin (&dialled, &host, TRUE);
  hear (&dialled, &host, "unique uhura\n");
  line_pair_assert (&dialled, "welcome\n");
  hein_link_abort (first.link, NULL);
  come_up (&third, &host, "unique sulu\n");
  line_pair_clear (&first);
  line_pair_clear (&second);
  line_pair_clear (&dialled);
  line_pair_clear (&third);
  host_clear (&host);
}

/* The same bus once more, under whatever name. */
static void
test_duplicate (void)
{
  Host host;
  LinePair first;
  LinePair second;

  host_init (&host);
  come_up (&first, &host, "instance " LARGER "\nshared kirk\n");
  begin (&second, &host, FALSE);
  hear (&second, &host, "instance " LARGER "\nshared spock\n");
  assert_refused (&second, "duplicate");
  line_pair_clear (&first);
  line_pair_clear (&second);
  host_clear (&host);
}

/* Who has the name is asked once, however many want it, and who lives keeps it. */
static void
test_holder_lives (void)
{
  Host host;
  LinePair holder;
  LinePair others[2];

  host_init (&host);
  come_up (&holder, &host, "heartbeat\nunique kirk\n");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      begin (&others[i], &host, FALSE);
      hear (&others[i], &host, "unique kirk\n");
      line_pair_assert (&others[i], "");
      g_assert_cmpint (others[i].link->state, ==, HEIN_LINK_OFFERED);
    }
  line_pair_assert (&holder, "ping\n");
  g_assert_cmpuint (host.core.core.host.offers.length, ==, 2);
  hear (&holder, &host, "alive\n");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    assert_refused (&others[i], "name taken");
  g_assert_cmpint (holder.link->state, ==, HEIN_LINK_UP);
  core_host_assert_told (&host.core, "+kirk");
  line_pair_clear (&holder);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    line_pair_clear (&others[i]);
  host_clear (&host);
}

/* Who gives none goes; who asked first gets the name, and others ask him. */
static void
test_holder_dies (void)
{
  Host host;
  LinePair holder;
  LinePair others[2];
  HeinLink *first;

  host_init (&host);
  come_up (&holder, &host, "heartbeat\nunique kirk\n");
  core_host_assert_calls (&host.core, "check-ready up:kirk");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      begin (&others[i], &host, FALSE);
      hear (&others[i], &host, "unique kirk\n");
    }
  first = others[0].link;
  core_host_wait (&host.core, first->state == HEIN_LINK_UP);
  core_host_turn_on (&host.core);
  core_host_assert_calls (&host.core,
                          "down:kirk:0 check-ready up:kirk down:kirk:0");
  line_pair_assert (&others[0], "welcome\n");
  assert_refused (&others[1], "name taken");
  core_host_assert_told (
    &host.core,
    "+kirk -kirk(it gave no sign of life, and a new connection has taken "
    "its place) +kirk");
  line_pair_clear (&holder);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    line_pair_clear (&others[i]);
  host_clear (&host);
}

/* ---- a bus whose first connection is admitted, but not up ---- */

static void
enter (LinePair *pair, Host *host, gboolean is_dialled, const char *instance)
{
  g_autofree char *lines =
    g_strdup_printf ("slow\ninstance %s\nunique kirk\n", instance);

  begin (pair, host, is_dialled);
  hear (pair, host, lines);
  line_pair_assert (pair, "welcome\n");
  g_assert_cmpint (pair->link->state, ==, HEIN_LINK_ADMITTED);
}

/* What the first has brought must not be told after what the second brings. */
static void
test_entering_lives (void)
{
  Host host;
  LinePair first;
  LinePair second;

  host_init (&host);
  enter (&first, &host, FALSE, LARGER);
  begin (&second, &host, FALSE);
  hear (&second, &host, "instance " LARGER "\nunique kirk\n");
  line_pair_assert (&second, "");
  g_assert_cmpint (second.link->state, ==, HEIN_LINK_OFFERED);
  hear (&first, &host, "ready\n");
  g_assert_cmpint (first.link->state, ==, HEIN_LINK_UP);
  assert_refused (&second, "duplicate");
  core_host_assert_told (&host.core, "+kirk");
  line_pair_clear (&first);
  line_pair_clear (&second);
  host_clear (&host);
}

static void
test_entering_ends (void)
{
  Host host;
  LinePair first;
  LinePair second;

  host_init (&host);
  enter (&first, &host, FALSE, LARGER);
  begin (&second, &host, FALSE);
  hear (&second, &host, "instance " LARGER "\nunique kirk\n");
  line_pair_clear (&first);
  core_host_turn_on (&host.core);
  g_assert_cmpint (second.link->state, ==, HEIN_LINK_UP);
  line_pair_assert (&second, "welcome\n");
  line_pair_clear (&second);
  host_clear (&host);
}

/* One that has died does not keep its own bus out. */
static void
test_entering_dies (void)
{
  Host host;
  LinePair first;
  LinePair second;

  host_init (&host);
  enter (&first, &host, FALSE, LARGER);
  begin (&second, &host, FALSE);
  hear (&second, &host, "instance " LARGER "\nunique kirk\n");
  core_host_wait (&host.core, second.link->state == HEIN_LINK_UP);
  core_host_turn_on (&host.core);
  core_host_assert_told (&host.core, "+kirk");
  line_pair_clear (&first);
  line_pair_clear (&second);
  host_clear (&host);
}

/* Both ends hold up the same one of two that were dialled by both. What the
 * other one still brings was sent before it. */
static void
assert_entering_crossed (const char *other, gboolean is_dialled)
{
  const gboolean comes_up = is_dialled == g_str_equal (other, LARGER);
  g_autofree char *lines =
    g_strdup_printf ("instance %s\nunique kirk\n", other);
  Host host;
  LinePair first;
  LinePair second;

  host_init (&host);
  enter (&first, &host, !is_dialled, other);
  begin (&second, &host, is_dialled);
  hear (&second, &host, lines);
  /* that which the smaller one has dialled comes up */
  g_assert_cmpint (second.link->state, ==,
                   comes_up ? HEIN_LINK_UP : HEIN_LINK_OFFERED);
  /* the first one has gone, or waits on */
  g_assert_cmpuint (host.core.core.host.links.length, ==, comes_up ? 1 : 2);
  line_pair_clear (&first);
  line_pair_clear (&second);
  host_clear (&host);
}

static void
test_entering_crossed (void)
{
  assert_entering_crossed (LARGER, TRUE);
  assert_entering_crossed (LARGER, FALSE);
  assert_entering_crossed (SMALLER, TRUE);
  assert_entering_crossed (SMALLER, FALSE);
}

/* ---- two buses that dial each other ---- */

/* The smaller one of both waits for its own dial to be answered, and keeps that
 * connection; only the one that was accepted is refused. */
static void
test_smaller_waits (void)
{
  Host host;
  LinePair dialled;
  LinePair accepted;

  host_init (&host);
  begin (&dialled, &host, TRUE);
  begin (&accepted, &host, FALSE);
  hear (&accepted, &host, "instance " LARGER "\nunique kirk\n");
  line_pair_assert (&accepted, "");
  g_assert_cmpint (accepted.link->state, ==, HEIN_LINK_OFFERED);
  hear (&dialled, &host, "instance " LARGER "\nunique kirk\n");
  line_pair_assert (&dialled, "welcome\n");
  assert_refused (&accepted, "duplicate");
  g_assert_cmpint (dialled.link->state, ==, HEIN_LINK_UP);
  line_pair_clear (&dialled);
  line_pair_clear (&accepted);
  host_clear (&host);
}

/* A dial that was given up is not waited for any longer. */
static void
test_smaller_waits_in_vain (void)
{
  Host host;
  LinePair dialled;
  LinePair accepted;

  host_init (&host);
  begin (&dialled, &host, TRUE);
  begin (&accepted, &host, FALSE);
  hear (&accepted, &host, "instance " LARGER "\nunique kirk\n");
  line_pair_assert (&accepted, "");
  hein_link_abort (dialled.link, NULL);
  core_host_turn_on (&host.core);
  line_pair_assert (&accepted, "welcome\n");
  line_pair_clear (&dialled);
  line_pair_clear (&accepted);
  host_clear (&host);
}

/* The larger one does not wait: the other side decides. */
static void
test_larger_takes (void)
{
  Host host;
  LinePair dialled;
  LinePair accepted;

  host_init (&host);
  begin (&dialled, &host, TRUE);
  begin (&accepted, &host, FALSE);
  hear (&accepted, &host, "instance " SMALLER "\nunique kirk\n");
  line_pair_assert (&accepted, "welcome\n");
  hear (&dialled, &host, "instance " SMALLER "\nunique kirk\n");
  assert_refused (&dialled, "duplicate");
  g_assert_cmpint (accepted.link->state, ==, HEIN_LINK_UP);
  line_pair_clear (&dialled);
  line_pair_clear (&accepted);
  host_clear (&host);
}

/* One that was accepted and came up while the smaller's own dial was already
 * being answered gives way to it. */
static void
test_smaller_wins_tie (void)
{
  Host host;
  LinePair dialled;
  LinePair accepted;

  host_init (&host);
  begin (&dialled, &host, TRUE);
  hear (&dialled, &host, "instance " LARGER "\n");
  begin (&accepted, &host, FALSE);
  hear (&accepted, &host, "instance " LARGER "\nunique kirk\n");
  line_pair_assert (&accepted, "welcome\n");
  core_host_assert_calls (&host.core, "check-ready up:kirk");
  hear (&dialled, &host, "unique kirk\n");
  line_pair_assert (&dialled, "welcome\n");
  core_host_assert_calls (&host.core, "down:kirk:0 check-ready up:kirk");
  line_pair_assert (&accepted, "bye\n");
  g_assert_true (line_pair_is_shut (&accepted));
  core_host_assert_told (&host.core, "+kirk -kirk +kirk");
  line_pair_clear (&dialled);
  line_pair_clear (&accepted);
  host_clear (&host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/admission/unique", test_unique);
  g_test_add_func ("/admission/shared", test_shared);
  g_test_add_func ("/admission/made-up", test_made_up);
  g_test_add_func ("/admission/refused", test_refused);
  g_test_add_func ("/admission/full", test_full);
  g_test_add_func ("/admission/duplicate", test_duplicate);
  g_test_add_func ("/admission/holder-lives", test_holder_lives);
  g_test_add_func ("/admission/holder-dies", test_holder_dies);
  g_test_add_func ("/admission/entering-lives", test_entering_lives);
  g_test_add_func ("/admission/entering-ends", test_entering_ends);
  g_test_add_func ("/admission/entering-dies", test_entering_dies);
  g_test_add_func ("/admission/entering-crossed", test_entering_crossed);
  g_test_add_func ("/admission/smaller-waits", test_smaller_waits);
  g_test_add_func ("/admission/smaller-waits-in-vain",
                   test_smaller_waits_in_vain);
  g_test_add_func ("/admission/larger-takes", test_larger_takes);
  g_test_add_func ("/admission/smaller-wins-tie", test_smaller_wins_tie);
  return g_test_run ();
}
