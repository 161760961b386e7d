#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""One bus, one owner, in Python: loops, threads, handlers, forks, Ctrl-C, and
the end of the program. Each is a program in a process of its own, since what
goes wrong with owners is a hang. Prints TAP.
"""
import asyncio
import atexit
import gc
import os
import signal
import subprocess
import sys
import threading
import weakref

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import GLib, Hein

PATIENCE = 60  # seconds: a hang is far longer
LONG_MS = 600000
TCP = "tcp://127.0.0.1:0"

programs = {}


def program(function):
    programs[function.__name__] = function
    return function


def launch(name, *arguments, **options):
    return subprocess.Popen([sys.executable, "-X", "dev", __file__, "--run", name,
                             *arguments], text=True, **options)


def check_program(name):
    """It ends by itself, well, and warns of nothing."""
    process = launch(name, stderr=subprocess.PIPE)
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it hangs: {process.communicate()[1]}") from None
    assert process.returncode == 0, errors
    for line in errors.splitlines():
        assert "ResourceWarning" not in line and "CRITICAL" not in line, errors


def fails(call, text, code=Hein.Error.FAILED):
    try:
        call()
    except Hein.Error as error:
        assert error.code == code and text in str(error), error
        return
    raise AssertionError("it did not fail")


def run_thread(function, *args):
    """A thread whose failure is that of the program."""
    def run():
        try:
            function(*args)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def exchange(hub, client):
    """Between started buses."""
    client.dial(hub.listen(TCP).bound_uri)
    came = threading.Event()
    client.connect("peer-added", lambda *args: came.set())
    if client.peers:
        came.set()
    assert came.wait(PATIENCE)
    for i in range(100):
        client.send_to("hub", "n", str(i))
    assert [hub.receive(LONG_MS).text for _ in range(100)] == [str(i) for i in range(100)]


async def exchange_by_asyncio():
    async with Hein.Bus("hub") as hub, Hein.Bus("client") as client:
        await client.dial_async(hub.listen(TCP).bound_uri)
        await client.wait_for_peers_async(1)
        for i in range(100):
            await client.send_async("n", str(i))
        assert [(await hub.receive_one_async()).text for _ in range(100)] == \
            [str(i) for i in range(100)]


def beside_main_loop(function):
    """Calls it in a thread while this one runs a main loop."""
    loop = GLib.MainLoop()

    def run():
        function()
        GLib.idle_add(loop.quit)

    GLib.idle_add(lambda: run_thread(run) and False)
    loop.run()


# ---- loops and threads ----


@program
def start_in_a_handler_of_the_main_loop():
    loop = GLib.MainLoop()
    made = Hein.Bus("client")  # in the context that the loop iterates

    def on_idle():
        with Hein.Bus("hub").start() as hub, made.start() as client:
            exchange(hub, client)
        loop.quit()

    GLib.idle_add(on_idle)
    loop.run()


@program
def start_in_a_thread_beside_a_main_loop():
    def run():
        hub, client = Hein.Bus("hub"), Hein.Bus("client")
        hub.listen("inproc://x")
        with hub.start(), client.start():
            exchange(hub, client)

    beside_main_loop(run)


@program
def asyncio_in_a_thread_beside_a_main_loop():
    beside_main_loop(lambda: asyncio.run(exchange_by_asyncio()))


@program
def asyncio_beside_a_main_loop_in_a_thread():
    loop, runs = GLib.MainLoop(), threading.Event()
    GLib.idle_add(runs.set)
    thread = run_thread(loop.run)
    runs.wait()
    asyncio.run(exchange_by_asyncio())
    with Hein.Bus("hub").start() as hub, Hein.Bus("client").start() as client:
        exchange(hub, client)
    GLib.idle_add(loop.quit)
    thread.join()


@program
def receive_in_a_thread_beside_a_main_loop():
    def run():
        with Hein.Bus("hub") as hub, Hein.Bus("client").start() as client:
            client.dial(hub.listen(TCP).bound_uri)
            while not hub.peers:
                hub.turn(-1)
            client.send_to("hub", "t", "x")
            assert hub.receive(LONG_MS).text == "x"

    beside_main_loop(run)


@program
def the_main_loop_of_the_thread_that_made_it():
    """Also where that is not the main thread, and not yet running."""
    def run():
        loop, threads = GLib.MainLoop(), set()
        hub, client = Hein.Bus("hub"), Hein.Bus("client")
        client.dial(hub.listen(TCP).bound_uri)

        def on_added(bus, peer):
            threads.add(threading.current_thread())
            loop.quit()

        hub.connect("peer-added", on_added)
        loop.run()
        assert threads == {threading.current_thread()}

    run()
    run_thread(run).join()


@program
def a_main_loop_in_another_thread():
    """As in C: who iterates the context that the bus lives in, turns it."""
    hub, client = Hein.Bus("hub"), Hein.Bus("client").start()
    client.dial(hub.listen(TCP).bound_uri)
    came = threading.Event()
    hub.connect("message", lambda bus, message: came.set())
    loop = GLib.MainLoop()
    thread = run_thread(loop.run)
    client.connect("peer-added", lambda *args: client.send_to("hub", "t", "x"))
    if client.peers:
        client.send_to("hub", "t", "x")
    assert came.wait(PATIENCE)
    fails(lambda: hub.receive(LONG_MS), "another thread turns")
    fails(lambda: hub.listen(TCP), "bus.start ()")
    fails(lambda: hub.take(), "bus.start ()")
    fails(lambda: hub.start(), "another thread turns")
    GLib.idle_add(loop.quit)
    thread.join()
    # it may be taken over now
    hub.turn(0)
    assert hub.listen(TCP).bound_uri


@program
def a_second_asyncio_loop():
    holds, done = threading.Event(), threading.Event()
    bus = Hein.Bus("bus")

    async def own():
        bus.listen(TCP)
        holds.set()
        while not done.is_set():
            await asyncio.sleep(0)

    async def want():
        await bus.receive_one_async()

    thread = run_thread(lambda: asyncio.run(own()))
    holds.wait()
    fails(lambda: asyncio.run(want()), "an asyncio loop of another thread")
    fails(lambda: bus.receive(LONG_MS), "an asyncio loop of another thread")
    fails(lambda: bus.turn(-1), "an asyncio loop of another thread")
    fails(bus.start, "an asyncio loop of another thread")
    fails(lambda: bus.listen(TCP), "bus.start ()")
    done.set()
    thread.join()
    # that loop has ended: the bus is free
    bus.turn(0)
    bus.start().stop()


@program
def two_asyncio_loops_in_two_threads():
    for thread in [run_thread(lambda: asyncio.run(exchange_by_asyncio())) for _ in range(2)]:
        thread.join()


@program
def two_asyncio_loops_share_a_started_bus():
    with Hein.Bus("hub").start() as hub, Hein.Bus("client").start() as client:
        exchange(hub, client)
        got = []

        async def collect():
            for _ in range(50):
                got.append(int((await hub.receive_one_async()).text))

        threads = [run_thread(lambda: asyncio.run(collect())) for _ in range(2)]
        for i in range(100):
            client.send_to("hub", "n", str(i))
        for thread in threads:
            thread.join()
        assert sorted(got) == list(range(100))


@program
def the_loop_ends_before_the_bus():
    """Then it is where it was: in the main context."""
    hub, client = Hein.Bus("hub"), Hein.Bus("client")

    async def listen():
        client.dial(hub.listen(TCP).bound_uri)
        await client.wait_for_peers_async(1)

    asyncio.run(listen())
    client.send_to("hub", "t", "x")
    got = []
    hub.connect("message", lambda bus, message: got.append(message.text))
    while not got:
        GLib.MainContext.default().iteration(True)
    hub.close()
    client.close()


@program
def a_loop_that_cannot_watch_descriptors():
    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, *args):
            raise NotImplementedError

    async def main():
        fails(lambda: Hein.Bus("bus"), "Loop cannot wait for descriptors")

    loop = Loop.__new__(Loop)
    add_reader = Loop.add_reader
    del Loop.add_reader
    loop.__init__()  # it needs one for itself
    Loop.add_reader = add_reader
    loop.run_until_complete(main())
    del Loop.add_reader
    loop.close()


@program
def start_in_a_handler_of_its_own():
    hub, client = Hein.Bus("hub"), Hein.Bus("client")
    client.dial(hub.listen(TCP).bound_uri)
    done = []

    def on_added(bus, peer):
        fails(hub.start, "within a turn")
        fails(lambda: hub.receive(LONG_MS), "within a turn")
        fails(lambda: hub.turn(-1), "within a turn")
        done.append(peer)

    hub.connect("peer-added", on_added)
    while not done:
        GLib.MainContext.default().iteration(True)
    hub.start().stop()


@program
def stop_in_a_handler_of_its_own():
    told = []
    with Hein.Bus("hub").start() as hub, Hein.Bus("client").start() as client:
        def on_added(bus, peer):
            try:
                hub.stop()
            except Hein.Error as error:
                told.append(str(error))

        hub.connect("peer-added", on_added)
        exchange(hub, client)
    assert len(told) == 1


# ---- what goes wrong in callbacks ----


@program
def the_bus_goes_on_after_exceptions():
    hub, client = Hein.Bus("hub"), Hein.Bus("client")
    client.dial(hub.listen(TCP).bound_uri)
    got = []

    def on_message(bus, message):
        got.append(message.text)
        raise ValueError("in a handler")

    hub.connect("message", on_message)
    while not client.peers:
        client.turn(1)
        hub.turn(1)
    for text in "ab":
        client.send_to("hub", "t", text)
    while len(got) < 2:
        client.turn(1)
        hub.turn(1)


def check_traceback():
    """It is told where, and once for each."""
    process = launch("the_bus_goes_on_after_exceptions", stderr=subprocess.PIPE)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert errors.count("ValueError: in a handler") == 2, errors
    assert errors.count("in on_message") == 2, errors


@program
def a_cycle_that_another_thread_collects():
    """A bus, its handler, and what a handler holds."""
    def make():
        bus = Hein.Bus("bus")
        bus.itself = bus
        bus.connect("message", lambda *args: bus)
        bus.listen(TCP)
        return weakref.ref(bus)

    gc.disable()
    refs = [make() for _ in range(10)]
    run_thread(gc.collect).join()
    assert [ref() for ref in refs] == [None] * 10


@program
def the_thread_that_made_it_is_over():
    """The last reference is dropped elsewhere: the connection ends with it."""
    hub, made = Hein.Bus("hub").start(), []
    came, gone = threading.Event(), threading.Event()
    hub.connect("peer-added", lambda *args: came.set())
    hub.connect("peer-removed", lambda *args: gone.set())
    uri = hub.listen(TCP).bound_uri

    def run():
        bus = Hein.Bus("client")
        bus.dial(uri)
        while not bus.peers:
            bus.turn(-1)
        made.append(bus)

    run_thread(run).join()
    assert came.wait(PATIENCE)
    made.clear()
    assert gone.wait(PATIENCE)
    hub.stop()


@program
def a_bus_is_disposed_of_while_a_task_waits():
    async def main():
        bus = Hein.Bus("bus")
        task = asyncio.create_task(bus.receive_one_async())
        await asyncio.sleep(0)
        bus.run_dispose()
        try:
            await task
        except Hein.Error as error:
            assert error.code == Hein.Error.CLOSED
        else:
            raise AssertionError("it did not end")

    asyncio.run(main())


# ---- forks ----


@program
def a_child_starts_a_bus():
    from multiprocessing import get_context

    parent = Hein.Bus("parent").start()
    uri = parent.listen(TCP).bound_uri
    for method in ("fork", "forkserver", "spawn"):
        process = get_context(method).Process(target=send_to_parent, args=(uri, method))
        process.start()
        assert parent.receive(LONG_MS).text == method
        process.join()
        assert process.exitcode == 0
    parent.stop()


def send_to_parent(uri, text):
    bus = Hein.Bus(text).start()
    bus.dial(uri)
    came = threading.Event()
    bus.connect("peer-added", lambda *args: came.set())
    assert bus.peers or came.wait(PATIENCE)
    bus.send("t", text)  # and the process ends


@program
def a_fork_waits_for_the_thread_of_started_buses():
    """In the child, nothing that the thread had locked would ever be unlocked."""
    begins, is_in = threading.Event(), threading.Event()
    inside = []
    # those that were registered last are called first
    os.register_at_fork(before=begins.set)

    def on_message(bus, message):
        inside.append(True)
        is_in.set()
        assert begins.wait(PATIENCE)
        for _ in range(1000):
            Hein.Message.new_text("t", "x")
        inside.clear()

    with Hein.Bus("hub").start() as hub, Hein.Bus("client") as client:
        hub.connect("message", on_message)
        client.dial(hub.listen(TCP).bound_uri)
        client.wait_for_peers(1)
        client.send("t", "x")
        client.turn(0)
        assert is_in.wait(PATIENCE)
        pid = os.fork()
        if pid == 0:
            os._exit(bool(inside))
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@program
def a_fork_in_a_handler_of_a_started_bus():
    results = []

    def on_message(bus, message):
        pid = os.fork()
        if pid == 0:
            os._exit(7)
        results.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        bus.send("t", "done")

    with Hein.Bus("hub").start() as hub, Hein.Bus("client") as client:
        hub.connect("message", on_message)
        client.dial(hub.listen(TCP).bound_uri)
        client.wait_for_peers(1)
        client.send("t", "x")
        assert client.receive(LONG_MS).text == "done"
    assert results == [7]


@program
def a_child_has_its_parents_buses():
    plain, started = Hein.Bus("plain"), Hein.Bus("started").start()
    uri = started.listen(TCP).bound_uri
    closed = Hein.Error.CLOSED

    async def main():
        mine = Hein.Bus("mine")
        mine.dial(uri)
        await mine.wait_for_peers_async(1)
        pid = os.fork()
        if pid == 0:
            for bus in plain, started, mine:
                assert bus.is_closed
                fails(lambda: bus.send("t", "x"), "forked", closed)
                fails(lambda: bus.listen(TCP), "forked", closed)
                fails(lambda: bus.take(), "forked", closed)
                fails(lambda: bus.turn(-1), "forked", closed)
                with bus:
                    pass
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        # and it did no harm
        mine.send_to("started", "t", "x")

    asyncio.run(main())
    assert started.receive(LONG_MS).text == "x"


# ---- Ctrl-C ----


def begin():
    print("begins", flush=True)


def waits_for_interrupt(function):
    """Ends well when KeyboardInterrupt ends the call."""
    def run():
        try:
            function()
        except KeyboardInterrupt:
            return
        raise AssertionError("it was not interrupted")

    run.__name__ = function.__name__
    interrupted.append(run.__name__)
    return program(run)


interrupted = []


@waits_for_interrupt
def receive_for_ever():
    bus = Hein.Bus("bus")
    begin()
    bus.receive()


@waits_for_interrupt
def receive_for_long():
    bus = Hein.Bus("bus")
    begin()
    bus.receive(LONG_MS)


@waits_for_interrupt
def turn_for_ever():
    bus = Hein.Bus("bus")
    begin()
    while True:
        bus.turn(-1)


@waits_for_interrupt
def receive_while_started():
    bus = Hein.Bus("bus").start()
    begin()
    bus.receive()


@waits_for_interrupt
def await_a_message():
    async def main():
        bus = Hein.Bus("bus")
        begin()
        await bus.receive_one_async()

    asyncio.run(main())


@waits_for_interrupt
def leave_with():
    """Its peer would have to end the connection, too, but nobody turns it."""
    hub = Hein.Bus("hub")
    with Hein.Bus("bus", linger_ms=LONG_MS) as bus:
        bus.dial(hub.listen(TCP).bound_uri)
        while not bus.peers:
            hub.turn(1)
            bus.turn(1)
        bus.send("t", "x")
        begin()
    raise AssertionError("it did not wait")


@waits_for_interrupt
def close_for_long():
    hub, bus = Hein.Bus("hub"), Hein.Bus("bus", linger_ms=LONG_MS)
    bus.dial(hub.listen(TCP).bound_uri)
    while not bus.peers:
        hub.turn(1)
        bus.turn(1)
    begin()
    bus.close()


@waits_for_interrupt
def a_handler_that_waits():
    """gi prints what a handler raises, and goes on; the call ends all the same."""
    hub, client = Hein.Bus("hub"), Hein.Bus("client").start()
    client.dial(hub.listen(TCP).bound_uri)
    hub.connect("peer-added", lambda *args: begin() or threading.Event().wait())
    hub.receive()


def is_waiting(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


def check_interrupt(name):
    process = launch(name, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == "begins\n"
    while not is_waiting(process.pid):
        pass
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it goes on: {process.communicate()[1]}") from None
    assert process.returncode == 0, errors


# ---- the end of the program ----

N_LAST = 80  # 8 MB: what may be sent from other threads at a time
LAST = b"x" * 100000


def say_last_words(bus):
    for _ in range(N_LAST):
        bus.send("t", LAST)


def dial_and_wait(bus, uri):
    """Until the peer takes messages."""
    there = threading.Event()
    bus.dial(uri)
    bus.wait_for_peers_async(1, -1, None, lambda bus, result: there.set())
    while bus._turner is None and not there.is_set():
        bus.turn(-1)
    assert there.wait(PATIENCE)
    return bus


@program
def end_when_started(uri):
    say_last_words(dial_and_wait(Hein.Bus("bus").start(), uri))


@program
def end_plain(uri):
    say_last_words(dial_and_wait(Hein.Bus("bus"), uri))


@program
def end_with_asyncio(uri):
    async def main():
        bus = Hein.Bus("bus")
        await bus.dial_async(uri)
        await bus.wait_for_peers_async(1)
        say_last_words(bus)

    asyncio.run(main())


@program
def end_in_a_function_of_atexit(uri):
    bus = dial_and_wait(Hein.Bus("bus"), uri).start()
    atexit.register(say_last_words, bus)


@program
def end_while_a_thread_sends(uri):
    """The end of the program waits for its threads."""
    bus = dial_and_wait(Hein.Bus("bus"), uri).start()
    run_thread(say_last_words, bus)


@program
def end_by_close(uri):
    bus = dial_and_wait(Hein.Bus("bus"), uri)
    say_last_words(bus)
    bus.close()
    os._exit(0)  # all has gone out before


def check_last_words(name):
    hub = Hein.Bus("hub")
    process = launch(name, hub.listen(TCP).bound_uri)
    for _ in range(N_LAST):
        assert len(hub.receive(PATIENCE * 1000)) == len(LAST)
    hub.close()
    assert process.wait() == 0


# ---- what is handed to the program is taken, and nothing else ----


@program
def work_on_one_by_iteration(uri):
    async def main():
        bus = Hein.Bus("bus")
        await bus.dial_async(uri)
        async for message in bus:
            await give_answer_and_die(bus, message)

    asyncio.run(main())


@program
def work_on_one_by_receive(uri):
    async def main():
        bus = Hein.Bus("bus")
        await bus.dial_async(uri)
        await give_answer_and_die(bus, await bus.receive_one_async())

    asyncio.run(main())


async def give_answer_and_die(bus, message):
    """When all have come, and were not taken."""
    assert message.text == "0"
    while bus.get_memory_used() < (N_JOBS - 1) * len(message):
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    os._exit(0)


N_JOBS = 10


def check_jobs(name):
    """A worker dies with the first; the others are done by the next one."""
    uri = "tcp+aiomsg://127.0.0.1:0?dialect=m&guarantee=at-least-once"
    with Hein.Bus("hub") as hub:
        uri = hub.listen(uri).bound_uri
        hub.set_strategy(Hein.Strategy.new("round-robin"))
        worker = launch(name, uri)
        while not hub.peers:
            hub.turn(-1)
        for i in range(N_JOBS):
            hub.send("", str(i))
        while worker.poll() is None:
            hub.turn(10)
        assert worker.returncode == 0
        with Hein.Bus("next").start() as bus:
            bus.dial(uri)
            got = []
            while not {str(i) for i in range(1, N_JOBS)} <= set(got):
                hub.turn(1)
                got += [message.text for message in bus.take()]


ENDS = ("end_when_started", "end_plain", "end_with_asyncio",
        "end_in_a_function_of_atexit", "end_while_a_thread_sends", "end_by_close")
WORKERS = ("work_on_one_by_iteration", "work_on_one_by_receive")


def main():
    if sys.argv[1:2] == ["--run"]:
        return programs[sys.argv[2]](*sys.argv[3:])
    alone = [name for name in programs
             if name not in (*interrupted, *ENDS, *WORKERS)
             and name != "the_bus_goes_on_after_exceptions"]
    tests = [(name, check_program, name) for name in alone]
    tests += [("exceptions in handlers", check_traceback)]
    tests += [(f"Ctrl-C: {name}", check_interrupt, name) for name in interrupted]
    tests += [(name, check_last_words, name) for name in ENDS]
    tests += [(name, check_jobs, name) for name in WORKERS]
    wanted = sys.argv[1:]
    return tap.run([test for test in tests if not wanted or test[-1] in wanted])


if __name__ == "__main__":
    sys.exit(main())
