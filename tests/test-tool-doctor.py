#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `hein doctor` does."""

import json
import os
import socket
import sys
import tempfile

import tap
from tool_test import (Running, doctor, free_group, has, levels_of, make_file,
                       need_multicast, one_of, run, same)



def test_doctor_group():
    need_multicast()
    group = free_group()
    for uri in (group, group + "?interface=lo",
                group + "?interface=127.0.0.1&ttl=0"):
        status, checks, text = doctor(uri)
        same((uri, status), (uri, 0))
        for subject in ("address", "group", "secrecy", "options", "route",
                        "port", "join", "echo", "memberships"):
            same((subject, levels_of(checks, subject)), (subject, ["ok"]))
        has(one_of(checks, "join")["found"], "joined on lo")
        has(one_of(checks, "echo")["found"], "came back on lo")
        has(text, levels_of(checks, "receive buffer")[0].ljust(8)
            + " receive buffer: ")
        (lo,) = [check["found"] for check in checks
                 if check["subject"] == "interface"
                 and check["found"].startswith("lo:")]
        has(lo, "lo: used, up, loopback", "MTU ", "127.0.0.1")
        has(text, "\n0 problems, ")


def test_doctor_group_problems():
    need_multicast()
    group = free_group()
    for uri, subject, found in (
            ("udp-multicast://127.0.0.1:7000", "group", "127.0.0.1"),
            ("udp-multicast://239.255.7.7", "port", "missing"),
            (group + "/path", "path", "/path"),
            (group + "?interface=nosuch0", "interface", "nosuch0"),
            (group + "?interface=nosuch0", "secrecy", "refused"),
            (group + "?ttl=2", "secrecy", "refused"),
            (group + "?reliable=yes", "options", "format=hein"),
            (group + "?loopback=no", "options", "nobody would hear"),
            ("udp-multicast://[ff02::7%25lo]:7000", "group", "%lo"),
            ("udp-multicast://[ff02::7]:7000?interface=lo,lo", "interface",
             "one interface"),
            (group + "?key-file=/nowhere/key", "key", "/nowhere/key"),
            (group + "?key-ring-file=/nowhere/key", "keys", "/nowhere/key")):
        status, checks, text = doctor(uri)
        same((uri, status), (uri, 1))
        has([check["level"] for check in checks if check["subject"] == subject
             and found in check["found"]], "problem")
        has(text, f"problem  {subject}: ", found)
    # what the network would hear of is left to --join, and this has no network
    status, checks, _ = doctor(group + "?interface=lo", "--join")
    same((status, levels_of(checks, "join")), (0, ["ok"]))
    # headers of IPv6 are larger, too large for the loopback's 65536; whether
    # it has IPv6 at all is not asked here
    _, checks, _ = doctor("udp-multicast://[ff15::7]:7?interface=lo&mtu=65507")
    same(levels_of(checks, "mtu"), ["warning"])
    status, checks, _ = doctor(group + "?interface=lo&plaintext=yes&mtu=65507")
    same((status, levels_of(checks, "mtu")), (0, []))
    same(levels_of(checks, "secrecy"), ["warning"])


def test_doctor_group_port():
    need_multicast()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("239.255.7.7", 0))
        port = taken.getsockname()[1]
        status, checks, _ = doctor(f"udp-multicast://239.255.7.7:{port}")
        same((status, levels_of(checks, "port")), (1, ["problem"]))
        same(levels_of(checks, "join"), ["problem"])


def test_doctor_hears_nobody():
    """A member of the group hears nothing of it."""
    need_multicast()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as member:
        member.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        member.bind(("239.255.7.7", 0))
        member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                          socket.inet_aton("239.255.7.7")
                          + socket.inet_aton("127.0.0.1"))
        member.setblocking(False)
        port = member.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "key")
            same(run("keygen", path)[0], 0)
            same(doctor(f"udp-multicast://239.255.7.7:{port}?interface=lo&"
                        f"key-file={path}")[0], 0)
        try:
            raise AssertionError(f"it heard {member.recv(2048)!r}")
        except BlockingIOError:
            pass


def test_doctor_key():
    need_multicast()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key")
        uri = f"{free_group()}?interface=lo&key-file={path}"
        same(run("keygen", path)[0], 0)
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "key")), (0, ["ok"]))
        os.chmod(path, 0o644)
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "key")), (1, ["problem"]))
        has(one_of(checks, "key")["found"], path, "0644")
        has(one_of(checks, "key")["change"], "chmod 600")
        os.chmod(path, 0o600)
        with open(path, "w", encoding="ascii") as file:
            file.write("no key")
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "key")), (1, ["ok"]))
        has(one_of(checks, "options")["found"], path)


def test_doctor_tcp():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for scheme in ("tcp", "channel"):
            uri = f"{scheme}://localhost:{port}"
            status, checks, text = doctor(uri)
            same((status, levels_of(checks, "port")), (1, ["problem"]))
            has(one_of(checks, "port")["found"], "taken", "in use")
            has(text, "problem  port: ", "port-scan")
            same(doctor(uri + "?port-scan=100")[0], 0)
        taken.setblocking(False)
        try:
            taken.accept()
            raise AssertionError("the doctor came in")
        except BlockingIOError:
            pass
    for uri in (f"tcp://127.0.0.1:{port}", "tcp://localhost:0",
                "tcp://*:0?plaintext=yes", "channel+socketengine://:0",
                "ws://localhost:0/path"):
        status, checks, _ = doctor(uri)
        same((uri, status, levels_of(checks, "port")), (uri, 0, ["ok"]))
    for uri, subject in (("tcp://*:0", "secrecy"), ("tcp://localhost", "port"),
                         ("tcp://192.0.2.77:1", "secrecy"), ("ws://*:0/path", "secrecy"),
                         ("tcp://localhost:0/path", "path")):
        status, checks, _ = doctor(uri)
        same((uri, status, levels_of(checks, subject)), (uri, 1, ["problem"]))
    for uri in ("tcp://name.invalid:1", "tcp://name.invalid:1?plaintext=yes"):
        status, checks, _ = doctor(uri)
        same((status, levels_of(checks, "host"), levels_of(checks, "secrecy")),
             (0, ["warning"], ["warning"]))


def test_doctor_hosts():
    """Several can be dialled; and who proves its name needs no key of ours."""
    status, checks, _ = doctor("tcp://127.0.0.1:0,127.0.0.1:1")
    same((status, levels_of(checks, "hosts")), (0, ["warning"]))
    has(one_of(checks, "hosts")["found"], "not listened on")
    status, checks, _ = doctor("tcp://192.0.2.77:1?tls=yes")
    same((status, levels_of(checks, "secrecy")), (0, ["ok"]))
    has(one_of(checks, "secrecy")["found"], "192.0.2.77", "the system trusts")


def test_doctor_keys():
    """A file of keys is advised first, and only this user may read it."""
    _, checks, text = doctor("tcp://*:0")
    has(text, "hein keygen FILE")
    assert text.index("key-file=FILE") < text.index("plaintext=yes"), text
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lamps.key")
        run("keygen", path)
        status, checks, _ = doctor("tcp://*:0?key-file=" + path)
        same((status, levels_of(checks, "secrecy")), (0, ["ok"]))
        os.chmod(path, 0o644)
        status, checks, _ = doctor("tcp://*:0?key-file=" + path)
        same((status, levels_of(checks, "secrecy")), (1, ["problem"]))
        has(one_of(checks, "secrecy")["found"], "mode")


def test_doctor_unix():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "socket")
        uri = "unix://" + path
        same(doctor(uri)[0], 0)
        same(os.listdir(folder), [])
        with Running("receive", "--listen", uri) as receiver:
            receiver.uri()
            status, checks, _ = doctor(uri)
            same((status, levels_of(checks, "socket")), (1, ["problem"]))
            # neither it nor its lock was harmed
            same(run("send", "--dial", uri, "text")[0], 0)
        same(sorted(os.listdir(folder)), ["socket", "socket.lock"])
        status, checks, _ = doctor(uri)
        same(status, 0)
        has(one_of(checks, "socket")["found"], "stale")
        os.unlink(path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(path)
            other.listen()
            status, checks, _ = doctor(uri)
            same((status, levels_of(checks, "socket")), (1, ["problem"]))
        os.unlink(path)
        make_file(folder, b"")
        for bad, subject in ((f"unix://{folder}/payload", "socket"),
                             (f"unix://{folder}/none/socket", "folder"),
                             ("unix:///" + "x" * 200, "path"),
                             ("unix:relative", "path"),
                             ("unix://host/path", "path")):
            status, checks, _ = doctor(bad)
            same((bad, status, levels_of(checks, subject)),
                 (bad, 1, ["problem"]))
        name = "hein-test-" + os.path.basename(folder)
        same(doctor("unix:@" + name)[0], 0)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind("\0" + name)
            other.listen()
            same(doctor("unix:@" + name)[0], 1)


def test_doctor_others():
    same(doctor("inproc://work")[0], 0)
    status, checks, _ = doctor("pigeon://loft")
    same((status, [check["level"] for check in checks]), (1, ["problem"]))
    has(checks[0]["found"], "pigeon", "tcp")
    # nobody is there who could be dialled
    for address, what in (("inproc://work", "not for inproc"),
                          ("replay:///etc/hostname", "'hein receive' plays it")):
        status, _, errors = run("doctor", "--dial", address)
        same(status, 2)
        has(errors, what)


def doctor_of_secrets(uri):
    """Of an address that is not shown whole."""
    status, out, errors = run("doctor", "--json", uri)
    same(errors, "")
    return status, json.loads(out)["checks"]


def test_doctor_peers():
    """Others may read who is known, and not write it."""
    with tempfile.TemporaryDirectory() as folder:
        identity, peers = (os.path.join(folder, name) for name in ("kirk.id", "peers"))
        if run("keygen", "--identity", identity)[0] != 0:
            raise tap.Skip("built without TLS")
        uri = f"tcp://*:0?identity={identity}&peers={peers}"
        same(levels_of(doctor_of_secrets(uri)[1], "secrecy"), ["problem"])
        with open(peers, "w", encoding="utf-8") as file:
            file.write(f"spock {'5a' * 32}\n")
        for mode, level, found in ((0o644, "ok", "known to " + peers),
                                   (0o664, "problem", "others could write to it")):
            os.chmod(peers, mode)
            check = one_of(doctor_of_secrets(uri)[1], "secrecy")
            same((mode, check["level"]), (mode, level))
            has(check["found"], found)


def test_doctor_curve():
    """Certificates take the place of plaintext=yes, and are looked at."""
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "server.key")
        if run("keygen", "--curve", key)[0] != 0:
            raise tap.Skip("built without CURVE")
        peers = os.path.join(folder, "peers")
        uri = f"tcp://*:0?curve-key={key}&curve-peers={peers}"
        status, checks = doctor_of_secrets(uri)
        same((status, levels_of(checks, "secrecy")), (1, ["problem"]))
        os.mkdir(peers)
        for address, level, found in (
                (uri, "ok", "only who has a key of " + peers),
                (uri[:-len(peers)] + "any", "warning", "whoever knows"),
                (f"tcp://127.0.0.1:0?curve-key={key}&curve-server={key}", "ok",
                 "only the server")):
            status, checks = doctor_of_secrets(address)
            same((address, status), (address, 0))
            check = one_of(checks, "secrecy")
            same((address, check["level"]), (address, level))
            has(check["found"], found)
            has(one_of(checks, "security")["found"], "curve:")
        os.chmod(key + "_secret", 0o640)
        same(doctor_of_secrets(uri)[0], 1)


def test_doctor_security():
    """What peers are proved by, as hein_peer_get_security () calls it."""
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "lamps.key")
        run("keygen", key)
        for uri, found in (("tcp://localhost:0", "none: "),
                           ("tcp://localhost:0?key-file=" + key, "psk:lamps: "),
                           (f"unix://{folder}/socket", "unix:...: ")):
            checks = doctor(uri)[1]
            has(one_of(checks, "security")["found"], found)
        need_multicast()
        checks = doctor(free_group() + "?interface=lo&key-file=" + key)[1]
        has(one_of(checks, "security")["found"], "psk:lamps: ")


def explain_access(path, *words):
    """Status, the check, and what it says in text."""
    status, out, errors = run("doctor", "--json", "--access", path, *words)
    same(errors, "")
    text_status, text, _ = run("doctor", "--access", path, *words)
    same(text_status, status)
    return status, one_of(json.loads(out)["checks"], "access"), text.decode()


def test_doctor_access():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lamps.access")
        with open(path, "w", encoding="utf-8") as file:
            file.write("deny * * secret/**\nallow kirk publish lamps/*\n"
                       "allow ca:fleet * **\n")
        os.chmod(path, 0o644)
        for words, status, found in (
                ("kirk publish lamps/desk", 0, "line 2: allow kirk publish lamps/*"),
                ("pin:kirk publish lamps/desk", 0, "line 2: "),
                ("spock,ca:fleet request time", 0, "line 3: allow ca:fleet * **"),
                ("kirk receive lamps/desk", 1, "no line is about this"),
                ("anonymous publish lamps/desk", 1, "no line is about this"),
                ("kirk publish secret/a", 1, "line 1: deny * * secret/**")):
            got, check, text = explain_access(path, *words.split())
            same((words, got), (words, status))
            has(check["found"], found)
            has(text, words.split()[0], found)
        same(run("doctor", "--access", path, "kirk", "sing", "t")[0], 2)
        same(run("doctor", "--access", path, "kirk", "publish")[0], 2)
        uri = f"tcp://localhost:0?access-file={path}"
        same(levels_of(doctor(uri)[1], "access"), ["ok"])
        with open(path, "a", encoding="utf-8") as file:
            file.write("allow kirk\n")
        words = "line 4: expected: allow or deny"
        has(one_of(doctor(uri)[1], "access")["found"], words)
        status, check, _ = explain_access(path, "kirk", "publish", "t")
        same(status, 1)
        has(check["found"], words)


if __name__ == "__main__":
    sys.exit(tap.run_functions(globals()))
