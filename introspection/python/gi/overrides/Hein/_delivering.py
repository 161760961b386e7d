# SPDX-License-Identifier: LGPL-2.1-or-later
"""Delivering, with a receipt. Each takes a message, or what `Hein.Message ()`
takes."""
from ._base import Hein, awaits, blocks, check_ms, override, refuse_nul
from ._calls import refuse_asyncio
from ._errors import raises, translate
from ._messages import to_message

_deliver_async = Hein.Bus.deliver_async
_deliver_to_async = refuse_nul(Hein.Bus.deliver_to_async)


class Receipt(Hein.Receipt):
    """What became of a message that was delivered, at each peer that it was
    for."""

    n_peers = property(Hein.Receipt.get_n_peers,
                       doc="How many peers the message was for.")
    n_acknowledged = property(Hein.Receipt.get_n_acknowledged,
                              doc="How many peers have handled it.")
    n_failed = property(Hein.Receipt.get_n_failed,
                        doc="How many have not handled it, and will not.")
    n_unknown = property(Hein.Receipt.get_n_unknown,
                         doc="How many may have handled it.")

    @property
    def outcomes(self):
        """A tuple for each peer: the peer, its `Hein.Outcome`, and the error,
        None where it has acknowledged."""
        return [(self.get_peer(i), self.get_outcome(i), self._get_error(i))
                for i in range(self.get_n_peers())]

    def _get_error(self, index):
        error = self.get_error(index)
        return None if error is None else translate(error)

    @raises
    def check(self):
        """Raises the error of the first peer that has not acknowledged: `REFUSED`,
        `FAILED`, `TIMED_OUT`, `CLOSED`, `NO_PEER`."""
        return Hein.Receipt.check(self)

    def __repr__(self):
        return (f"<Hein.Receipt {self.n_acknowledged} acknowledged, "
                f"{self.n_failed} failed, {self.n_unknown} unknown>")


Receipt = override(Receipt)


def _is_of_c(args):
    """A message, a number of milliseconds, a cancellable, a callback."""
    return len(args) >= 3 and callable(args[2])


class Delivering:
    @awaits
    def deliver_async(self, message, *payload, timeout_ms=-1, cancellable=None):
        """Sends to whom the strategy chooses, and awaits what becomes of it, a
        `Hein.Receipt`: `deliver_async (message)`, or `deliver_async (topic, payload,
        content_type)`.

        `timeout_ms`: milliseconds; negative: for as long as the peers are there.
        Raises at once: `NO_PEER`, `FAILED` when they cannot acknowledge,
        `WOULD_BLOCK`, `TOO_LARGE`, `CLOSED`. A task that is cancelled does not take
        it back. With a message, a number of milliseconds, a cancellable and a
        callback it is that of C. Thread: owner.
        """
        if _is_of_c(payload):
            return self._deliver_async(message, *payload)
        check_ms(timeout_ms)
        return self._ask(_deliver_async, Hein.Bus.deliver_finish,
                         to_message(message, *payload), timeout_ms,
                         cancellable=cancellable)

    @awaits
    def deliver_to_async(self, name, message, *payload, timeout_ms=-1,
                         cancellable=None):
        """Delivers to the peer of this name; otherwise as `deliver_async ()`."""
        if _is_of_c(payload):
            return self._deliver_to_async(name, message, *payload)
        check_ms(timeout_ms)
        return self._ask(_deliver_to_async, Hein.Bus.deliver_finish, name,
                         to_message(message, *payload), timeout_ms,
                         cancellable=cancellable)

    @blocks
    def deliver(self, message, *payload, timeout_ms=-1):
        """Delivers, and waits for the receipt: as `deliver_async ()`, where no loop
        runs. Ctrl-C ends it."""
        refuse_asyncio("deliver ()", "await deliver_async ()")
        check_ms(timeout_ms)
        return self._wait_for(_deliver_async, Hein.Bus.deliver_finish,
                              to_message(message, *payload), timeout_ms)
