#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of programs in virtual time, in Python. Prints TAP."""
import sys

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import Hein

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


def test_bad_faults():
    with Hein.Simulation() as net:
        expect(Hein.Error, "is no fault", net.add_faults, "100 fire hub")


sys.exit(tap.run_functions(globals()))
