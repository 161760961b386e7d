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


sys.exit(tap.run_functions(globals()))
