# SPDX-License-Identifier: LGPL-2.1-or-later
"""Passing on what one bus receives to the peers of another."""
from ._base import Hein, override, refuse_nul
from ._errors import raises


class Bridge(Hein.Bridge):
    """Passes on what one bus receives to the peers of another, until it is closed or
    one of them is."""

    def __new__(cls, source, target, id=None):
        """Makes a bridge, as `new ()` does. `id`: 1 to 64 letters, digits, "-", "_" and
        "."; None: one is made up. Raises: `Hein.Error`."""
        return cls.new(source, target, id)

    def __init__(self, *args, **kwargs):
        pass

    new = staticmethod(refuse_nul(raises(Hein.Bridge.new)))
    add_topic = refuse_nul(raises(Hein.Bridge.add_topic))
    add_pattern = refuse_nul(raises(Hein.Bridge.add_pattern))
    serve = refuse_nul(raises(Hein.Bridge.serve))


Bridge = override(Bridge)
