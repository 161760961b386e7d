#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What pages say to type for brokers and servers works with real ones at their own ports,
in a network of this process alone. TAP.

Each line is typed as it stands there; its other end is not hein but mosquitto_pub,
mosquitto_sub or a program of libnats. (Who listens for WebSockets has a hein there:
mosquitto's clients speak none. Who is asked by MQTT is one, too: they can ask, and not
answer. Pages are test-browser.py's.)
"""
import re
import shlex
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[1:1] = [str(TESTS), str(TESTS / "netns")]
import bed as beds
import tap
from mqtt_broker import Broker, find
from nats_server import Server
from peer_tools import SECONDS, TOOL, check, finish, start

PAGES = ("README.md", "introspection/docs/addresses.md",
         "introspection/docs/coming-from-mqtt.md", "introspection/docs/coming-from-nats.md",
         "introspection/docs/other-languages.md", "plugins/protocols/mqtt/README.md",
         "plugins/protocols/nats/README.md")
LINE = re.compile(r"(?:^    |`)hein ((?:receive|send|request|serve) "
                  r"[^`\n]*\b(?:tcp|ws)\+(?:mqtt|nats)://localhost[^`\n]*)", re.M)


BUCKET = "house"


def is_of_bucket(words):
    return any(f"bucket={BUCKET}" in word for word in words)


def is_of_durable(words):
    return any("durable=" in word for word in words)


def find_lines(page):
    text = re.sub(r"\\\n\s*", "", (TESTS.parent / page).read_text(encoding="utf-8"))
    return [shlex.split(line.removesuffix(" &")) for line in LINE.findall(text)]


def value_of(words, option):
    return words[words.index(option) + 1] if option in words else None


def publish_mqtt(port, topic, text):
    done = subprocess.run([find("mosquitto_pub"), "-p", port, "-t", topic, "-m", text],
                          timeout=SECONDS, check=False)
    check(done.returncode, 0, "mosquitto_pub")


def ask_by_mqtt(port, topic):
    done = subprocess.run([find("mosquitto_rr"), "-p", port, "-V", "mqttv5", "-t", topic,
                           "-e", "answers/1", "-m", "hi", "-W", str(SECONDS)],
                          capture_output=True, text=True, timeout=SECONDS, check=False)
    check((done.returncode, done.stdout), (0, "HI\n"), done.stderr)


def check_came(process, topic):
    status, output, trouble = finish(process)
    check((status, output.split("\t")[1:]), (0, [topic, "hello!\n"]), trouble)


def find_topic(words):
    """One that the line wants."""
    topic = value_of(words, "--topic") or value_of(words, "--pattern") or "a/"
    return topic.replace("*", "hall") + ("1" if topic.endswith("/") else "")


def check_listener(words):
    process = start(*words, "--count", "1")
    while not (line := process.stderr.readline()).startswith("listening on"):
        check(bool(line), True, "it has ended")
    address = words[2].partition("?")[0]
    if words[0] == "serve":
        ask_by_mqtt(re.search(r":(\d+)", address)[1], words[-1])
        check(finish(process)[0], 0, words)
        return
    if address.startswith("ws"):
        check(finish(start("send", "--dial", address, "--topic", "a/1", "hello!"))[0], 0, words)
    else:
        publish_mqtt(re.search(r":(\d+)", address)[1], "a/1", "hello!")
    check_came(process, "a/1")


class Mqtt(Broker):
    """mosquitto, for pages as well."""

    def __init__(self):
        super().__init__("listener 8080 127.0.0.1", "protocol websockets", port=1883)

    def check_receive(self, words):
        process = start(*words, "--count", "1")
        self.wait_for("Sending SUBACK")
        publish_mqtt("1883", find_topic(words), "hello!")
        check_came(process, find_topic(words))

    def check_send(self, words):
        subscriber = self.subscribe(value_of(words, "--topic"), 1)
        check(finish(start(*words)), (0, "", ""), words)
        check(subscriber.communicate(timeout=SECONDS)[0].split()[-1], words[-1], words)

    def check_serve(self, words):
        with start(*words) as process:
            self.wait_for("Sending SUBACK")
            ask_by_mqtt("1883", words[-1])
            process.terminate()

    def check_request(self, words):
        with start("serve", "--dial", self.uri(), "--exec", "tr a-z A-Z", words[-2]) as process:
            self.wait_for("Sending SUBACK")
            check(finish(start(*words))[:2], (0, words[-1].upper()), words)
            process.terminate()


class Nats(Server):
    def __init__(self):
        super().__init__('jetstream { store_dir: "FOLDER" }', port=4222)

    def use_bucket(self, *words):
        """What libnats says of it."""
        status, output, trouble = finish(self.peer("kv", BUCKET, *words))
        check(status, 0, trouble)
        return output.strip()

    def check_durable(self, words):
        """Another line may have made the stream, and have sent something to it."""
        topic = find_topic(words)
        stream = re.search(r"stream=(\w+)", words[2])[1]
        finish(self.peer("js", stream, "create", topic.partition("/")[0] + ".>"))
        finish(self.peer("js", stream, "publish", topic.replace("/", "."), "hello!"))
        with start(*words) as process:
            came = [line.split("\t")[1:] for line in iter(process.stdout.readline, "")
                    if line.endswith("hello!\n") and not process.terminate()]
        check(came, [[topic, "hello!\n"]], words)

    def check_receive(self, words):
        if is_of_durable(words):
            self.check_durable(words)
            return
        if is_of_bucket(words):
            # whoever comes gets what is there
            self.use_bucket("put", find_topic(words).replace("/", "."), "hello!")
            check_came(start(*words, "--count", "1"), find_topic(words))
            return
        process = start(*words, "--count", "1")
        self.wait_for(r"<<- \[SUB ")
        self.publish(find_topic(words).replace("/", "."), "hello!")
        check_came(process, find_topic(words))

    def check_send(self, words):
        subject = value_of(words, "--topic").replace("/", ".")
        if is_of_bucket(words):
            check(finish(start(*words)), (0, "", ""), words)
            check(self.use_bucket("get", subject), words[-1], words)
            return
        subscriber = self.subscribe(subject, 1)
        check(finish(start(*words)), (0, "", ""), words)
        output = subscriber.communicate(timeout=SECONDS)[0]
        check(output.rstrip("\n").split("\t"), [subject, words[-1]], words)

    def check_request(self, words):
        if words[-2].startswith("$JS/"):
            check(finish(start(*words))[0], 0, words)
            return
        process = self.subscribe(words[-2], 1, command="reply")
        check(finish(start(*words))[:2], (0, words[-1] + "!"), words)
        finish(process)

    def check_serve(self, words):
        with start(*words) as process:
            self.wait_for(r"<<- \[SUB ")
            answer = finish(self.peer("request", words[-1], "hi"))
            process.terminate()
        check((answer[0], answer[1].split()[-1:]), (0, ["HI"]), answer)


def check_page(lines):
    with Nats() as nats:  # for all: requests make streams
        if any(is_of_bucket(words) for words in lines):
            nats.use_bucket("create")
        for words in lines:
            if "--listen" in words:
                check_listener(words)
            elif "+nats" in value_of(words, "--dial"):
                nats.forget()
                getattr(nats, f"check_{words[0]}")(words)
            else:
                with Mqtt() as broker:
                    getattr(broker, f"check_{words[0]}")(words)
            print("# hein", *words)


def main():
    beds.make_room()
    beds.run("ip", "link", "set", "dev", "lo", "up")
    return tap.run([(page, check_page, lines) for page in PAGES
                    if (lines := find_lines(page))])


sys.exit(beds.run_inside(TOOL, main))
