# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which thread a bus belongs to, and who turns it there."""
import asyncio
import contextlib
import functools
import sys
import threading
import time
import weakref

from gi.repository import GLib

from ._base import Hein, get_running_loop
from ._errors import Error, raises, translate
from ._turner import Turner

# all that this process has made
buses = weakref.WeakSet()

_check_thread = Hein.Bus.check_thread
_check_turn = Hein.Bus.check_turn


def check_here(bus):
    """Raises what to do where the bus belongs to another thread."""
    try:
        _check_thread(bus)
    except GLib.Error as error:
        if error.code != Error.FAILED:
            raise translate(error) from None
        raise Error.new(
            Error.FAILED, error.message + "; with bus.start () any thread may "
            "use it, and bus.turn (0) takes it over when nobody turns it"
        ) from None


def owned(function):
    """Calls where the bus is turned: here, or in the thread of `start ()`."""
    function = raises(function)

    @functools.wraps(function)
    def call(self, *args, **kwargs):
        if self._turner is not None:
            return self._turner.call(function, self, *args, **kwargs)
        check_here(self)
        return function(self, *args, **kwargs)
    return call


def attaching(function):
    """The same, and sees to it that a running asyncio loop turns the bus."""
    function = owned(function)

    @functools.wraps(function)
    def call(self, *args, **kwargs):
        self._attach()
        return function(self, *args, **kwargs)
    return call


def _get_first_context():
    """Where a new bus lives: the main context of this thread, or None. The
    default one is that of the main thread, unless a loop of this thread
    iterates it, or one of another thread does."""
    context = GLib.MainContext.get_thread_default()
    default = GLib.MainContext.default()
    if context is not None or default.is_owner():
        return context or default
    if get_running_loop() is not None or \
            threading.current_thread() is not threading.main_thread() or \
            not default.acquire():
        return None
    default.release()
    return default


def _adopt_by(bus):
    """A loop of the default context that this thread runs later turns the bus
    all the same."""
    ref, thread = weakref.ref(bus), threading.get_ident()

    def on_idle(data):
        bus = ref()
        if bus is not None and threading.get_ident() == thread and \
                bus._turner is None and bus._loop is None:
            bus._home = GLib.MainContext.default()
            bus._go_home()
        return GLib.SOURCE_REMOVE

    source = GLib.Idle(GLib.PRIORITY_HIGH)
    source.set_callback(on_idle)
    source.attach(GLib.MainContext.default())
    weakref.finalize(bus, source.destroy).atexit = False


async def _stay(ref):
    """An asynchronous generator, which a loop closes in its end."""
    try:
        yield
    finally:
        bus = ref()
        if bus is not None and bus._stay is not None:
            await bus._leave_loop()


class Owning:
    _turner = None
    _loop = None
    _stay = None
    _fd = -1  # which that loop waits for
    _turned = None  # a future that ends with the next turn by asyncio

    def _make(self, **properties):
        """Constructs the GObject where it is to live."""
        self._home = _get_first_context()
        context = self._home
        if context is None:
            # not even for a moment in one that another thread iterates
            context = GLib.MainContext.new()
            context.push_thread_default()
        try:
            Hein.Bus.__init__(self, **properties)
        finally:
            if self._home is None:
                context.pop_thread_default()
        buses.add(self)
        if get_running_loop() is not None:
            self._attach()
        elif self._home is None:
            _adopt_by(self)

    def turn(self, timeout_ms):
        """Does what is to be done, and waits for it up to so long, in
        milliseconds; negative: for ever. The bus belongs to this thread then."""
        if self._turner is not None:
            raise Error.new(Error.FAILED, "the thread of bus.start () turns it")
        self._claim()
        self._turn(timeout_ms)

    def _claim(self):
        """Makes this thread the owner where no loop and no thread turns it."""
        self._check_loop()
        try:
            _check_turn(self)
        except GLib.Error as error:
            raise translate(error) from None

    def _check_loop(self):
        loop = self._get_loop()
        if loop is not None and loop is not get_running_loop() and \
                loop.is_running():
            raise Error.new(
                Error.FAILED, f"an asyncio loop of another thread turns the bus "
                f"{self.get_name()!r}: await it there, or let several use it by "
                "bus.start ()")

    def _turn(self, timeout_ms):
        # gi prints what a handler raises, and goes on: not so with Ctrl-C
        before = getattr(sys, "last_value", None)
        Hein.Bus.turn(self, timeout_ms)
        after = getattr(sys, "last_value", None)
        if after is not before and isinstance(after, KeyboardInterrupt):
            raise KeyboardInterrupt

    # asyncio

    def _get_loop(self):
        """The asyncio loop that turns the bus, unless it has ended."""
        if self._loop is not None and self._loop.is_closed():
            self._detach()
        return self._loop

    def _attach(self):
        """The running asyncio loop, if any, turns the bus from now on."""
        loop = get_running_loop()
        if loop is None or loop is self._loop or self._turner is not None:
            return
        self._check_loop()
        self._detach()
        self._leave_home()
        self._fd = Hein.Bus.get_fd(self)
        try:
            loop.add_reader(self._fd, self._turn_by_loop)
        except NotImplementedError:
            raise Error.new(
                Error.FAILED, f"{type(loop).__name__} cannot wait for "
                "descriptors (add_reader): bus.start () works without") from None
        self._loop = loop
        # the first step tells the loop of it
        self._stay = _stay(weakref.ref(self))
        with contextlib.suppress(StopIteration):
            self._stay.asend(None).send(None)

    def _turn_by_loop(self):
        self._turn(0)
        if self._turned is not None and not self._turned.done():
            self._turned.set_result(None)

    async def _leave_loop(self):
        """The loop ends: what was sent goes out before, within linger-ms."""
        end = time.monotonic() + self.get_property("linger-ms") / 1000
        while self._has_queued():
            self._turned = asyncio.get_running_loop().create_future()
            try:
                await asyncio.wait_for(self._turned, end - time.monotonic())
            except asyncio.TimeoutError:
                break
        self._detach()

    def _has_queued(self):
        return any(peer.get_queued_bytes() for peer in self.get_peers())

    def _leave_home(self):
        """Makes this thread the owner, beside whatever loop GLib runs."""
        try:
            Hein.Bus.move_to_context(self, None)
        except GLib.Error as error:
            raise translate(error) from None

    def _go_home(self):
        """Back to the main context of the thread that made it."""
        with contextlib.suppress(GLib.Error):  # another thread has it
            Hein.Bus.move_to_context(self, self._home)

    def _detach(self):
        loop, self._loop, self._stay = self._loop, None, None
        if loop is None:
            return
        if not loop.is_closed():
            loop.remove_reader(self._fd)
        self._go_home()

    # a thread, for interactive use

    def start(self):
        """Lets a thread turn the bus; handlers run there, and calls may come
        from any thread. Not for handlers of the bus itself. Returns the bus."""
        if self._turner is None:
            self._claim()
            self._detach()
            self._leave_home()
            # before it has it: Ctrl-C may come in between
            self._turner = Turner.get()
            self._turner.call(self._turner.add, self)
        return self

    def stop(self):
        """Takes the bus back from the thread of `start ()`: it belongs to the
        calling thread, or to the main loop of the thread that made it."""
        turner = self._turner
        if turner is None:
            return
        if threading.current_thread() is turner:
            raise Error.new(Error.FAILED, "a handler of a started bus runs in "
                            "the thread that would have to be taken from it")
        self._turner = None
        turner.call(turner.remove, self, self._home)
        with contextlib.suppress(GLib.Error):  # a loop of another thread has it
            _check_turn(self)


def forget_all():
    """In a forked child: threads, loops and buses are the parent's."""
    Turner.forget()
    for bus in list(buses):
        bus._turner = bus._loop = bus._stay = None
        bus._waiters.clear()
    buses.clear()
