# SPDX-License-Identifier: LGPL-2.1-or-later
"""A mistake in each line that says so, which a type checker must find."""
import gi

gi.require_version("Hein", "1")
from gi.repository import Hein


def use(bus: Hein.Bus, message: Hein.Message, peer: Hein.Peer) -> None:
    bus.sent("topic")  # wrong: no such method
    bus.send("topic", 5)  # wrong: no payload
    bus.send(b"topic")  # wrong: no topic
    bus.send("topic", content_type="image/png")  # wrong: by position alone
    bus.send(message, "text")  # wrong: it has its payload
    bus.linger_ms = "100"  # wrong: a number
    bus.name = "spock"  # wrong: it is what it was made with
    bus.overflow = Hein.Role.DIAL  # wrong: another enumeration
    bus.listen(5555)  # wrong: an address
    bus.listen("tcp://*:1", "tcp://*:2")  # wrong: one
    message.content_type.upper()  # wrong: it may be None
    bus.peers["kirk"].nmae  # wrong: no such property
    message.sender.nmae  # wrong: no such property
    message.get_sender().name  # wrong: it may be None
    message.text = "text"  # wrong: it never changes
    number: int = message.text  # wrong: text
    text: str = message.bytes  # wrong: bytes
    bus.receive("soon")  # wrong: milliseconds
    bus.serve("topic", lambda: "text")  # wrong: it is given the request
    Hein.Bus(5)  # wrong: a name
    Hein.Bus("kirk", linger="1 s")  # wrong: no such property
    Hein.Strategy.new()  # wrong: which?
    Hein.Nothing  # wrong: no such name
    Hein.Error.NOTHING  # wrong: no such code
    raise Hein.AnswerError("no")  # wrong: a code before it


async def wait(bus: Hein.Bus) -> None:
    text: str = bus.receive_one_async()  # wrong: not awaited
    await bus.receive()  # wrong: it blocks
    list_of_one: Hein.Message = await bus.receive_async(1)  # wrong: a list
    async for message in bus.peers:  # wrong: it does not wait
        print(message)


class Longest(Hein.Strategy):
    def do_select(self, peers: Hein.Peers) -> None:  # wrong: more is given
        pass
