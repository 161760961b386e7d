# SPDX-License-Identifier: LGPL-2.1-or-later
"""Timeouts and asyncio in the time of a simulation."""
import asyncio
import contextlib
import math
import selectors

from gi.module import get_introspection_module
from gi.repository import GLib

from ._base import Hein
from ._owner import buses

SAME = ("get_monotonic_time", "get_real_time", "timeout_source_new",
        "timeout_source_new_seconds")
# which have other names in C
FULL = ("timeout_add", "timeout_add_seconds")

# C takes a time of so many milliseconds at most
MS_MAX = 2**32 - 1
# The loop of a task that never waits must not stop the time.
ROUNDS_MAX = 1000
# Descriptors are looked at after so much has happened, and before the loop sleeps.
LOOK_AFTER = 64
# How often the buses of a closed simulation are turned to tell of their end.
TURNS = 8


def take_over_timeouts():
    """Those of GLib become those of hein, which are the same outside of a
    simulation: what the override of GLib offers is made of them."""
    glib = get_introspection_module("GLib")
    for name in SAME:
        setattr(glib, name, getattr(Hein, name))
    for name in FULL:
        setattr(glib, name, getattr(Hein, f"{name}_full"))


def _to_ms(seconds):
    """At least one; what is less than a microsecond above a whole one is not time but
    what floats cannot tell."""
    return min(max(1, math.ceil(seconds * 1000 - 0.001)), MS_MAX)


def _tell_ends():
    """What awaits a bus that its simulation has closed hears of it: nobody else turns
    such a bus here."""
    for bus in list(buses):
        with contextlib.suppress(GLib.Error):  # another thread has it, or a handler
            if Hein.Bus.check_thread(bus) and bus.get_is_closed() and \
                    Hein.Bus.check_turn(bus):
                Hein.Bus.turn(bus, 0)


class _Selector(selectors.DefaultSelector):
    """Where the loop sleeps, the simulation goes on."""

    def __init__(self, net):
        super().__init__()
        self.net = net
        self.is_woken = False  # the loop has something to do
        self.has_threads = False
        self._n_rounds = 0
        self._n_steps = 0

    def select(self, timeout=None):
        self.is_woken = False
        self._n_steps = 0
        ready = super().select(0)
        if ready:
            return ready
        if timeout is not None and timeout <= 0:
            self._go_on()
        elif timeout is None or self.net.get_is_closed():
            self._wait()
        else:
            self.net.run_until(_to_ms(timeout), self._is_over)
        return super().select(0)

    def _is_over(self, _net):
        self._n_steps += 1
        return self.is_woken or \
            (self._n_steps % LOOK_AFTER == 0 and bool(super().select(0)))

    def _go_on(self):
        """The loop has something to do already."""
        if self.net.get_is_closed():
            return
        self._n_rounds += 1
        if self._n_rounds < ROUNDS_MAX:
            self.net.run_until(0, self._is_over)
        else:
            self._n_rounds = 0
            self.net.step()

    def _step(self):
        """Whether something may have happened."""
        if not self.net.get_is_closed():
            return self.net.step()
        for _ in range(TURNS):
            _tell_ends()
        return self.is_woken

    def _wait(self):
        while not self._is_over(self.net):
            if self._step():
                continue
            if not self.has_threads and len(self.get_map()) <= 1:
                raise RuntimeError("a task waits for ever: " + (
                    "the simulation is closed" if self.net.get_is_closed() else
                    "nothing will happen in the simulation"))
            super().select(None)  # for another thread, or the real network
            return


class Loop(asyncio.SelectorEventLoop):
    """An asyncio loop whose time is that of a simulation, which goes on while the
    loop waits. Tasks sleep in whole milliseconds."""

    turns_buses = False  # the simulation does

    def __init__(self, net):
        self._net = net
        self._waiting = _Selector(net)
        super().__init__(self._waiting)

    def time(self):
        return self._net.get_time_us() / 1_000_000

    def call_soon(self, *args, **kwargs):
        self._waiting.is_woken = True
        return super().call_soon(*args, **kwargs)

    def call_at(self, *args, **kwargs):
        self._waiting.is_woken = True  # it may be earlier than what it waits for
        return super().call_at(*args, **kwargs)

    def run_in_executor(self, *args, **kwargs):
        self._waiting.has_threads = True
        return super().run_in_executor(*args, **kwargs)
