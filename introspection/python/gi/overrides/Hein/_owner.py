# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which thread a bus belongs to, and who turns it there."""
import contextlib
import sys
import threading
import weakref

from gi.repository import GLib

from ._base import Hein, blocks, check_ms, get_running_loop, wraps
from ._errors import Error, raises, translate

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

    @wraps(function)
    def call(self, *args, **kwargs):
        if self._turner is not None:
            return self._turner.call(function, self, *args, **kwargs)
        check_here(self)
        return function(self, *args, **kwargs)
    return call


def owned_part(function):
    """The same for a peer or an endpoint, which belongs where its bus does."""
    function = raises(function)

    @wraps(function)
    def call(self, *args, **kwargs):
        bus = self._find_bus()
        if bus is None:  # it has left
            return function(self, *args, **kwargs)
        if bus._turner is not None:
            return bus._turner.call(function, self, *args, **kwargs)
        check_here(bus)
        return function(self, *args, **kwargs)
    return call


def attaching(function):
    """The same, and sees to it that a running asyncio loop turns the bus."""
    function = owned(function)

    @wraps(function)
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


class Owning:
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

    @blocks
    def turn(self, timeout_ms=-1):
        """Does what is to be done, and waits up to so long until there is
        something. Handlers run within.

        `timeout_ms`: milliseconds; 0: it does not wait; negative: for ever. The
        bus belongs to this thread then. Raises: `FAILED` where a loop or a thread
        turns it. Ctrl-C ends it.
        """
        check_ms(timeout_ms)
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
        self._note_reader()

    def _turn(self, timeout_ms):
        # gi prints what a handler raises, and goes on: not so with Ctrl-C
        self._tell_taken()
        before = getattr(sys, "last_value", None)
        Hein.Bus.turn(self, timeout_ms)
        after = getattr(sys, "last_value", None)
        if after is not before and isinstance(after, KeyboardInterrupt):
            raise KeyboardInterrupt

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
