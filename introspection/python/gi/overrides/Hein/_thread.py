# SPDX-License-Identifier: LGPL-2.1-or-later
"""The thread of `bus.start ()`."""
import collections
import concurrent.futures
import contextlib
import os
import select
import threading

from gi.repository import GLib

from ._base import Hein
from ._errors import Error
from ._owner import buses

# seconds for a handler to return in, at the end of the program, and before a fork
END_PATIENCE = 1


class Turner(threading.Thread):
    """Owns and turns the started buses, and makes the calls that other
    threads ask for. One for all buses of the process."""

    _lock = threading.Lock()
    _only = None
    _held = threading.local()

    @classmethod
    def get(cls):
        with cls._lock:
            if cls._only is None:
                turner = cls()
                turner.start()
                cls._only = turner  # not one that Ctrl-C kept from starting
            return cls._only

    @classmethod
    def hold(cls):
        """Before a fork: what the thread has locked in GLib meanwhile would stay
        locked in the child, for ever. A handler that waits for the thread that
        forks does not let go: then it is forked all the same."""
        turner = cls._only
        held = turner is not None and turner._at_work.acquire(timeout=END_PATIENCE)
        cls._held.turner = turner if held else None

    @classmethod
    def let_go(cls):
        """In the parent, after the fork."""
        turner, cls._held.turner = cls._held.turner, None
        if turner is not None:
            turner._at_work.release()

    @classmethod
    def forget(cls):
        """In a forked child: the thread is the parent's."""
        cls._lock = threading.Lock()
        cls._held = threading.local()
        turner, cls._only = cls._only, None
        if turner is not None:
            os.close(turner._read_fd)
            os.close(turner._write_fd)

    @classmethod
    def end(cls):
        """At the end of the program: no thread is to be in C when the
        interpreter takes its objects apart."""
        with cls._lock:
            turner, cls._only = cls._only, None
        if turner is not None:
            turner._is_over = True
            turner.begin(turner._buses.clear)
            turner._end.wait(END_PATIENCE)

    def __init__(self):
        super().__init__(name="hein", daemon=True)
        self._buses = {}  # by descriptor
        self._is_over = False
        self._end = threading.Event()
        self._at_work = threading.RLock()  # a handler may fork, too
        self._poll = select.poll()
        self._jobs = collections.deque()
        self._read_fd, self._write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll.register(self._read_fd, select.POLLIN)

    def begin(self, function, *args, **kwargs):
        """Calls in this thread; returns a future of the result."""
        future = concurrent.futures.Future()
        if threading.current_thread() is self:
            future.set_result(function(*args, **kwargs))
            return future
        self._jobs.append((future, function, args, kwargs))
        with contextlib.suppress(BlockingIOError):  # full: it wakes anyway
            os.write(self._write_fd, b"x")
        return future

    def call(self, function, *args, **kwargs):
        """The same, and waits for the result."""
        return self.begin(function, *args, **kwargs).result()

    def add(self, bus):
        Hein.Bus.move_to_context(bus, None)  # this thread owns it from now on
        fd = Hein.Bus.get_fd(bus)
        self._buses[fd] = bus
        self._poll.register(fd, select.POLLIN)

    def remove(self, bus, context):
        """Lets go of it; who iterates the context, or turns the bus, has it."""
        fd = Hein.Bus.get_fd(bus)
        if self._buses.pop(fd, None) is not None:
            self._poll.unregister(fd)
        Hein.Bus.move_to_context(bus, context)

    def _do_jobs(self):
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_fd, 4096)
        while self._jobs:
            future, function, args, kwargs = self._jobs.popleft()
            try:
                future.set_result(function(*args, **kwargs))
            except BaseException as error:  # it belongs to the caller
                future.set_exception(error)
            # the next one may not come for long: keep nothing alive
            del future, function, args, kwargs

    def _turn(self, fd):
        # an earlier one of this round may have removed it
        bus = self._buses.get(fd)
        if bus is None:
            return
        bus._tell_taken()
        Hein.Bus.turn(bus, 0)
        # disposed of: the descriptor is closed. Asking for it makes it readable
        # where messages wait, which are not for this thread to take
        if bus.is_closed and Hein.Bus.get_fd(bus) < 0:
            del self._buses[fd]
            self._poll.unregister(fd)

    def run(self):
        while not self._is_over:
            for fd, _ in self._poll.poll():
                with self._at_work:
                    if fd == self._read_fd:
                        self._do_jobs()
                    else:
                        self._turn(fd)
        self._end.set()


class Starting:
    _turner = None

    def start(self):
        """Lets a thread turn the bus; handlers run there, and calls may come
        from any thread. Not for handlers of the bus itself. Returns the bus."""
        if self._turner is None:
            self._claim()
            self._go_back()
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
            raise Error.new(Error.FAILED, "a handler of a started bus cannot "
                            "stop it: it runs in the thread of the bus")
        self._turner = None
        turner.call(self._take_back)
        turner.call(turner.remove, self, self._home)
        with contextlib.suppress(GLib.Error):  # a loop of another thread has it
            Hein.Bus.check_turn(self)
