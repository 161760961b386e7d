#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the accounts of the soak notice what is lost and not counted. TAP."""

import sys
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parent.parent))
import tap

import connections


def sent(first, messages, **counts):
    """All of it was sent, and the connection has ended."""
    found = {"first": first, "last": first + messages - 1, "messages": messages,
             "noted": messages, "sent": messages, "doubtful": 0, "closed": 0, "known": 0,
             "has_ended": 1}
    return SimpleNamespace(**{**found, **counts})


def heard(first, last, messages):
    return SimpleNamespace(first=first, last=last, messages=messages, doubtful=0, closed=0,
                           known=0)


def find(publisher, listener, is_killed=False):
    return connections.check("kirk", publisher, listener, is_killed)


def test_right():
    publisher = [sent(0, 100), sent(120, 10, doubtful=4)]
    listener = [heard(0, 99, 100), heard(120, 127, 8)]
    assert not find(publisher, listener)
    assert connections.count_surplus(publisher, listener) == 0
    assert connections.count_certain(publisher, listener) == 2


def test_middle():
    """One of the first is missing; the doubt is about the last ones."""
    assert find([sent(0, 100, doubtful=50)], [heard(0, 99, 99)])
    assert not find([sent(0, 100, sent=99, known=1)], [heard(0, 99, 99)])


def test_closed():
    """What was dropped at the end is not what is missing in the middle."""
    assert find([sent(0, 100, sent=99, closed=1)], [heard(0, 99, 99)])
    assert not find([sent(0, 100, sent=99, closed=1)], [heard(0, 98, 99)])


def test_sum():
    """The doubt of one connection does not make up for the loss of another."""
    publisher = [sent(0, 10, doubtful=10), sent(10, 10)]
    listener = [heard(0, 9, 10), heard(10, 17, 8)]
    assert connections.count_surplus(publisher, listener) == 2


def test_queue():
    """Neither sent nor counted, while all of it is in doubt."""
    assert find([sent(0, 100, sent=90, doubtful=90)], [heard(0, 50, 51)])


def test_killed():
    """It takes the last ones with it, and no others."""
    open_one = sent(0, 100, sent=60, has_ended=0)
    assert not find([open_one], [heard(0, 50, 51)], is_killed=True)
    assert find([open_one], [heard(0, 50, 50)], is_killed=True)
    # what it did since it last looked is not known
    open_one.noted = 99
    assert not find([open_one], [heard(0, 50, 50)], is_killed=True)


def test_excess():
    assert find([sent(0, 10)], [heard(0, 9, 11)])
    assert find([sent(10, 10)], [heard(0, 5, 6)])


def test_next():
    """A connection that is dead, and not known to be, goes on beside the next."""
    publisher = [sent(0, 100, sent=40, known=60), sent(50, 50)]
    assert not find(publisher, [heard(0, 39, 40), heard(50, 99, 50)])


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
