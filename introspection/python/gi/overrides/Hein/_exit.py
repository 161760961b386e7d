# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end of the program, and what a forked child inherits: every bus that the
program left open sends what was sent, as long as `linger_ms` allows."""
import asyncio
import atexit
import concurrent.futures
import contextlib
import logging
import os
import select
import sys
import time

from gi.repository import GLib

from ._base import Hein
from ._owner import buses
from ._thread import Turner


def _begin(bus):
    """A future of its end; None: nobody can close it here, or needs to."""
    if bus._turner is not None:
        return bus._begin_close()
    loop = bus._get_loop()
    if loop is not None and loop.is_running():
        return asyncio.run_coroutine_threadsafe(bus.aclose(), loop)
    return bus._begin_close() if bus._can_turn() else None


def _turn_until(ends, deadline):
    """Turns those that this thread owns, until all have ended."""
    poll, by_fd = select.poll(), {}
    for bus in ends:
        loop = bus._get_loop()
        if bus._turner is None and not (loop is not None and loop.is_running()):
            fd = Hein.Bus.get_fd(bus)
            by_fd[fd] = bus
            poll.register(fd, select.POLLIN)
    while not all(ends[bus].done() for bus in by_fd.values()):
        left = deadline - time.monotonic()
        if left <= 0:
            return
        for fd, _ in poll.poll(int(left * 1000) + 1):
            Hein.Bus.turn(by_fd[fd], 0)


def _tell(bus, future, deadline):
    """What was not taken is said: nobody else is there to ask."""
    try:
        future.result(max(0, deadline - time.monotonic()))
    except (GLib.Error, concurrent.futures.TimeoutError) as error:
        logging.getLogger("hein").warning(
            "at the end of the program the bus %r lost messages: %s",
            bus.get_name(), error or "it was not closed within linger-ms")


def close_all():
    """Sends what was sent, for up to `linger-ms`, and ends the thread."""
    try:
        _close_buses(list(buses))
    finally:
        for bus in list(buses):
            bus._turner = None
        Turner.end()


def _close_buses(buses):
    ends = {}
    for bus in buses:
        with contextlib.suppress(GLib.Error):
            future = _begin(bus)
            if future is not None:
                ends[bus] = future
    if not ends:
        return
    # a peer's own time is within it; a little more, for its end to be told
    longest = max(bus.get_property("linger-ms") for bus in ends)
    deadline = time.monotonic() + longest / 1000 + 0.5
    _turn_until(ends, deadline)
    for bus, future in ends.items():
        _tell(bus, future, deadline)


# after the threads of the program have ended, and after what it registers
atexit.register(close_all)


_is_watching = False


def _watch_children():
    """A process of multiprocessing ends without atexit: it has a list of its
    own, which it clears when it begins."""
    global _is_watching
    util = sys.modules.get("multiprocessing.util")
    if util is None or _is_watching:
        return
    _is_watching = True
    util.register_after_fork(
        close_all, lambda function: util.Finalize(None, function, exitpriority=0))


def _on_fork():
    """Threads, loops and buses are the parent's."""
    Turner.forget()
    for bus in list(buses):
        bus._forget()
    buses.clear()
    _watch_children()


os.register_at_fork(before=Turner.hold, after_in_parent=Turner.let_go,
                    after_in_child=_on_fork)
_watch_children()
