#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of programs in virtual time, in Python. Prints TAP."""
import asyncio
import os
import sys

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import GLib, Hein

HUB = "tcp://hub:5555?plaintext=yes"


def make(net, heard):
    net.set_host("hub")
    hub = Hein.Bus("hub")
    hub.connect("message", lambda _bus, message: heard.append(message.text))
    hub.listen(HUB)
    net.set_host("roof")
    sensor = Hein.Bus("sensor")
    sensor.dial(HUB)
    return hub, sensor


def test_partition():
    """What is sent while the cable is pulled arrives when it is in again."""
    heard = []
    with Hein.Simulation(seed=7) as net:
        hub, sensor = make(net, heard)
        assert net.run_until(1000, lambda _net: len(hub.peers) == 1)
        net.partition(["hub"], ["roof"])
        sensor.send("temperature", "20.5")
        net.run(2000)
        assert heard == []
        net.heal()
        assert net.run_until(1000, lambda _net: bool(heard))
        assert heard == ["20.5"]


def test_heartbeat():
    """An hour passes at once, and heartbeats find out who is gone."""
    with Hein.Simulation() as net:
        hub, sensor = make(net, [])
        net.run(60 * 60 * 1000)
        assert [peer.name for peer in hub.peers] == ["sensor"]
        net.pause("roof")
        net.run(60 * 1000)
        assert len(hub.peers) == 0
        net.resume("roof")
        assert net.run_until(60 * 1000, lambda _net: len(hub.peers) == 1)


def test_exact_faults():
    """A cut behind one byte, a kernel that goes on, and a clock that is set."""
    heard = []
    with Hein.Simulation() as net:
        hub, sensor = make(net, heard)
        net.begin_trace()
        net.cut_after("roof", "hub", 100)
        assert net.run_until(60 * 1000, lambda _net: len(hub.peers) == 1)
        assert "roof > hub cut" in net.dup_trace()
        before = Hein.get_real_time()
        net.step_clock(-1000)
        assert Hein.get_real_time() == before - 1000
        sensor.send("temperature", "20.5")
        net.run(0)
        net.kill("roof")
        net.run(1000)
        assert heard == ["20.5"]
        assert len(hub.peers) == 0


def test_receive():
    """A call that waits lets time pass."""
    with Hein.Simulation() as net:
        hub = Hein.Bus("hub")
        before = net.get_time_us()
        try:
            hub.receive(1500)
        except Hein.Error as error:
            assert error.matches(Hein.error_quark(), Hein.Error.TIMED_OUT)
        else:
            raise AssertionError("nobody has sent anything")
        assert net.get_time_us() - before >= 1500 * 1000


HOUR_MS = 60 * 60 * 1000


def test_timeouts():
    """Those of GLib come in the time of the simulation, as the program has them."""
    calls = []

    def on_tick(*data):
        calls.append((net.get_time_us() // 1000, *data))
        return data[0] == "minute" and len(calls) < 100

    with Hein.Simulation() as net:
        before = GLib.get_monotonic_time()
        GLib.timeout_add(250, on_tick, "once", 1)
        GLib.timeout_add_seconds(60, on_tick, "minute", priority=GLib.PRIORITY_LOW)
        removed = GLib.timeout_add(300, on_tick, "removed")
        source = GLib.Timeout(500)
        source.set_callback(on_tick, "source")
        source.attach()
        GLib.source_remove(removed)
        assert net.run(HOUR_MS) is None
        assert calls[:3] == [(1250, "once", 1), (1500, "source"), (61000, "minute")], calls
        assert len(calls) == 62
        assert GLib.get_monotonic_time() - before == HOUR_MS * 1000


def test_main_loop():
    """A program that runs its own main loop."""
    with Hein.Simulation() as net:
        loop = GLib.MainLoop()
        heard = []
        hub, sensor = make(net, heard)
        GLib.timeout_add_seconds(60, lambda: sensor.send("temperature", "20.5") or True)
        GLib.timeout_add(HOUR_MS + 500, loop.quit)
        loop.run()
        assert len(heard) == 60, len(heard)


def test_real_timeouts():
    """After a simulation they are those of GLib again."""
    with Hein.Simulation():
        pass
    loop = GLib.MainLoop()
    GLib.timeout_add(1, loop.quit)
    loop.run()


def test_asyncio():
    """Tasks sleep, wait and receive in virtual time."""
    async def serve(net):
        net.set_host("hub")
        async with Hein.Bus("hub") as hub:
            hub.listen(HUB)
            return [(await hub.receive_one_async()).text for _ in range(24)]

    async def measure(net):
        net.set_host("roof")
        async with Hein.Bus("sensor") as sensor:
            sensor.dial(HUB)
            await sensor.wait_for_peers_async()
            for hour in range(24):
                sensor.send("hour", str(hour))
                await asyncio.sleep(60 * 60)

    async def main(net):
        begin = asyncio.get_running_loop().time()
        values, _ = await asyncio.gather(serve(net), measure(net))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 3600)
        except asyncio.TimeoutError:
            return values, asyncio.get_running_loop().time() - begin

    with Hein.Simulation() as net:
        values, seconds = net.run(main(net))
        assert values == [str(hour) for hour in range(24)], values
        assert 25 * 3600 <= seconds < 25 * 3600 + 60, seconds


def test_asyncio_errors():
    """What a coroutine raises is raised; one that waits for ever is told of."""
    async def fail():
        await asyncio.sleep(1)
        raise KeyError("it")

    async def wait():
        await asyncio.get_running_loop().create_future()

    with Hein.Simulation() as net:
        expect(KeyError, "it", net.run, fail())
        expect(RuntimeError, "for ever", net.run, wait())
        # a bus that is silent has timers, but never anything to say
        hub = Hein.Bus("hub")

        async def receive():
            await hub.receive_one_async(1000)

        expect(Hein.Error, "", net.run, receive())


def test_asyncio_restless():
    """Who never waits does not stop the time; a thread is waited for."""
    async def spin(net):
        end = net.get_time_us() + 5000
        while net.get_time_us() < end:
            await asyncio.sleep(0)

    async def later(net):
        GLib.timeout_add(1, lambda: True)
        await spin(net)
        return await asyncio.get_running_loop().run_in_executor(None, lambda: 7)

    with Hein.Simulation() as net:
        assert net.run(later(net)) == 7


def test_asyncio_pause():
    """A loop does not turn the bus of a host that is stopped."""
    async def main(net, hub, sensor):
        await sensor.wait_for_peers_async()
        net.pause("hub")
        sensor.send("temperature", "1")
        await asyncio.sleep(1)
        task = asyncio.create_task(hub.receive_one_async())
        await asyncio.sleep(1)
        assert not task.done()
        net.resume("hub")
        assert (await task).text == "1"

    with Hein.Simulation() as net:
        net.set_host("hub")
        hub = Hein.Bus("hub")
        hub.listen(HUB)
        net.set_host("roof")
        sensor = Hein.Bus("sensor")
        sensor.dial(HUB)
        net.run(main(net, hub, sensor))


def test_multicast():
    """A group, over a network that loses a fifth of all datagrams."""
    if "udp-multicast" not in [info.get_name() for info in Hein.PluginInfo.list()]:
        raise tap.Skip("built without udp-multicast")
    uri = "udp-multicast://239.1.2.3:7000?format=hein&plaintext=yes&reliable=yes"
    heard = []
    with Hein.Simulation(seed=3) as net:
        buses = []
        for name in ("anna", "bert"):
            net.set_host(name)
            buses.append(Hein.Bus(name))
            buses[-1].listen(uri)
        buses[1].connect("message", lambda _bus, message: heard.append(message.text))
        assert net.run_until(60_000, lambda _net: len(buses[0].peers) == 1)
        net.set_loss("anna", "bert", 0.2, 0.1, 0.1)
        for number in range(100):
            buses[0].send("number", str(number))
            net.run(10)
        net.run(10_000)
        assert heard == [str(number) for number in range(100)], heard


def test_seed():
    """The same seed gives the same run."""
    def run(seed):
        with Hein.Simulation(seed=seed) as net:
            net.begin_trace()
            net.set_way("hub", "roof", 1000, 3000, 0)
            hub, sensor = make(net, [])
            net.run_until(1000, lambda _net: len(hub.peers) == 1)
            for number in range(10):
                sensor.send("number", str(number))
                net.run(100)
            return net.dup_trace()

    assert run(1) == run(1)
    assert run(1) != run(2)


def careless(net):
    """It sends when it is connected, and hears nothing more of it: a mistake."""
    heard = []
    hub, sensor = make(net, heard)
    if net.run_until(20000, lambda _net: len(sensor.peers) == 1):
        net.run(100)
        sensor.send("temperature", "20.5")
        net.run(120000)
        assert heard == ["20.5"], heard


def expect(kind, words, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except kind as error:
        assert words in str(error), error
        return error
    raise AssertionError(f"nothing says {words}")


def test_explore():
    """Faults are drawn, and the fewest that matter are told; they do it again."""
    def explore():
        return expect(AssertionError, "fails with seed", Hein.Simulation.explore,
                      careless, ["hub", "roof"], seeds=200, within_ms=60000,
                      faults=["partition"])

    error = explore()
    assert isinstance(error.__cause__, AssertionError)
    assert error.faults.count("\n") == 1 and error.faults in str(error), error.faults
    assert explore().args == error.args
    with Hein.Simulation(error.seed) as net:
        net.add_faults(error.faults)
        expect(AssertionError, "[]", careless, net)


def test_explore_results():
    """A test that says nothing holds; one that returns something else is refused."""
    explore = Hein.Simulation.explore
    explore(lambda net: None, ["hub"], seeds=3)
    explore(lambda net: True, ["hub"], seeds=3)
    expect(AssertionError, "without a fault", explore, lambda net: False, ["hub"])
    expect(TypeError, "returns nothing", explore, lambda net: "done", ["hub"])

    async def test(net):
        pass

    expect(TypeError, "returns nothing", explore, test, ["hub"])
    expect(TypeError, "function", explore, None, ["hub"])
    expect(TypeError, "list", explore, test, "hub")
    for hosts in ([], ["two words"], ["*"], [""]):
        expect(ValueError, "hosts", explore, test, hosts)
    expect(ValueError, "faults", explore, test, ["hub"], faults=["fire"])


def test_explore_interrupted():
    """Ctrl-C ends it at once, and is no failure of the test."""
    n_runs = []

    def test(net):
        n_runs.append(net)
        raise KeyboardInterrupt

    expect(KeyboardInterrupt, "", Hein.Simulation.explore, test, ["hub"])
    assert len(n_runs) == 1


def test_closed_meanwhile():
    """A handler closes it: who waits is told, and nothing goes to the real world."""
    with Hein.Simulation() as net:
        hub, sensor = make(net, [])
        removed = []
        hub.connect("peer-added", lambda *_args: net.close())
        hub.connect("peer-removed", lambda *_args: removed.append(1))
        cellar = Hein.Bus("cellar")
        error = expect(Hein.Error, "closed", cellar.receive)
        assert error.matches(Hein.error_quark(), Hein.Error.CLOSED)
        assert net.props.is_closed
        for bus in (hub, sensor, cellar):
            assert bus.props.is_closed
            expect(Hein.Error, "closed", bus.dial, "tcp://localhost:1")
        expect(Hein.Error, "closed", net.run, 1)
        expect(Hein.Error, "closed", net.run_until, 1, lambda _net: True)
        expect(Hein.Error, "closed", net.set_host, "hub")
        expect(Hein.Error, "closed", net.add_faults, "1 cut hub roof")
        net.close()
        context = GLib.MainContext.default()
        while not removed:  # the main loop tells the rest
            context.iteration(True)


def test_closed_in_request():
    with Hein.Simulation() as net:
        hub, sensor = make(net, [])
        hub.serve("later", lambda _request: net.close())
        assert net.run_until(1000, lambda _net: len(sensor.peers) == 1)
        expect(Hein.Error, "hub went", sensor.request, "later")


def test_closed_in_asyncio():
    """Tasks that wait for its buses end; what waits for its time is an error."""
    async def receive(bus):
        try:
            await bus.receive_one_async()
        except Hein.Error as error:
            return error.code
        return None

    async def main(net):
        net.set_host("hub")
        hub = Hein.Bus("hub")
        task = asyncio.create_task(receive(hub))
        await asyncio.sleep(1)
        net.close()
        return await task

    async def sleep(net):
        await asyncio.sleep(1)
        net.close()
        await asyncio.sleep(1)

    with Hein.Simulation() as net:
        assert net.run(main(net)) == Hein.Error.CLOSED
    with Hein.Simulation() as net:
        expect(RuntimeError, "closed", net.run, sleep(net))


def test_usual_seed():
    with Hein.Simulation() as net:
        assert net.props.seed == int(os.environ.get("HEIN_SIMULATION_SEED", "1"))


def test_seed_is_told():
    """With what leaves the block."""
    try:
        with Hein.Simulation(seed=17):
            raise KeyError("it")
    except KeyError as error:
        assert "seed 17" in error.__notes__[0]


def test_bad_faults():
    with Hein.Simulation() as net:
        expect(Hein.Error, "is no fault", net.add_faults, "100 fire hub")


sys.exit(tap.run_functions(globals()))
