# SPDX-License-Identifier: LGPL-2.1-or-later
"""What makes hein feel at home in Python.

One rule of names: what ends with `_async` is awaited, and nothing else is. Without
it a method returns at once, or it blocks: `receive ()`, `turn ()`, `ping ()`,
`wait_for_peers ()`, `request ()`, `deliver ()`, `for message in bus`, `for reply
in replies`, leaving `with`, and `close ()` where nobody else turns the bus.

One bus has one owner: the thread that made it, until another takes it over.

- Without asyncio, `bus.receive ()` waits and turns the bus.
- Where an asyncio loop runs, that loop turns the bus: no GLib main loop is
  needed.
- In a program with a GLib main loop, that loop turns the buses of its thread.
- `bus.start ()` gives the bus to a thread of its own: for interactive use, and
  for programs whose threads share it.

At the end of the program every bus is closed as by leaving `with`: what was
sent goes out, for up to `linger_ms`.
"""
from . import _exit
from ._base import export_others, exports
from ._bridges import Bridge
from ._bus import Bus
from ._delivering import Receipt
from ._endpoints import Endpoint, uri_hide_secrets
from ._errors import AnswerError, Error, error_quark, raises
from ._messages import Message
from ._pairing import Pairing
from ._peers import Peer, Peers, PeerTuple
from ._replies import Replies
from ._requests import Request
from ._simulation import Simulation
from ._plugins import (Filter, PluginInfo, Protocol, Selection, Strategy,
                       StreamTransport, Transport, Wire, plugin_add)

for _function in export_others(raises):
    globals()[_function.__name__] = _function

__all__ = exports
