# SPDX-License-Identifier: LGPL-2.1-or-later
"""What makes hein feel at home in Python.

Without asyncio, `bus.receive ()` waits and turns the bus. Where an asyncio
loop runs, it is awaited, and the loop turns the bus: no GLib main loop is
needed. `bus.start ()` is for interactive use: a thread turns the bus.
"""
import asyncio
import collections
import concurrent.futures
import contextlib
import functools
import os
import select
import threading
import time

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gio, GLib

Hein = get_introspection_module("Hein")
__all__ = []

# messages taken from the bus at a time
BATCH = 256


def _export(item, name=None):
    __all__.append(name or item.__name__)
    return item


# ---- errors ----

_Code = Hein.Error


class _ErrorMeta(type):
    """`isinstance (error, Hein.Error)` is true for what signals bring, too."""

    def __instancecheck__(cls, error):
        return isinstance(error, GLib.Error) and \
            error.domain == GLib.quark_to_string(_Code.quark())


@_export
class Error(GLib.Error, metaclass=_ErrorMeta):
    """A failure of hein; `code` is one of the constants of this class."""

    @staticmethod
    def quark():
        return _Code.quark()

    @classmethod
    def new(cls, code, message):
        """Makes one, for plugins to raise."""
        return cls(message, GLib.quark_to_string(_Code.quark()), int(code))


for _name in dir(_Code):
    if _name.isupper():
        setattr(Error, _name, getattr(_Code, _name))


@_export
def error_quark():
    """Gets the domain for `GLib.Error.matches ()`."""
    return _Code.quark()


def _translate(error):
    if isinstance(error, Error):
        return Error(error.message, error.domain, error.code)
    return error


def _raises(function):
    """Makes errors of hein such that `except Hein.Error` catches them."""
    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except GLib.Error as error:
            raise _translate(error) from None
    return call


# ---- messages, peers, endpoints ----


def _to_raw(data):
    """No numbers: bytes(5) would be five zeros."""
    if isinstance(data, bytes):
        return data
    return bytes(data if hasattr(data, "__bytes__") else memoryview(data))


def _to_bytes(data):
    if isinstance(data, GLib.Bytes):
        return data
    return GLib.Bytes.new(data.encode() if isinstance(data, str) else _to_raw(data))


def _check_topic(topic):
    """The constructors only say on the console that it is too long."""
    if isinstance(topic, str) and len(topic) > Hein.TOPIC_MAX // 4 and \
            len(topic.encode()) > Hein.TOPIC_MAX:
        raise ValueError(f"a topic has at most {Hein.TOPIC_MAX} bytes of UTF-8")


class Message(Hein.Message):
    def __new__(cls, topic="", payload=b"", content_type=None):
        """The payload: text, bytes, a GLib.Bytes or GLib.Variant, or a list
        of parts."""
        _check_topic(topic)
        if isinstance(payload, GLib.Variant):
            return Hein.Message.new_variant(topic, payload)
        if isinstance(payload, (list, tuple)):
            return Hein.Message.new_full(
                topic, content_type, [_to_bytes(part) for part in payload],
                None)
        if content_type is not None:
            return Hein.Message.new_typed(topic, content_type,
                                          _to_bytes(payload))
        if isinstance(payload, str):
            return Hein.Message.new_text(topic, payload)
        if isinstance(payload, GLib.Bytes):
            return Hein.Message.new(topic, payload)
        return Hein.Message.new_data(topic, _to_raw(payload))

    def __init__(self, *args, **kwargs):
        pass

    topic = property(Hein.Message.get_topic)
    payload = property(Hein.Message.get_payload)
    content_type = property(Hein.Message.get_content_type)
    sender = property(Hein.Message.get_sender)
    time_us = property(Hein.Message.get_time_us)
    dup_text = _raises(Hein.Message.dup_text)
    dup_variant = _raises(Hein.Message.dup_variant)
    text = property(dup_text)

    @property
    def parts(self):
        return [self.get_part(i) for i in range(self.get_n_parts())]

    # one call, without a GLib.Bytes: twice as fast
    __bytes__ = Hein.Message.peek_data

    def __len__(self):
        return self.get_size()

    def __bool__(self):
        return True

    def __repr__(self):
        return f"<Hein.Message {self.topic!r}, {len(self)} bytes>"


Message = _export(override(Message))


class Peer(Hein.Peer):
    name = property(Hein.Peer.get_name)

    def __repr__(self):
        state = "up" if self.get_is_up() else "gone"
        return f"<Hein.Peer {self.name!r}, {self.get_transport()}, {state}>"


Peer = _export(override(Peer))


class Endpoint(Hein.Endpoint):
    uri = property(Hein.Endpoint.get_uri)
    bound_uri = property(Hein.Endpoint.get_bound_uri)
    state = property(Hein.Endpoint.get_state)

    def __repr__(self):
        uri = Hein.uri_hide_secrets(self.bound_uri or self.uri)
        return (f"<Hein.Endpoint {self.get_role().value_nick} {uri}, "
                f"{self.state.value_nick}>")


Endpoint = _export(override(Endpoint))


class PeerTuple(tuple):
    """The peers at one moment; `peers["kirk"]` finds one by name."""

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        for peer in self:
            if peer.name == key:
                return peer
        raise KeyError(key)

    def __contains__(self, key):
        if not isinstance(key, str):
            return super().__contains__(key)
        return any(peer.name == key for peer in self)


def _to_message(message, *payload):
    """A message, or what `Hein.Message ()` takes."""
    if isinstance(message, Hein.Message) and not payload:
        return message
    return Message(message, *payload)


# ---- the thread of `bus.start ()` ----


class _Turner(threading.Thread):
    """Owns and turns the started buses, and makes the calls that other
    threads ask for. One for all: they may share a GMainContext."""

    _lock = threading.Lock()
    _only = None

    @classmethod
    def get(cls):
        with cls._lock:
            if cls._only is None:
                cls._only = cls()
                cls._only.start()
            return cls._only

    def __init__(self):
        super().__init__(name="hein", daemon=True)
        self._buses = {}  # by descriptor
        self._poll = select.poll()
        self._jobs = collections.deque()
        self._read_fd, self._write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll.register(self._read_fd, select.POLLIN)

    def call(self, function, *args, **kwargs):
        """Calls in this thread, and waits for the result."""
        if threading.current_thread() is self:
            return function(*args, **kwargs)
        future = concurrent.futures.Future()
        self._jobs.append((future, function, args, kwargs))
        with contextlib.suppress(BlockingIOError):  # full: it wakes anyway
            os.write(self._write_fd, b"x")
        return future.result()

    def add(self, bus):
        bus._turn_here()  # who turns it owns it
        fd = Hein.Bus.get_fd(bus)
        self._buses[fd] = bus
        self._poll.register(fd, select.POLLIN)

    def remove(self, bus):
        fd = Hein.Bus.get_fd(bus)
        if self._buses.pop(fd, None) is not None:
            self._poll.unregister(fd)

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

    def run(self):
        while True:
            for fd, _ in self._poll.poll():
                if fd in self._buses:
                    if not self._buses[fd]._turn_now():
                        time.sleep(0.001)
                elif fd == self._read_fd:
                    self._do_jobs()


# ---- the bus ----


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _owned(function):
    """Calls where the bus is turned: here, or in the thread of `start ()`."""
    function = _raises(function)

    @functools.wraps(function)
    def call(self, *args, **kwargs):
        if self._turner is not None:
            return self._turner.call(function, self, *args, **kwargs)
        return function(self, *args, **kwargs)
    return call


def _attaching(function):
    """The same, and sees to it that a running asyncio loop turns the bus."""
    function = _owned(function)

    @functools.wraps(function)
    def call(self, *args, **kwargs):
        self._attach()
        return function(self, *args, **kwargs)
    return call


def _settle(future, error, value):
    """Ends a future of asyncio, from whatever thread turns the bus."""
    def settle():
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)

    loop = future.get_loop()
    if loop is _running_loop():
        settle()
    elif not loop.is_closed():
        loop.call_soon_threadsafe(settle)


class Bus(Hein.Bus):
    _turner = None
    _loop = None
    _taking = None

    def __init__(self, name=None, **properties):
        super().__init__(name=name, **properties)
        self._context = GLib.MainContext.ref_thread_default()
        self._inbox = collections.deque()  # taken from the bus, not yet given
        self._waiters = collections.deque()  # futures of those who wait

    @staticmethod
    def new(name=None):
        return Bus(name)

    name = property(Hein.Bus.get_name)
    is_closed = property(Hein.Bus.get_is_closed)

    def __repr__(self):
        state = "closed" if self.is_closed else "open"
        return f"<Hein.Bus {self.name!r}, {len(self.peers)} peers, {state}>"

    # who is there

    @_owned
    def _list_peers(self):
        peers = self.get_peers()
        return PeerTuple(peers.get_peer(i) for i in range(peers.get_n_peers()))

    @_owned
    def _list_endpoints(self):
        return list(self.get_endpoints())

    peers = property(_list_peers)
    endpoints = property(_list_endpoints)

    # sending

    def send(self, message, *payload):
        return self._send(_to_message(message, *payload))

    def send_to(self, name, message, *payload):
        return self._send_to(name, _to_message(message, *payload))

    def send_with(self, strategy, key, message, *payload):
        return self._send_with(strategy, key, _to_message(message, *payload))

    # these are allowed from any thread
    _send = _raises(Hein.Bus.send)
    _send_to = _raises(Hein.Bus.send_to)
    _send_with = _raises(Hein.Bus.send_with)

    def send_wait(self, message, *payload):
        """Awaits that there is room for the message."""
        return self._ask(Hein.Bus.send_async, Hein.Bus.send_finish,
                         _to_message(message, *payload))

    def send_async(self, message, cancellable=None, callback=None, *data):
        if callback is None and cancellable is None:
            return self.send_wait(message)
        return self._send_async(message, cancellable, callback, *data)

    def dial_async(self, uri, cancellable=None, callback=None, *data):
        if callback is None and cancellable is None:
            return self._dial_wait(uri)
        return self._dial_async(uri, cancellable, callback, *data)

    async def _dial_wait(self, uri):
        return await self._ask(Hein.Bus.dial_async, Hein.Bus.dial_finish, uri,
                               undo=Hein.Endpoint.close)

    def ping_async(self, timeout_ms, cancellable=None, callback=None, *data):
        if callback is None and cancellable is None:
            return self._ping_wait(timeout_ms)
        return self._ping_async(timeout_ms, cancellable, callback, *data)

    async def _ping_wait(self, timeout_ms):
        """For each name, whether it gave a sign of life."""
        answers = await self._ask(Hein.Bus.ping_async, Hein.Bus.ping_finish,
                                  timeout_ms)
        return answers.unpack()

    def wait_for_peers_async(self, n_peers, timeout_ms=-1, cancellable=None,
                             callback=None, *data):
        if callback is None and cancellable is None:
            return self._wait_for_peers(n_peers, timeout_ms)
        return self._wait_for_peers_async(n_peers, timeout_ms, cancellable,
                                          callback, *data)

    async def _wait_for_peers(self, n_peers, timeout_ms):
        await self._ask(Hein.Bus.wait_for_peers_async,
                        Hein.Bus.wait_for_peers_finish, n_peers, timeout_ms)

    async def _ask(self, start, finish, *args, undo=None):
        """Makes a call that ends in a turn of the bus, and awaits its end."""
        self._attach()
        future = asyncio.get_running_loop().create_future()
        cancellable = Gio.Cancellable()

        def on_end(bus, result):
            value, error = None, None
            try:
                value = finish(bus, result)
            except GLib.Error as failure:
                error = _translate(failure)
            if future.cancelled() and undo is not None and value is not None:
                undo(value)
            _settle(future, error, value)

        self._start(start, *args, cancellable, on_end)
        try:
            return await future
        except asyncio.CancelledError:
            cancellable.cancel()
            raise

    @_owned
    def _start(self, start, *args):
        start(self, *args)

    # receiving

    def receive(self, timeout_ms=-1):
        """Waits for a message; where asyncio runs, it is to be awaited."""
        if _running_loop() is not None:
            return self._await_one(timeout_ms)
        if self._inbox:
            return self._inbox.popleft()
        if self._turner is not None:
            return self._receive_there(timeout_ms)
        return _raises(Hein.Bus.receive)(self, timeout_ms)

    def take(self, max=BATCH):
        """Takes up to so many messages that are there, without waiting."""
        taken = self._pop(max)
        return taken + self._take(max - len(taken))

    async def receive_many(self, max=BATCH):
        """Awaits messages: at least one, in order."""
        await self._fill()
        taken = self._pop(max)
        self._wake_next()
        return taken

    async def __aiter__(self):
        while True:
            try:
                await self._fill()
            except GLib.Error as error:
                if error.matches(error_quark(), Error.CLOSED):
                    return
                raise
            # one at a time: who breaks off leaves the rest for the next
            yield self._inbox.popleft()
            self._wake_next()

    async def _await_one(self, timeout_ms):
        if timeout_ms < 0:
            return (await self.receive_many(1))[0]
        try:
            return (await asyncio.wait_for(self.receive_many(1),
                                           timeout_ms / 1000))[0]
        except asyncio.TimeoutError:
            raise Error.new(Error.TIMED_OUT, "no message came within "
                            f"{timeout_ms} ms") from None

    def _receive_there(self, timeout_ms):
        future = concurrent.futures.Future()
        cancellable = Gio.Cancellable()

        def on_end(bus, result):
            try:
                future.set_result(self.receive_finish(result)[0])
            except GLib.Error as error:
                future.set_exception(_translate(error))

        self._start(Hein.Bus.receive_async, 1, cancellable, on_end)
        timeout = None if timeout_ms < 0 else timeout_ms / 1000
        with contextlib.suppress(concurrent.futures.TimeoutError):
            return future.result(timeout)
        cancellable.cancel()
        try:
            return future.result()  # one may have come at the last moment
        except GLib.Error as error:
            if not error.matches(Gio.io_error_quark(),
                                 Gio.IOErrorEnum.CANCELLED):
                raise
        raise Error.new(Error.TIMED_OUT,
                        f"no message came within {timeout_ms} ms")

    def _pop(self, max):
        n = min(max, len(self._inbox))
        return [self._inbox.popleft() for _ in range(n)]

    async def _fill(self):
        """Returns when the inbox has something. Nobody is given a message
        before he runs, so a cancelled task takes none with it."""
        self._attach()
        while not self._inbox:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            self._pump()
            try:
                await waiter
            except BaseException:
                waiter.cancel()
                with contextlib.suppress(ValueError):
                    self._waiters.remove(waiter)
                self._wake_next()
                if not self._waiters and self._taking is not None:
                    self._taking.cancel()
                raise

    def _wake_next(self):
        if self._inbox and self._waiters:
            _settle(self._waiters.popleft(), None, None)

    def _pump(self):
        if self._taking is None and self._waiters:
            self._taking = Gio.Cancellable()
            self._start(Hein.Bus.receive_async, BATCH, self._taking,
                        self._on_taken)

    def _on_taken(self, bus, result):
        self._taking = None
        try:
            self._inbox.extend(self.receive_finish(result))
        except GLib.Error as error:
            if not error.matches(Gio.io_error_quark(),
                                 Gio.IOErrorEnum.CANCELLED):
                while self._waiters:
                    _settle(self._waiters.popleft(), _translate(error), None)
        self._wake_next()
        if not self._inbox:
            self._pump()

    # asyncio

    def _attach(self):
        """The running asyncio loop, if any, turns the bus from now on."""
        loop = _running_loop()
        if loop is None or loop is self._loop or self._turner is not None:
            return
        self._detach()
        loop.add_reader(Hein.Bus.get_fd(self), self._turn_now)
        self._loop = loop

    def _turn_now(self):
        # when another thread turns a bus of this context, the descriptor
        # stays readable: this is called again
        if not self._context.acquire():
            return False
        try:
            Hein.Bus.turn(self, 0)
        finally:
            self._context.release()
        return True

    def _turn_here(self, timeout_ms=0):
        """Turns it as soon as no other thread turns a bus of this context."""
        while not self._context.acquire():
            time.sleep(0.001)
        try:
            Hein.Bus.turn(self, timeout_ms)
        finally:
            self._context.release()

    def _detach(self):
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(Hein.Bus.get_fd(self))
        self._loop = None

    async def __aenter__(self):
        self._attach()
        return self

    async def __aexit__(self, kind, error, traceback):
        try:
            await self.aclose()
        except Error:
            if error is None:
                raise

    # the end

    def close(self):
        """Begins to close; asyncio turns the bus until that is done."""
        if self._loop is not None:
            self._start(Hein.Bus.close_async, None,
                        lambda bus, result: self._detach())
        else:
            self._close()

    async def aclose(self):
        """Closes; returns when every peer has taken everything."""
        try:
            await self._ask(Hein.Bus.close_async, Hein.Bus.close_finish)
        finally:
            self._detach()
            self.stop()

    def _close_and_wait(self):
        future = concurrent.futures.Future()

        def on_end(bus, result):
            try:
                future.set_result(self.close_finish(result))
            except GLib.Error as error:
                future.set_exception(_translate(error))

        self._start(Hein.Bus.close_async, None, on_end)
        while self._turner is None and not future.done():
            self._turn_here(-1)
        return future.result()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self._close_and_wait()
        except Error:
            if error is None:
                raise
        finally:
            self._detach()
            self.stop()

    # a thread, for interactive use

    def start(self):
        """Lets a thread turn the bus; handlers run there, and calls may come
        from any thread. In a program that does so, start every bus. Returns
        the bus."""
        if self._turner is None:
            self._detach()
            turner = _Turner.get()
            turner.call(turner.add, self)
            self._turner = turner
        return self

    def stop(self):
        """Takes the bus back from the thread of `start ()`."""
        turner, self._turner = self._turner, None
        if turner is not None:
            turner.call(turner.remove, self)
            self._turn_here()


for _name in ("receive_finish", "send_finish", "dial_finish", "close_finish",
              "turn", "get_fd", "set_strategy", "get_strategy", "subscribe",
              "unsubscribe", "get_latest", "get_n_dropped", "get_memory_used",
              "receive_async", "close_async", "ping_finish",
              "wait_for_peers_finish", "add_filter", "remove_filter",
              "get_latest_from", "get_latest_of"):
    setattr(Bus, _name, _owned(getattr(Hein.Bus, _name)))
for _name in ("listen", "dial"):
    setattr(Bus, _name, _attaching(getattr(Hein.Bus, _name)))
Bus._take = _owned(Hein.Bus.take)
Bus._close = _owned(Hein.Bus.close)
Bus._dial_async = _owned(Hein.Bus.dial_async)
Bus._send_async = _owned(Hein.Bus.send_async)
Bus._ping_async = _owned(Hein.Bus.ping_async)
Bus._wait_for_peers_async = _owned(Hein.Bus.wait_for_peers_async)
Bus = _export(override(Bus))


# ---- plugins ----

_plugin_add = _raises(Hein.plugin_add)


@_export
def plugin_add(name, plugin):
    """Registers a class of a script: `Hein.plugin_add ("name", Class)`."""
    return _plugin_add(name, getattr(plugin, "__gtype__", plugin))


def _says_why(slot):
    """What goes wrong in a slot is told as an error of hein."""
    @functools.wraps(slot)
    def call(*args):
        try:
            return slot(*args)
        except GLib.Error:
            raise
        except Exception as error:
            raise Error.new(Error.FAILED,
                            f"{type(error).__name__}: {error}") from error
    return call


class _Plugin:
    """Its slots that can fail are named by the class."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in cls._can_fail:
            if name in vars(cls):
                setattr(cls, name, _says_why(vars(cls)[name]))


class Protocol(_Plugin, Hein.Protocol):
    _can_fail = ("do_consume", "do_encode")


Protocol = _export(override(Protocol))


class Transport(_Plugin, Hein.Transport):
    _can_fail = ("do_begin_open", "do_send")


Transport = _export(override(Transport))


class StreamTransport(Hein.StreamTransport):
    _can_fail = ("do_get_connectable", "do_listen", "do_accepts")


StreamTransport = _export(override(StreamTransport))


class Filter(_Plugin, Hein.Filter):
    _can_fail = ("do_send", "do_receive")


Filter = _export(override(Filter))


class Strategy(Hein.Strategy):
    new = staticmethod(_raises(Hein.Strategy.new))


Strategy = _export(override(Strategy))
