# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the accounts of each connection from a publisher to a listener add up.

The sums of many connections hide something: that of one was in doubt and has arrived
makes up for what another one has lost. And a connection keeps the order, so that only what
is behind the last that was heard can be in doubt."""

import bisect


class Pairing:
    """A connection as its publisher saw it, and what came over it."""

    def __init__(self, sent):
        self.sent = sent
        self.heard = 0
        self.last = None  # that was heard
        self.dropped = 0  # by who heard

    def add(self, heard):
        self.heard += heard.messages
        self.last = heard.last if self.last is None else max(self.last, heard.last)
        self.dropped += heard.known + heard.doubtful + heard.closed

    def missing(self):
        """What was neither heard nor counted for certain."""
        sent = self.sent
        return sent.messages - self.heard - sent.known - sent.closed - self.dropped

    def early(self):
        """What is missing of this before the last that was heard."""
        if self.last is None:
            return 0
        return (self.last - self.sent.first + 1 - self.heard - self.sent.known
                - self.dropped)

    def unsent(self):
        """What was neither sent nor counted."""
        sent = self.sent
        return sent.noted - sent.sent - sent.known - sent.closed

    def surplus(self):
        """What is missing and not even in doubt."""
        return max(0, self.missing() - self.sent.doubtful) if self.sent.has_ended else 0

    def check(self, is_killed):
        sent = self.sent
        # since it was last looked at
        slack = sent.messages - sent.noted if is_killed and not sent.has_ended else 0
        if self.heard > sent.messages:
            yield f"{self.heard} were heard of {sent.messages}"
        if self.early() > slack:
            yield f"{self.early()} are missing before the last that was heard"
        if not sent.has_ended and is_killed:
            return
        if self.unsent() > 0:
            yield f"{self.unsent()} were neither sent nor counted"


def pair(sent, heard):
    """One dials again when its connection has ended. What came over one is younger than
    that connection at the publisher, and older than the next."""
    pairings = [Pairing(one) for one in sorted(sent, key=lambda one: one.first)]
    begins = [one.sent.first for one in pairings]
    strays = 0
    for one in heard:
        index = bisect.bisect_right(begins, one.first) - 1
        if index >= 0:
            pairings[index].add(one)
        else:
            strays += one.messages
    return pairings, strays


def check(name, sent, heard, is_killed):
    """What is wrong."""
    pairings, strays = pair(sent, heard)
    found = [f"{strays} came over no connection"] if strays else []
    for number, one in enumerate(pairings):
        found += [f"connection {number}, {one.sent.messages} copies from "
                  f"{one.sent.first} on: {text}" for text in one.check(is_killed)]
    return [f"{name}: {text}" for text in found]


def count_surplus(sent, heard):
    return sum(one.surplus() for one in pair(sent, heard)[0])


def count_certain(sent, heard):
    """How many were certainly lost of those that count as in doubt."""
    return sum(min(max(0, one.missing()), one.sent.doubtful)
               for one in pair(sent, heard)[0] if one.sent.has_ended)
