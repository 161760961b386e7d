# SPDX-License-Identifier: LGPL-2.1-or-later
"""A network in virtual time, for tests."""
import asyncio
import contextlib

from ._base import Hein, override, refuse_nul, wraps
from ._errors import Error, raises
from ._virtual import Loop, take_over_timeouts

# What is an error in a simulation that is closed.
_WHILE_OPEN = ("crash", "cut", "cut_after", "heal", "kill", "partition", "pause", "restart",
               "resume", "run_until", "set_host", "set_loss", "set_way", "step",
               "step_clock")
FAULTS = ("cut", "partition", "pause", "slow", "crash")


def _check_names(what, names, is_valid):
    if isinstance(names, str):
        raise TypeError(f"{what} are a list of names, not {names!r}")
    names = list(names)
    for name in names:
        if not is_valid(name):
            raise ValueError(f"{name!r} is none of the {what}")
    if not names:
        raise ValueError(f"there are no {what}")
    return names


def _is_host(name):
    return name not in ("", "*") and "\0" not in name and ";" not in name and \
        name.split() == [name]


def _while_open(function):
    @wraps(function)
    def call(self, *args, **kwargs):
        if self.get_is_closed():
            raise Error.new(Error.CLOSED, "the simulation is closed")
        return function(self, *args, **kwargs)
    return call


class _Run:
    """A test as C calls it, and how it ended last."""

    def __init__(self, test):
        self.test = test
        self.error = None
        self.is_over = False  # nothing is to be found out any more

    def __call__(self, net, *_data):
        """Whether it held; its buses are out of the way then."""
        if self.is_over:
            return False
        self.error = None
        try:
            return self.check(self.test(net))
        except Exception as error:
            self.error = error
        except BaseException as error:  # such as Ctrl-C; C would only print it
            self.error = error
            self.is_over = True
        finally:
            net.close()
        return False

    def check(self, result):
        if result is None or isinstance(result, bool):
            return result is not False
        self.is_over = True
        if hasattr(result, "close"):  # a coroutine, which nobody will await
            result.close()
        raise TypeError(f"a test returns nothing, or whether it held, not {result!r}")


_run = _while_open(Hein.Simulation.run)


class Simulation(Hein.Simulation):
    """A network in virtual time: buses that are made while it is open are in it."""

    def __init__(self, seed=0):  # 0: what `hein simulate` says, else 1
        take_over_timeouts()
        super().__init__(seed=seed)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        """Closes it. An exception that leaves the block tells the seed."""
        error = _exc[1]
        self.close()
        if error is not None:
            error.add_note(f"in a simulation with seed {self.props.seed}")

    def run(self, what):
        """Lets time pass: `what` milliseconds, or, with a coroutine, as much as that
        takes. It may await what hein offers, other tasks, and `asyncio.sleep ()`; what
        it returns is returned."""
        if not asyncio.iscoroutine(what):
            return _run(self, what)
        with contextlib.closing(what), \
                asyncio.Runner(loop_factory=self.new_event_loop) as runner:
            return runner.run(what)

    def new_event_loop(self):
        """Makes an asyncio loop whose time is that of the simulation, which goes on
        while the loop waits: for a runner of tests that takes one."""
        return Loop(self)

    add_faults = raises(refuse_nul(_while_open(Hein.Simulation.add_faults)))

    @staticmethod
    def explore(test, hosts, *, seed=1, seeds=100, faults=None, within_ms=10_000):
        """Runs a test with many seeds and random faults, and raises AssertionError with
        the fewest faults with which it fails. The test takes a simulation; what it
        raises is the cause, and `seed` and `faults` of the error are for
        `Hein.Simulation (seed)` and `add_faults ()`."""
        if not callable(test):
            raise TypeError(f"a test is a function of a simulation, not {test!r}")
        hosts = _check_names("hosts", hosts, _is_host)
        if faults is not None:
            faults = _check_names("faults", faults, FAULTS.__contains__)
        if within_ms < 1:
            raise ValueError(f"the faults take at least 1 ms, not {within_ms}")
        take_over_timeouts()
        run = _Run(test)
        report, failed_seed, failed_faults = Hein.Simulation.explore(
            seed, seeds, hosts, faults, within_ms, run)
        if run.is_over:
            raise run.error
        if report is None:
            return
        error = AssertionError(report.rstrip("\n"))
        error.seed, error.faults = failed_seed, failed_faults
        raise error from run.error


Simulation = override(Simulation)
for _name in _WHILE_OPEN:
    setattr(Simulation, _name, refuse_nul(_while_open(getattr(Simulation, _name))))
