# SPDX-License-Identifier: LGPL-2.1-or-later
"""What makes hein feel at home in Python.

One bus has one owner: the thread that made it, until another takes it over.

- Without asyncio, `bus.receive ()` waits and turns the bus.
- Where an asyncio loop runs, it is awaited, and the loop turns the bus: no GLib
  main loop is needed.
- In a program with a GLib main loop, that loop turns the buses of its thread.
- `bus.start ()` gives the bus to a thread of its own: for interactive use, and
  for programs whose threads share it.

At the end of the program every bus is closed as by leaving `with`: what was
sent goes out, for up to `linger-ms`.
"""
from . import _ending, _plugins, _values
from ._base import exports
from ._bus import Bus
from ._errors import Error, error_quark
from ._messages import Message
from ._plugins import (Filter, Protocol, Strategy, StreamTransport, Transport,
                       plugin_add, uri_hide_secrets)
from ._values import Endpoint, Peer, PeerTuple

__all__ = exports
