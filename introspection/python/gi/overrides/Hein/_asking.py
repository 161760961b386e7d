# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asking, and answering. Each takes a message, or what `Hein.Message ()` takes."""
import asyncio
import inspect
import sys
import traceback
import weakref

from gi.repository import GLib

from ._base import (Hein, awaits, blocks, check_ms, get_running_loop,
                    refuse_nul)
from ._calls import refuse_asyncio
from ._errors import AnswerError, Error
from ._messages import to_message
from ._owner import attaching, owned

_request_async = Hein.Bus.request_async
_request_to_async = refuse_nul(Hein.Bus.request_to_async)
_get_async = refuse_nul(Hein.Bus.get_async)
_request_many = attaching(Hein.Bus.request_many)
_request_many_to = refuse_nul(attaching(Hein.Bus.request_many_to))

# what who asks is told of an exception that is no answer
UNEXPECTED = -1


def _settle(request, answer):
    """Answers with what a function has returned, unless it has answered."""
    if not request.is_over:
        request.reply(b"" if answer is None else answer)


def _refuse(request, error):
    if not request.is_over:
        if isinstance(error, AnswerError):
            request.refuse(error.code, error.message)
        else:
            text = f"{type(error).__name__}: {error}".replace("\0", "")
            request.refuse(UNEXPECTED, text)


def _tell(request, error):
    """What is wrong with the program is for who runs it, too."""
    if not isinstance(error, AnswerError):
        print(f"Hein: the request {request.topic!r} of {request.peer.name!r} "
              "failed:", file=sys.stderr)
        traceback.print_exception(type(error), error, error.__traceback__)


def _end(request, error, answer=None):
    try:
        if error is not None:
            _tell(request, error)
            _refuse(request, error)
        else:
            _settle(request, answer)
    except GLib.Error:
        pass  # nobody waits any more
    except (TypeError, ValueError) as wrong:  # what it returned is no payload
        _tell(request, wrong)
        _refuse(request, wrong)


def _refuse_single(request):
    """A generator gives many answers, and is closed without having begun."""
    try:
        _refuse(request, AnswerError(UNEXPECTED, "it has many answers: ask by "
                                     "request_many ()"))
    except GLib.Error:
        pass  # nobody waits any more


async def _give_all(request, answers):
    """Gives what an asynchronous generator yields, and closes it in any case."""
    try:
        async for answer in answers:
            await request.reply_part_async(b"" if answer is None else answer)
    finally:
        await answers.aclose()
    if not request.is_over:
        request.end()


class _Giving:
    """Gives what a generator yields, as there is credit."""

    def __init__(self, request, answers):
        self.request = request
        self.answers = answers

    def go_on(self):
        try:
            if self._give():
                self.request.wait_for_credit_async(None, self.on_credit)
        except Exception as error:
            self.answers.close()
            _end(self.request, error)

    def _give(self):
        """Returns whether there is more to give."""
        while self.request.credit > 0:
            try:
                answer = next(self.answers)
            except StopIteration:
                self.request.end()
                return False
            self.request.reply_part(b"" if answer is None else answer)
        return True

    def on_credit(self, request, result):
        try:
            request.wait_for_credit_finish(result)
        except GLib.Error:
            self.answers.close()
        else:
            self.go_on()


class _Service:
    """What answers requests: a function or a generator, asynchronous or not."""

    def __init__(self, function):
        self.function = function
        self.tasks = set()

    def answer(self, bus, request, *data):
        request._bus = weakref.ref(bus)
        try:
            answer = self.function(request)
        except Exception as error:
            _end(request, error)
            return
        if inspect.isawaitable(answer):
            self.begin_task(request, answer)
        elif inspect.isasyncgen(answer) or inspect.isgenerator(answer):
            self.begin_giving(request, answer)
        else:
            _end(request, None, answer)

    def begin_giving(self, request, answers):
        if not request.takes_parts:
            _refuse_single(request)
        elif inspect.isasyncgen(answers):
            self.begin_task(request, _give_all(request, answers))
        else:
            _Giving(request, answers).go_on()

    def begin_task(self, request, answer):
        if get_running_loop() is None:
            answer.close()
            _end(request, Error.new(Error.FAILED, "a coroutine answers, and no "
                                    "asyncio loop turns the bus"))
            return
        task = asyncio.ensure_future(answer)
        self.tasks.add(task)  # asyncio itself does not keep it
        cancellable = request.get_cancellable()
        number = cancellable.connect(lambda *args: task.cancel())

        def on_done(task):
            self.tasks.discard(task)
            if number:
                cancellable.disconnect(number)
            if task.cancelled():
                _end(request, AnswerError(UNEXPECTED, "it was cancelled there"))
            else:
                _end(request, task.exception(),
                     None if task.exception() else task.result())

        task.add_done_callback(on_done)


def _is_of_c(args):
    """A message, a number of milliseconds, a cancellable, a callback."""
    return len(args) >= 3 and callable(args[2])


class Asking:
    @awaits
    def request_async(self, message, *payload, timeout_ms=-1, cancellable=None):
        """Asks whom the strategy chooses, of whom the first answer counts, and
        awaits that, a message: `request_async (message)`, or `request_async (topic,
        payload, content_type)`.

        `timeout_ms`: milliseconds; negative: for as long as who is asked is there.
        Raises: `NO_PEER`, `NOT_SERVED`, `CLOSED`, `FAILED`, `TIMED_OUT`,
        `WOULD_BLOCK`, and `Hein.AnswerError`. A task that is cancelled tells the
        other side. With a message, a number of milliseconds, a cancellable and a
        callback it is that of C. Thread: owner.
        """
        if _is_of_c(payload):
            return self._request_async(message, *payload)
        check_ms(timeout_ms)
        return self._ask(_request_async, Hein.Bus.request_finish,
                         to_message(message, *payload), timeout_ms,
                         cancellable=cancellable)

    @awaits
    def request_to_async(self, name, message, *payload, timeout_ms=-1,
                         cancellable=None):
        """Asks the peer of this name; otherwise as `request_async ()`."""
        if _is_of_c(payload):
            return self._request_to_async(name, message, *payload)
        check_ms(timeout_ms)
        return self._ask(_request_to_async, Hein.Bus.request_finish, name,
                         to_message(message, *payload), timeout_ms,
                         cancellable=cancellable)

    @awaits
    def get_async(self, topic, *callback, timeout_ms=-1, cancellable=None):
        """Asks everybody for the value of a topic that they have retained, and
        awaits the first one, a message; its `sender` is who has it.

        `topic`: at most 245 bytes of UTF-8. `timeout_ms`: as `request_async ()`.
        Raises: `NO_PEER`, `NOT_SERVED` when nobody has one, `TOO_LARGE`, and as
        `request_async ()`. With a topic, a number of milliseconds, a cancellable and
        a callback it is that of C. Thread: owner.
        """
        if _is_of_c(callback):
            return self._get_async(topic, *callback)
        check_ms(timeout_ms)
        return self._ask(_get_async, Hein.Bus.get_finish, topic, timeout_ms,
                         cancellable=cancellable)

    @blocks
    def get(self, topic, *, timeout_ms=-1):
        """Asks everybody for the value of a topic that they have retained, and
        waits for it: as `get_async ()`, where no loop runs. Ctrl-C ends it."""
        refuse_asyncio("get ()", "await get_async ()")
        check_ms(timeout_ms)
        return self._wait_for(_get_async, Hein.Bus.get_finish, topic, timeout_ms)

    @blocks
    def request(self, message, *payload, timeout_ms=-1):
        """Asks, and waits for the answer: as `request_async ()`, where no loop
        runs. Ctrl-C ends it."""
        refuse_asyncio("request ()", "await request_async ()")
        check_ms(timeout_ms)
        return self._wait_for(_request_async, Hein.Bus.request_finish,
                              to_message(message, *payload), timeout_ms)

    def request_many(self, message, *payload, timeout_ms=-1, credit=0):
        """Asks whom the strategy chooses for many answers, of everybody with
        `publish`: `async for reply in bus.request_many (topic)`, or `for` where no
        loop runs. Leaving the loop tells the other side.

        `timeout_ms`: how long they may take in all; negative: for as long as who
        is asked is there. `credit`: how many answers of each peer may wait, 16
        unless given, 65536 at the most. The answers raise: as `request_async ()`;
        `FAILED` when who is asked has a single answer. Thread: owner.
        """
        check_ms(timeout_ms)
        return _request_many(self, to_message(message, *payload), timeout_ms,
                             credit)._begin(self)

    def request_many_to(self, name, message, *payload, timeout_ms=-1, credit=0):
        """Asks the peer of this name; otherwise as `request_many ()`."""
        check_ms(timeout_ms)
        return _request_many_to(self, name, to_message(message, *payload),
                                timeout_ms, credit)._begin(self)

    def serve(self, pattern, function=None):
        """Answers requests whose topic matches; a decorator, too.

        `pattern`: levels that a "/" parts, where "*" stands for one level and "**"
        for any number of them. `function`: is called with a `Hein.Request`. What it
        returns is the answer: a message, or a payload, None for the empty one. What
        it raises is an error of who asked, a `Hein.AnswerError` with its code. A
        coroutine function runs as a task of the loop that turns the bus, and is
        cancelled when nobody wants the answer any more. What a generator yields,
        `async def` or not, are many answers; it goes on when there is room for
        another one, and is closed when nobody wants more. Raises: `DUPLICATE` when
        the pattern is served already, `FAILED`, `TOO_LARGE` when it is none,
        `CLOSED`. Thread: owner.
        """
        if function is None:
            return lambda function: self.serve(pattern, function)
        if not callable(function):
            raise TypeError(f"serve () takes a function, not {function!r}")
        self._serve(pattern, _Service(function).answer)
        return function

    _serve = refuse_nul(attaching(Hein.Bus.serve))
    unserve = refuse_nul(owned(Hein.Bus.unserve))
