#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`hein doctor --hello` on two machines between which something is wrong: both print
the same verdict, and the command that it names mends it. TAP.

usage: hello.py HEIN CLOCK [PATTERN]

Each case has two namespaces, "a" and "b", and a bridge between; all run at a time,
as each waits more than it works.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bed as beds

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
TOOL = os.path.abspath(sys.argv[1])
CLOCK = os.path.abspath(sys.argv[2])
os.environ["HEIN_TOOL"] = TOOL

import tap
from tool_test import LIMIT_S, Running, has, same

HOSTS = {"a": "10.77.0.1", "b": "10.77.0.2"}
GROUP = "udp-multicast://239.1.2.3:7000"
STREAM = "tcp://10.77.0.2:5555"
PORTS = {"udp": 7000, "tcp": 5555}
AT_A_TIME = 8
HOUR = 3600


class Wire:
    """Two machines, and the bridge that they share."""

    def __init__(self, name):
        self.name = name
        self.folder = tempfile.mkdtemp()
        self.keys = {}
        for end in ("a", "b", "hub"):
            beds.run("ip", "netns", "add", self.space(end))
            self.do(end, "ip link set dev lo up")
        self.do("hub", "ip link add br0 type bridge mcast_snooping 0")
        self.do("hub", "ip link set dev br0 up")
        for end, host in HOSTS.items():
            self.plug(end, "lan", f"{host}/24")

    def space(self, end):
        return f"{self.name}-{end}"

    def do(self, end, command):
        beds.run(*beds.within(self.space(end), *shlex.split(command)))

    def plug(self, end, link, address):
        port = f"{link}-{end}"
        self.do("hub", f"ip link add {port} type veth peer name {link} netns "
                f"{self.space(end)}")
        self.do("hub", f"ip link set dev {port} master br0 up")
        self.do(end, f"ip address add {address} dev {link}")
        self.do(end, f"ip link set dev {link} up")

    def join(self):
        """A second cable between the two, which the address does not use."""
        self.do("a", f"ip link add side type veth peer name side netns "
                f"{self.space('b')}")
        for number, end in enumerate(HOSTS, 1):
            self.do(end, f"ip address add 10.78.0.{number}/24 dev side")
            self.do(end, "ip link set dev side up")

    def forbid(self, end, hook, *rules, policy="accept"):
        text = (f"table inet filter {{\n chain {hook} {{\n type filter hook {hook} "
                f"priority 0; policy {policy};\n" + "\n".join(rules) + "\n}\n}\n")
        done = subprocess.run(beds.within(self.space(end), "nft", "-f", "-"),
                              input=text, text=True, capture_output=True, check=False)
        same(done.stderr, "")

    def key(self, name="group.key", kind=()):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            subprocess.run([TOOL, "keygen", *kind, path], check=True,
                           capture_output=True)
        return "key-ring-file=" + path if kind else "key-file=" + path

    def start(self, end, uri, *options, env=None, inside=beds.within):
        environment = dict(os.environ, **(env or {}))
        return Running("doctor", "--hello", "--timeout", "20", *options, uri,
                       program=inside(self.space(end), TOOL), env=environment)

    def hello(self, uri, other=None, options=((), ()), envs=(None, None),
              inside=beds.within):
        """What each side prints, as soon as both have ended."""
        with self.start("a", uri, *options[0], env=envs[0], inside=inside) as a, \
                self.start("b", other or uri, *options[1], env=envs[1],
                           inside=inside) as b:
            return [Verdict(*one.end()) for one in (a, b)]

    def clear(self):
        shutil.rmtree(self.folder)
        for end in ("a", "b", "hub"):
            beds.run("ip", "netns", "delete", self.space(end))


# what a side that hears nothing says after some seconds
HINT = "nobody answers so far: run the same on the other machine"


class Verdict:
    """The last lines of what the doctor prints."""

    def __init__(self, status, out, errors):
        self.status = status
        self.text = out.decode()
        found = re.search(r"^verdict  ([\w-]+): (.*)(?:\n +-> (?:at (.*?\)): )?(.*))?",
                          self.text, re.M)
        self.hints = errors
        assert found and all(line.startswith(HINT) for line in errors.splitlines()), \
            (status, self.text, errors)
        self.lines = found[0]
        self.word, self.found, self.where, self.change = found.groups()

    def place(self):
        """On which machine to mend it."""
        return next(end for end, host in HOSTS.items() if f"({host})" in self.where)


def agree(verdicts, word, *parts, where=None, status=1):
    """Both print the same; returns it."""
    a, b = verdicts
    assert a.lines == b.lines, f"{a.text}\n--- is not\n{b.text}"
    assert a.word == word, a.text
    has(a.lines, *parts)
    same((a.status, b.status), (status, status))
    if where is not None:
        has(a.where, HOSTS[where])
    return a


def mend(wire, verdict):
    wire.do(verdict.place(), verdict.change)


def group(wire, *options, key="group.key"):
    return GROUP + "?" + "&".join((wire.key(key), "interface=lan") + options)


def stream(wire, *options, uri=STREAM, key="group.key"):
    return uri + "?" + "&".join((wire.key(key),) + options)


def address(wire, carrier):
    return group(wire) if carrier == "udp" else stream(wire)


# ---- nothing is wrong ----

def case_fine(wire, carrier):
    a, b = wire.hello(address(wire, carrier))
    agree((a, b), "fine", HOSTS["a"], HOSTS["b"], status=0)
    has(a.text, "key: the other side has proved that it has it")


def case_fine_ipv6(wire):
    if not beds.HAS_IPV6:
        raise tap.Skip("the kernel has no IPv6")
    agree(wire.hello("udp-multicast://[ff15::7]:7000?interface=lan&" + wire.key()),
          "fine", status=0)


def case_program(wire):
    """A program listens there, and sees somebody come and go: nothing is said to
    it."""
    uri = stream(wire)
    with Running("receive", "--listen", uri,
                 program=beds.within(wire.space("b"), TOOL)) as program:
        program.uri()
        a, b = wire.hello(uri)
        agree((a, b), "fine", status=0)
        has(b.text, "a program listens there already")
        program.interrupt()
        program.end()


def case_stream_alone(wire):
    """All that is said goes over the connection: nothing else comes through."""
    for end in HOSTS:
        wire.forbid(end, "input", "meta l4proto udp drop")
    agree(wire.hello(stream(wire)), "fine", status=0)


def case_with(wire):
    """Firewalls that let in what belongs to what went out: --with finds a way."""
    for end in HOSTS:
        wire.forbid(end, "input", "ct state established,related accept",
                    "meta l4proto ipv6-icmp accept", policy="drop")
    verdicts = wire.hello(group(wire), options=(("--with", HOSTS["b"]),
                                                ("--with", HOSTS["a"])))
    for _ in HOSTS:
        mend(wire, agree(verdicts, "firewall-in", "udp dport 7000 accept"))
        verdicts = wire.hello(group(wire), options=(("--with", HOSTS["b"]),
                                                    ("--with", HOSTS["a"])))
    agree(verdicts, "fine", status=0)


def case_json(wire):
    """The verdict is a member of its own; no key is in it, nor in the text."""
    with wire.start("a", group(wire), "--json") as one, \
            wire.start("b", group(wire), "--json") as other:
        a, b = one.end(), other.end()
    found = [json.loads(out) for _, out, _ in (a, b)]
    same(found[0]["verdict"], found[1]["verdict"])
    same(found[0]["verdict"]["word"], "fine")
    same(sorted(found[0]["verdict"]), ["change", "found", "where", "word"])
    key = Path(wire.folder, "group.key").read_text(encoding="ascii").strip()
    for _, out, errors in (a, b):
        assert key not in out.decode() + errors


# ---- firewalls ----

def case_firewall(wire, carrier, end, hook):
    """Where it drops is told, and the command lets it through."""
    port = PORTS[carrier]
    # of a connection, the dialler has the port at its far end
    word = "dport" if carrier == "udp" or (end == "b") == (hook == "input") else "sport"
    wire.forbid(end, hook, f"{carrier} {word} {port} drop")
    verdict = agree(wire.hello(address(wire, carrier)),
                    "firewall-" + ("in" if hook == "input" else "out"),
                    f"{carrier.upper()} port {port}", where=end)
    same(verdict.change, f"nft insert rule inet filter {hook} {carrier} {word} {port} "
         "accept")
    mend(wire, verdict)
    agree(wire.hello(address(wire, carrier)), "fine", status=0)


def case_rejected(wire):
    wire.forbid("b", "input", "tcp dport 5555 reject with tcp reset")
    agree(wire.hello(stream(wire)), "firewall-in", "refuses", where="b")


def case_deaf(wire):
    """b hears nothing at all, and cannot know what a knows: each says what it can."""
    wire.forbid("b", "input", policy="drop")
    a, b = wire.hello(group(wire))
    same((a.word, a.status), ("firewall-in", 1))
    has(a.where, HOSTS["b"])
    same((b.word, b.status), ("nothing", 3))
    has(b.text, "were dropped by this machine")


def case_between(wire):
    """What is between drops one port, and neither machine is to blame."""
    done = subprocess.run(
        beds.within(wire.space("hub"), "nft", "-f", "-"), text=True,
        capture_output=True, check=False,
        input="table bridge t {\n chain forward {\n type filter hook forward priority 0;\n"
              "udp dport 7000 drop\n}\n}\n")
    if done.returncode != 0:
        raise tap.Skip("the kernel filters no bridges")
    agree(wire.hello(group(wire)), "between", "UDP port 7000")


# ---- interfaces and routes ----

def case_down(wire, carrier):
    wire.join()
    wire.do("a", "ip link set dev lan down")
    verdict = agree(wire.hello(address(wire, carrier)), "interface", "is down",
                    where="a")
    same(verdict.change, "ip link set up dev lan")
    mend(wire, verdict)
    agree(wire.hello(address(wire, carrier)), "fine", status=0)


def case_no_carrier(wire):
    wire.join()
    wire.do("hub", "ip link set dev lan-a down")
    agree(wire.hello(group(wire)), "interface", "no carrier", where="a")


def case_no_link(wire):
    agree(wire.hello(group(wire), group(wire).replace("interface=lan", "interface=wan")),
          "interface", "no interface wan", where="b")


def mend_all(wire, uri, word, limit=3):
    """Each machine has its own trouble, and its own command."""
    for _ in range(limit):
        verdicts = wire.hello(uri)
        if verdicts[0].word == "fine":
            break
        mend(wire, agree(verdicts, word))
    agree(verdicts, "fine", status=0)


def case_no_route(wire, carrier):
    if carrier == "udp":
        uri = group(wire).replace("&interface=lan", "")
    else:
        wire.do("b", "ip address delete 10.77.0.2/24 dev lan")
        wire.do("b", "ip address add 10.79.0.2/24 dev lan")
        uri = stream(wire, uri="tcp://10.79.0.2:5555")
    verdicts = wire.hello(uri)
    verdict = agree(verdicts, "route", "has no route to")
    mend_route(wire, verdict)
    for _ in range(2):
        verdicts = wire.hello(uri)
        if verdicts[0].word == "fine":
            break
        mend_route(wire, agree(verdicts, "route", "has no route to"))
    agree(verdicts, "fine", status=0)


def mend_route(wire, verdict):
    has(verdict.change, "ip route add ", " dev lan")
    wire.do("a" if f"({HOSTS['a']})" in verdict.where else "b", verdict.change)


def case_rp_filter(wire):
    """b would answer by another cable than the one on which it hears a."""
    wire.join()
    wire.do("b", "ip route add 10.77.0.1/32 dev side")
    wire.do("b", "sysctl -qw net.ipv4.conf.all.rp_filter=1")
    verdict = agree(wire.hello(group(wire)), "rp-filter", "(rp_filter)", where="b")
    mend(wire, verdict)
    agree(wire.hello(group(wire)), "fine", status=0)


def case_ttl(wire):
    """A router is between, and the group's TTL is 1."""
    wire.do("hub", "ip link set dev lan-a nomaster")
    wire.do("hub", "ip link set dev lan-b nomaster")
    wire.do("hub", "sysctl -qw net.ipv4.ip_forward=1")
    wire.do("hub", "ip address add 10.77.0.254/24 dev lan-a")
    wire.do("b", "ip address delete 10.77.0.2/24 dev lan")
    wire.do("b", "ip address add 10.79.0.2/24 dev lan")
    wire.do("hub", "ip address add 10.79.0.254/24 dev lan-b")
    wire.do("a", "ip route add default via 10.77.0.254")
    wire.do("b", "ip route add default via 10.79.0.254")
    agree(wire.hello(group(wire), options=(("--with", "10.79.0.2"),
                                           ("--with", HOSTS["a"]))),
          "ttl", "1 routers are between", "ttl=2")


# ---- switches ----

def case_multicast(wire):
    """The network carries all but multicast, as some access points do."""
    for end in HOSTS:
        wire.do("hub", f"bridge link set dev lan-{end} mcast_flood off")
    agree(wire.hello(group(wire)), "multicast", "carries no multicast")
    for end in HOSTS:
        wire.do("hub", f"bridge link set dev lan-{end} mcast_flood on")
    agree(wire.hello(group(wire)), "fine", status=0)


def exec_inside(namespace, *command):
    """With a /sys of its own."""
    return ("ip", "netns", "exec", namespace, *command)


def case_snooping(wire):
    """a is the bridge, and does not hear that b has joined."""
    probe = subprocess.run(exec_inside(wire.space("a"), "ls", "/sys/class/net/lan"),
                           capture_output=True, check=False)
    if probe.returncode != 0:
        raise tap.Skip("no /sys of its own for a namespace")
    # it asks for members, and does not wait for their answers before it snoops
    wire.do("a", "ip link add br0 type bridge mcast_snooping 1 "
            "mcast_query_response_interval 0")
    wire.do("a", "ip link set dev br0 type bridge mcast_querier 1")
    wire.do("a", "ip address delete 10.77.0.1/24 dev lan")
    wire.do("a", "ip address add 10.77.0.1/24 dev br0")
    wire.do("a", "ip link set dev lan master br0")
    wire.do("a", "ip link set dev br0 up")
    wire.forbid("b", "output", "ip protocol igmp drop")
    uri = group(wire)
    verdict = agree(
        wire.hello(uri.replace("interface=lan", "interface=br0"), uri,
                   inside=exec_inside),
        "snooping", "IGMP snooping", where="a")
    same(verdict.change, "ip link set dev br0 type bridge mcast_snooping 0")
    mend(wire, verdict)
    agree(wire.hello(uri.replace("interface=lan", "interface=br0"), uri,
                     inside=exec_inside), "fine", status=0)


# ---- sizes ----

def case_mtu(wire, carrier):
    """What is between takes less than both ends think, and says nothing."""
    for end in HOSTS:
        wire.do("hub", f"ip link set dev lan-{end} mtu 1200")
    wire.do("hub", "ip link set dev br0 mtu 1200")
    if carrier == "udp":
        verdict = agree(wire.hello(group(wire)), "mtu", "in both addresses")
        option = re.match(r"mtu=(\d+)", verdict.change)
        assert 1100 <= int(option[1]) <= 1172, verdict.change
        agree(wire.hello(group(wire, option[0])), "fine", status=0)
    else:
        mend_all(wire, stream(wire), "mtu")


# ---- what both have to say alike ----

def case_keys(wire, carrier):
    makers = {"udp": group, "tcp": stream}
    uris = [makers[carrier](wire), makers[carrier](wire, key="other.key")]
    verdict = agree(wire.hello(*uris), "key", "have different keys", "scp -p KEYFILE ")
    shutil.copy(os.path.join(wire.folder, "group.key"),
                os.path.join(wire.folder, "other.key"))
    has(HOSTS.values(), re.search(r"scp -p KEYFILE ([\d.]+):", verdict.change)[1])
    agree(wire.hello(*uris), "fine", status=0)


def case_no_key(wire, carrier):
    without = (GROUP + "?interface=lan&format=hein&plaintext=yes" if carrier == "udp"
               else STREAM + "?plaintext=yes")
    agree(wire.hello(address(wire, carrier), without), "key", "has a key that is shared",
          "has no key", where="a")


def case_clock(wire, kind):
    """It matters to keys with times, and hardly to others."""
    key = wire.key("ring", ("--ring",)) if kind == "ring" else wire.key()
    clock = {"LD_PRELOAD": CLOCK, "SHIFT_CLOCK_S": str(HOUR)}
    agree(wire.hello(GROUP + "?interface=lan&" + key, envs=(None, clock)),
          "clock", f"the clock of {socket.gethostname()[:16]} ({HOSTS['a']}) is 60 min "
          "behind", "timedatectl set-ntp true", status=1 if kind == "ring" else 0)


def case_protocol(wire):
    agree(wire.hello(stream(wire, uri="tcp+zmtp://10.77.0.2:5555"),
                     stream(wire, uri="tcp+aiomsg://10.77.0.2:5555")),
          "protocol", "speaks zmtp", "speaks aiomsg")


def case_format(wire):
    agree(wire.hello(group(wire), group(wire, "reliable=yes")), "format",
          "reliable=yes", "reliable=no")


def case_port(wire, carrier):
    uri = address(wire, carrier)
    port = str(PORTS[carrier])
    agree(wire.hello(uri, uri.replace(port, "7777")), "address", port, ":7777")


def case_group(wire):
    agree(wire.hello(group(wire), group(wire).replace("239.1.2.3", "239.1.2.4")),
          "address", "239.1.2.3:7000", "239.1.2.4:7000")


def case_transport(wire):
    agree(wire.hello(group(wire), stream(wire)), "address", "udp-multicast://", "tcp://")


def case_host(wire):
    """a dials an address that nobody has."""
    verdict = agree(wire.hello(stream(wire, uri="tcp://10.77.0.9:5555"),
                               stream(wire, uri="tcp://*:5555")),
                    "address", "10.77.0.9", where="a")
    wrong, right = re.match(r"write (\S+) for (\S+) in", verdict.change).group(2, 1)
    agree(wire.hello(stream(wire, uri="tcp://10.77.0.9:5555".replace(wrong, right)),
                     stream(wire, uri="tcp://*:5555")), "fine", status=0)


def case_roles(wire):
    agree(wire.hello(stream(wire, uri="tcp://*:5555")), "roles", "both listen")


def case_local(wire):
    agree(wire.hello(GROUP), "local", "keeps to its own machine")


def case_loopback(wire):
    """b listens on itself only."""
    agree(wire.hello(stream(wire), stream(wire, uri="tcp://localhost:5555")), "local",
          "listen on '*'", where="b")


# ---- one side alone ----

def case_sandbox(wire):
    """A snap without network: nobody can say more than what it sees alone."""
    wire.do("a", "ip link delete dev lan")
    snap = {"SNAP": "/snap/lamps/1", "SNAP_INSTANCE_NAME": "lamps"}
    a, b = wire.hello(group(wire).replace("interface=lan", "interface=lo&ttl=1"),
                      envs=(snap, None))
    same((a.word, a.status, a.change), ("sandbox", 1, "snap connect lamps:network"))
    same((b.word, b.status), ("nothing", 3))


def case_nobody(wire):
    with wire.start("a", group(wire)) as alone:
        verdict = Verdict(*alone.end())
    same((verdict.word, verdict.status), ("nothing", 3))
    has(verdict.text, "nobody has answered", "--with HOST")
    same(verdict.hints.count(HINT), 1)
    has(verdict.hints, "add '--with HOST'")


STRANGER = """
import os, socket
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.bind(('', 61007))
print('there', flush=True)
while True:
    data, source = one.recvfrom(2000)
    if source[0] == '10.77.0.3' or len(data) != 640:
        continue
    for bad in (b'', data[:-1], data + b'x', b'H' + data[1:], data[:300] + os.urandom(340),
                data[:8] + b'\\xff' + data[9:], os.urandom(640), os.urandom(1400)):
        one.sendto(bad, ('10.77.0.255', 61007))
"""


def case_strangers(wire):
    """What is cut, longer, changed or made up is passed over, however much comes."""
    wire.plug("hub", "third", "10.77.0.3/24")
    with subprocess.Popen(beds.within(wire.space("hub"), sys.executable, "-c", STRANGER),
                          stdout=subprocess.PIPE) as noise:
        noise.stdout.readline()
        verdicts = wire.hello(group(wire))
        same(noise.poll(), None)
        noise.kill()
    verdict = agree(verdicts, "fine", status=0)
    assert "looks for somebody" not in verdict.text, verdict.text


ENDLESS = """
import contextlib
import socket
listener = socket.create_server(("10.77.0.2", 5555))
print(flush=True)
connection = listener.accept()[0]
hello = (b"hein-hi\\1\\6stranger").ljust(640, b"\\0")
with contextlib.suppress(ConnectionError):
    while True:
        connection.sendall(1000 * hello)
"""


def case_endless(wire):
    """Who never ends to say hello does not keep the other one beyond its time."""
    with subprocess.Popen(beds.within(wire.space("b"), sys.executable, "-c", ENDLESS),
                          stdout=subprocess.PIPE) as noise:
        noise.stdout.readline()
        # on its own machine nothing slows the stranger down
        with wire.start("b", STREAM, "--dial") as b:
            verdict = Verdict(*b.end())
        noise.kill()
    same(verdict.word, "address")


def case_three(wire):
    wire.plug("hub", "third", "10.77.0.3/24")
    uri = group(wire)
    with wire.start("hub", uri.replace("interface=lan", "interface=third")) as third:
        verdicts = wire.hello(uri)
        found = [Verdict(*third.end()), *verdicts]
    words = sorted(one.word for one in found)
    same(words, ["fine", "fine", "nothing"])
    for one in found:
        has(one.text, "looks for somebody, too, and is not taken into account")


CASES = [
    ("fine/udp", case_fine, "udp"), ("fine/tcp", case_fine, "tcp"),
    ("fine/ipv6", case_fine_ipv6), ("fine/program", case_program),
    ("fine/stream-alone", case_stream_alone), ("fine/strangers", case_strangers),
    ("endless", case_endless), ("three", case_three), ("with", case_with), ("json", case_json),
    *((f"firewall/{carrier}-{end}-{hook}", case_firewall, carrier, end, hook)
      for carrier in PORTS for end in HOSTS for hook in ("input", "output")),
    ("firewall/rejected", case_rejected), ("firewall/deaf", case_deaf),
    ("firewall/between", case_between),
    ("down/udp", case_down, "udp"), ("down/tcp", case_down, "tcp"),
    ("no-carrier", case_no_carrier), ("no-link", case_no_link),
    ("no-route/udp", case_no_route, "udp"), ("no-route/tcp", case_no_route, "tcp"),
    ("rp-filter", case_rp_filter), ("ttl", case_ttl),
    ("multicast", case_multicast), ("snooping", case_snooping),
    ("mtu/udp", case_mtu, "udp"), ("mtu/tcp", case_mtu, "tcp"),
    ("keys/udp", case_keys, "udp"), ("keys/tcp", case_keys, "tcp"),
    ("no-key/udp", case_no_key, "udp"), ("no-key/tcp", case_no_key, "tcp"),
    ("clock/key", case_clock, "key"), ("clock/ring", case_clock, "ring"),
    ("protocol", case_protocol), ("format", case_format),
    ("port/udp", case_port, "udp"), ("port/tcp", case_port, "tcp"),
    ("group", case_group), ("transport", case_transport), ("host", case_host),
    ("roles", case_roles), ("local", case_local), ("loopback", case_loopback),
    ("sandbox", case_sandbox), ("nobody", case_nobody),
]
NEED_NFT = re.compile("firewall|with|stream-alone|snooping")


def run_case(number, name, case, *arguments):
    if NEED_NFT.search(name) and shutil.which("nft") is None:
        raise tap.Skip("there is no nft")
    wire = Wire(f"w{number}")
    try:
        case(wire, *arguments)
    finally:
        wire.clear()


def main():
    beds.make_room()
    pattern = sys.argv[3] if len(sys.argv) > 3 else ""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = [(name, pool.submit(run_case, number, name, case, *arguments))
                   for number, (name, case, *arguments) in enumerate(CASES)
                   if re.search(pattern, name)]
        return tap.run([(name, future.result) for name, future in futures])


sys.exit(beds.run_inside(sys.argv[1], main))
