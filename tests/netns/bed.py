# SPDX-License-Identifier: LGPL-2.1-or-later
"""A test bed: a namespace of its own for each end, joined by a relay.

All of it is in a network and a mount namespace of this process alone: what
goes wrong here is of no concern to the machine, and when the process is gone,
whatever the reason, so is the bed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

INSIDE = "HEIN_NETNS_INSIDE"
SECONDS = 20
TICK = 0.02
IPV6_SETTINGS = "/proc/sys/net/ipv6/conf"
HAS_IPV6 = Path(IPV6_SETTINGS).is_dir()


class Process:
    """A program that takes commands and tells, a line each."""

    def __init__(self, *command):
        self.events = []
        self.news = threading.Condition()
        self.is_over = False
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with self.news:
                self.events.append(json.loads(line))
                self.news.notify_all()
        with self.news:
            self.is_over = True
            self.news.notify_all()

    def has(self, event, name=None, after=0):
        return any(one["event"] == event and name in (None, one.get("name"))
                   for one in self.events[after:])

    def wait(self, event, name=None, after=0, seconds=SECONDS):
        """The number of events so far, for `after`."""
        with self.news:
            self.news.wait_for(
                lambda: self.has(event, name, after) or self.is_over, seconds)
            if not self.has(event, name, after):
                raise AssertionError(
                    f"no \"{event}\" of {name or 'it'} came"
                    + (f": it is over, {self.process.wait(SECONDS)}"
                       if self.is_over else ""))
            return len(self.events)

    def tell(self, *commands):
        try:
            self.process.stdin.write("".join(one + "\n" for one in commands))
            self.process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(f"it is over: {self.process.wait(SECONDS)}, "
                                 f"{self.process.args}") from None

    def report(self):
        before = len(self.events)
        self.tell("report")
        self.wait("report", after=before)
        return next(one for one in reversed(self.events)
                    if one["event"] == "report")

    def quit(self):
        """FALSE: it did not end as it should."""
        if self.process.poll() is None:
            self.process.stdin.close()
        return self.process.wait(SECONDS) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stdout.strip()}")


def within(namespace, *command):
    return ("nsenter", f"--net=/run/netns/{namespace}", *command)


class Bed:
    """`n` ends with an interface each, "lan", and the relay that they share."""

    def __init__(self, n, relay):
        self.relay_path = relay
        self.processes = []
        run("ip", "netns", "add", "relay")
        for number in range(n):
            run("ip", "netns", "add", f"end{number}")
            run(*within(f"end{number}", "ip", "link", "set", "dev", "lo", "up"))
            if HAS_IPV6:  # it may be off in what the namespace begins with
                self.set_ipv6(number, "all", "disable_ipv6", 0)
                self.set_ipv6(number, "default", "disable_ipv6", 0)
                self.set_ipv6(number, "default", "accept_dad", 0)
            self.plug(number)
        self.relay = self.start(*within("relay", relay,
                                        *(f"port{i}" for i in range(n))))
        self.relay.wait("open")
        for number in range(n if HAS_IPV6 else 0):
            self.wait_address(number, "lan")

    def plug(self, number):
        end = f"end{number}"
        port = f"port{number}"
        run(*within("relay", "ip", "link", "add", port, "type", "veth", "peer",
                    "name", "lan", "netns", end))
        run(*within("relay", self.relay_path, "--bare", port))
        run(*within(end, self.relay_path, "--bare", "lan"))
        run(*within(end, "ip", "address", "add", f"10.77.0.{number + 1}/24",
                    "dev", "lan"))
        if HAS_IPV6:  # the hub hears and says nothing itself
            run(*within("relay", "sh", "-c",
                        f"echo 1 > {IPV6_SETTINGS}/{port}/disable_ipv6"))
        run(*within("relay", "ip", "link", "set", "dev", port, "up"))
        self.set_link(number, "up")

    def unplug(self, number):
        run(*within(f"end{number}", "ip", "link", "delete", "dev", "lan"))

    def join(self, one, other):
        """A link between the two alone, "side", with all offloads and no
        addresses but those that IPv6 gives each link."""
        run(*within(f"end{one}", "ip", "link", "add", "side", "type", "veth",
                    "peer", "name", "side", "netns", f"end{other}"))
        for end in (one, other):
            run(*within(f"end{end}", "ip", "link", "set", "dev", "side", "up"))
        for end in (one, other):
            self.wait_address(end, "side")

    @staticmethod
    def wait_address(number, interface):
        """Until it has the address of its link, some time after the carrier."""
        command = within(f"end{number}", "ip", "-6", "address", "show", "dev",
                         interface, "scope", "link", "-tentative")
        wait_until(lambda: subprocess.check_output(command).strip(),
                   f"{interface} of end{number} has no address of its link")

    def part(self, one):
        run(*within(f"end{one}", "ip", "link", "delete", "dev", "side"))

    def set_link(self, number, state):
        run(*within(f"end{number}", "ip", "link", "set", "dev", "lan", state))
        if HAS_IPV6 and state == "up":
            # what is down has no addresses of IPv6
            run(*within(f"end{number}", "ip", "address", "replace",
                        f"fd77::{number + 1}/64", "dev", "lan", "nodad"))

    def set_ipv6(self, number, interface, name, value):
        run(*within(f"end{number}", "sh", "-c",
                    f"echo {value} > {IPV6_SETTINGS}/{interface}/{name}"))

    def set_address(self, number, old, new, form="10.77.0.{}/24"):
        for verb, host in (("delete", old), ("add", new)):
            run(*within(f"end{number}", "ip", "address", verb,
                        form.format(host), "dev", "lan"))

    def start(self, *command):
        process = Process(*command)
        self.processes.append(process)
        return process

    def start_end(self, number, *command):
        return self.start(*within(f"end{number}", *command))

    def end(self, process):
        self.processes.remove(process)
        if not process.quit():
            raise AssertionError("an end ends with "
                                 f"{process.process.returncode}")

    def kill(self, process):
        self.processes.remove(process)
        process.kill()

    def clear(self):
        for process in list(self.processes):
            self.kill(process)
        for path in Path("/run/netns").iterdir():
            subprocess.run(["ip", "netns", "delete", path.name], check=False)


def wait_until(condition, what, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(what() if callable(what) else what)
        time.sleep(TICK)


def get_unshare(*kinds):
    """What a program begins with that is to be in namespaces of its own."""
    command = ["unshare", *kinds]
    return command if os.geteuid() == 0 else [
        *command, "--user", "--map-root-user"]


def find_obstacle(program_path):
    """Why there can be no bed here; None: there can. In a namespace of users,
    who is not us is nobody, whose plugins are refused."""
    if os.geteuid() != 0 and os.stat(program_path).st_uid != os.geteuid():
        return "another user has built this, and we are not root"
    for program in ("ip", "unshare", "nsenter", "mount"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    probe = ("mount -t tmpfs none /run && ip netns add probe && "
             "ip link add probe type veth peer name lan netns probe && "
             "nsenter --net=/run/netns/probe ip link set dev lan up")
    done = subprocess.run([*get_unshare("--net", "--mount"), "sh", "-c", probe], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode == 0:
        return None
    return "no namespaces here: " + " ".join(done.stdout.split())


def is_inside():
    return INSIDE in os.environ


def go_inside():
    """The same process, in namespaces of its own."""
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*get_unshare("--net", "--mount"), sys.executable, *sys.argv])


def run_inside(program_path, run_tests):
    """The status of `run_tests`, which runs in a bed of this process alone, or is
    skipped with the reason."""
    if not is_inside():
        reason = find_obstacle(program_path)
        if reason is None:
            go_inside()
        print(f"1..0 # SKIP {reason}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return run_tests()


def make_room():
    """What `ip netns` makes is seen, and lives, in here only."""
    run("mount", "-t", "tmpfs", "none", "/run")
