# SPDX-License-Identifier: LGPL-2.1-or-later
"""Posting: messages that are kept in a folder until they are handled. Each takes a
message, or what `Hein.Message ()` takes."""
import os

from ._base import Hein, awaits, blocks, refuse_nul
from ._calls import refuse_asyncio
from ._errors import raises
from ._messages import to_message
from ._owner import attaching

_post_async = Hein.Bus.post_async
_post_to_async = refuse_nul(Hein.Bus.post_to_async)


def _is_of_c(args):
    """A message, a cancellable, a callback."""
    return len(args) >= 2 and callable(args[1])


class Posting:
    @raises
    @attaching
    def open_spool(self, path, limit=0):
        """Opens the folder that keeps what is posted, and delivers what an earlier
        process has left there.

        `path`: is made if it is not there. `limit`: of the bytes of its files, at
        least 1 MiB; 0: 256 MiB. Raises: `INSECURE`, `FAILED`, `TOO_LARGE`, `CLOSED`,
        a `GLib.Error` of the system, such as `Gio.IOErrorEnum.BUSY` while another
        bus uses it. Thread: owner.
        """
        if limit != 0 and limit < 1 << 20:
            raise ValueError(f"the limit of a spool is at least {1 << 20}, not "
                             f"{limit!r}")
        path = os.fsdecode(path)
        if "\0" in path:
            raise ValueError(f"there is a NUL in {path!r}")
        return Hein.Bus.open_spool(self, path, limit)

    @awaits
    def post_async(self, message, *payload, cancellable=None):
        """Awaits that the message is on the disk; from then on it is delivered,
        by this process or the next one: `post_async (message)`, or `post_async
        (topic, payload, content_type)`.

        Raises: `WOULD_BLOCK` when the spool is full, `FAILED` without one,
        `TOO_LARGE`, `TIMED_OUT`, `CLOSED`, a `GLib.Error` of the disk, such as
        `Gio.IOErrorEnum.NO_SPACE`. A task that is cancelled does not take it back.
        With a message, a cancellable and a callback it is that of C. Thread: owner.
        """
        if _is_of_c(payload):
            return self._post_async(message, *payload)
        return self._ask(_post_async, Hein.Bus.post_finish,
                         to_message(message, *payload), cancellable=cancellable)

    @awaits
    def post_to_async(self, name, message, *payload, cancellable=None):
        """Posts to the peer of this name; otherwise as `post_async ()`."""
        if _is_of_c(payload):
            return self._post_to_async(name, message, *payload)
        return self._ask(_post_to_async, Hein.Bus.post_finish, name,
                         to_message(message, *payload), cancellable=cancellable)

    @blocks
    def post(self, message, *payload):
        """Posts, and waits until it is on the disk: as `post_async ()`, where no
        loop runs. Ctrl-C ends it."""
        refuse_asyncio("post ()", "await post_async ()")
        return self._wait_for(_post_async, Hein.Bus.post_finish,
                              to_message(message, *payload))
