#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What happens at one moment happens in the same order in every process. Prints TAP.

Each scene is played by several processes, which print what they saw. Tables that are walked
would give it away: addresses and hash keys differ from process to process.
"""
import subprocess
import sys

import gi
import tap

gi.require_version("Hein", "1")
from gi.repository import GObject, Hein

N_PEERS = 12
N_PROCESSES = 3
SKIPPED = 77
HUB = "tcp://hub:5555?plaintext=yes"


def join_hub(net, uri=HUB):
    """A hub, with peers that have dialled it."""
    net.set_host("hub")
    hub = Hein.Bus("hub")
    hub.listen(uri)
    buses = []
    for i in range(N_PEERS):
        net.set_host(f"host-{i}")
        buses.append(Hein.Bus(f"peer-{i}"))
        buses[-1].dial(uri)
    assert net.run_until(5000, lambda _net: len(hub.peers) == N_PEERS and
                         all(len(bus.peers) == 1 for bus in buses))
    return hub, buses


def print_removed(bus):
    bus.connect("peer-removed", lambda _bus, peer, _error: print(bus.name, "lost", peer.name))


def play_closed(net):
    """A bus that has many peers in this process closes."""
    hub, buses = join_hub(net, "inproc://hub")
    for bus in [hub, *buses]:
        print_removed(bus)
    hub.close()
    net.run(1000)


def play_gone(net):
    """Members of a group fall silent together."""
    buses = []
    for i in range(N_PEERS):
        net.set_host(f"host-{i}")
        buses.append(Hein.Bus(f"peer-{i}"))
        buses[-1].listen("udp-multicast://239.1.2.3:4444?format=hein&plaintext=yes")
    net.run(5000)
    assert len(buses[0].peers) == N_PEERS - 1
    print_removed(buses[0])
    for i in range(1, N_PEERS):
        net.kill(f"host-{i}")
    net.run(60000)


def play_expired(net):
    """Messages to many peers expire together."""
    hub, _buses = join_hub(net)
    hub.connect("dropped", lambda _bus, peer, reason, n, _size:
                print(peer.name, reason.value_nick, n))
    for i in range(N_PEERS):
        net.pause(f"host-{i}")
    for _ in range(400):
        for i in range(N_PEERS):
            message = Hein.Message("topic", b"x" * 4000)
            message.set_expiry_ms(500)
            hub.send_to(f"peer-{i}", message)
    net.run(2000)


def play_served(net):
    """A bus goes that owes answers to many."""
    hub, buses = join_hub(net)
    held = []

    def on_request(_hub, request):
        GObject.Object.connect(request.get_cancellable(), "cancelled",
                               lambda _cancellable, name: print(name), request.peer.name)
        held.append(request)

    hub._serve("add", on_request)
    for bus in buses:
        bus.request_async(Hein.Message("add", b"1"), 60000, None, lambda *_: None)
    net.run(500)
    assert len(held) == N_PEERS, len(held)
    hub.run_dispose()


def play_confirmed(net):
    """One of the peers is named that do not confirm subscriptions."""
    hub, _buses = join_hub(net)
    for i in range(N_PEERS):
        net.pause(f"host-{i}")
    hub.subscribe("topic")
    try:
        hub.confirm_subscriptions(500)
    except Hein.Error as error:
        print(error.message)


def play_pinged(net):
    """All peers answer."""
    hub, _buses = join_hub(net)
    print(*hub.ping(500))


SCENES = {name[5:]: scene for name, scene in globals().items() if name.startswith("play_")}


def see(name):
    """Returns what a process prints that plays the scene."""
    done = subprocess.run([sys.executable, __file__, name], check=False, text=True,
                          stdout=subprocess.PIPE)
    if done.returncode == SKIPPED:
        raise tap.Skip("built without what this scene needs")
    assert done.returncode == 0 and done.stdout
    return done.stdout


def test_scene(name):
    first, *others = [see(name) for _ in range(N_PROCESSES)]
    for other in others:
        assert other == first, f"{first}\n{other}"


def play(name):
    try:
        with Hein.Simulation(seed=1) as net:
            SCENES[name](net)
    except Hein.Error as error:
        if error.code != Hein.Error.NO_PLUGIN:
            raise
        sys.exit(SKIPPED)


if len(sys.argv) > 1:
    play(sys.argv[1])
    sys.exit(0)
sys.exit(tap.run([(name, test_scene, name) for name in SCENES]))
