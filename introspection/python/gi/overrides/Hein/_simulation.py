# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network in virtual time, for tests."""
from ._base import Hein, override


class Simulation(Hein.Simulation):
    """A network in virtual time: buses that are made while it is open are in it."""

    def __init__(self, seed=1):
        super().__init__(seed=seed)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        """Closes it."""
        self.close()


Simulation = override(Simulation)
