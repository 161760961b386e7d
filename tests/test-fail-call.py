#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls of `hein` to the system fail, or come short, one after the other: the nth of each
kind, for each n until there is none. TAP.

Whatever fails, all end by themselves, without a crash, and nothing is lost without a word:
what that means for each session is in fail_sessions.py.

usage: test-fail-call.py FAIL-CALL [--all]

Without --all it is the first and the fourth call of each kind over TCP, with some of its
errors, and the first one of some of the others, with the last of them.
"""
import errno
import subprocess
import sys
import tempfile

import tap
from fail_sessions import SESSIONS, Fault
from tool_test import run

FAIL_CALL = sys.argv.pop(1)
IS_ALL = "--all" in sys.argv
FEW = (1, 4)
N_MAX = 400
SHORT = 0

# What Linux documents for each of them, and would happen to a program in good health.
FAILURES = {
    "socket": (errno.EMFILE, errno.ENOBUFS),
    "bind": (errno.EADDRINUSE, errno.EACCES),
    "listen": (errno.EADDRINUSE,),
    "connect": (errno.ECONNREFUSED, errno.EADDRNOTAVAIL, errno.ENETUNREACH,
                errno.ETIMEDOUT, errno.EINTR, errno.EAGAIN),
    "accept4": (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM,
                errno.ECONNABORTED, errno.EINTR, errno.EPERM, errno.EAGAIN),
    "setsockopt": (errno.ENOMEM, errno.ENOPROTOOPT),
    "getsockopt": (errno.ENOBUFS,),
    "getsockname": (errno.ENOBUFS,),
    "getpeername": (errno.ENOBUFS, errno.ENOTCONN),
    "epoll_create1": (errno.EMFILE, errno.ENOMEM),
    "epoll_ctl": (errno.ENOMEM, errno.ENOSPC),
    "epoll_wait": (errno.EINTR,),
    "eventfd": (errno.EMFILE,),
    "timerfd_create": (errno.EMFILE,),
    "mmap": (errno.ENOMEM,),
    "g_try_malloc": (errno.ENOMEM,),
    "g_try_malloc_n": (errno.ENOMEM,),
    "g_try_realloc": (errno.ENOMEM,),
    "getrandom": (SHORT, errno.EINTR),
    "recv": (SHORT, errno.EINTR, errno.ECONNRESET, errno.ENOMEM),
    "send": (SHORT, errno.EINTR, errno.EAGAIN, errno.EPIPE, errno.ENOBUFS),
    "sendmsg": (SHORT, errno.EINTR, errno.EAGAIN, errno.ECONNRESET, errno.ENOBUFS),
    "sendto": (errno.EINTR, errno.ENOBUFS, errno.ENETUNREACH),
    "recvmsg": (errno.EINTR, errno.ENOMEM),
    "sendmmsg": (SHORT, errno.EINTR, errno.EAGAIN, errno.ENOBUFS, errno.ENETUNREACH,
                 errno.EPERM),
    "recvmmsg": (errno.EINTR, errno.EAGAIN, errno.ENOMEM, errno.ECONNREFUSED),
    "read": (SHORT, errno.EINTR),
    "write": (SHORT, errno.EINTR),
    "writev": (SHORT, errno.EINTR),
}
FILE_FAILURES = {
    "open file": (errno.EMFILE, errno.EACCES),
    "openat file": (errno.ENOSPC, errno.EMFILE),
    "fopen file": (errno.ENOSPC, errno.EACCES),
    "read file": (SHORT, errno.EINTR, errno.EIO),
    "pread file": (SHORT, errno.EINTR, errno.EIO),
    "write file": (SHORT, errno.EINTR, errno.ENOSPC, errno.EIO),
    "pwrite file": (SHORT, errno.EINTR, errno.ENOSPC, errno.EIO),
    "writev file": (SHORT, errno.EINTR, errno.ENOSPC, errno.EIO),
    "fflush file": (errno.ENOSPC, errno.EIO),
    "fclose file": (errno.ENOSPC, errno.EIO),
    "close file": (errno.EIO,),
    "fsync file": (errno.EIO, errno.ENOSPC),
    "fdatasync file": (errno.EIO, errno.ENOSPC),
    "flock file": (errno.ENOLCK, errno.EINTR),
    "ftruncate file": (errno.EIO, errno.EFBIG),
    "rename file": (errno.ENOSPC, errno.EIO),
    "renameat2 file": (errno.ENOSPC, errno.EIO, errno.EINVAL),
    "unlink file": (errno.EIO,),
    "unlinkat file": (errno.EIO,),
}
# Which of them a session is about; for others it is one of the transports.
TABLES = {
    **{name: FAILURES for name in ("tcp", "unix", "ws", "key", "group")},
    **{name: FILE_FAILURES for name in ("record", "spool", "log", "keygen", "identity",
                                        "ring")},
}
# These fail only when their arguments are wrong.
CANNOT_FAIL = {"timerfd_settime", "close"}
# What is no failure costs nothing.
HARMLESS = (SHORT, errno.EINTR, errno.EAGAIN)
COSTS = ("connect", "accept4", "flock file")
# Without --all: like another one, or slow.
LONG = ("unix", "ws", "key", "group", "identity", "ring")
OFTEN = ("recv", "send", "sendmsg", "sendmmsg", "recvmmsg", "read", "write", "epoll_wait",
         "write file", "pwrite file", "read file")


def name_of(how):
    return errno.errorcode[how] if how else "short"


def run_once(session, place, **settings):
    """Returns what is known of the calls."""
    call = settings.get("call")
    is_harmless = call is None or (settings["how"] in HARMLESS and call not in COSTS)
    with tempfile.TemporaryDirectory(prefix="hein-fail-") as folder:
        fault = (Fault.failing(folder, place, FAIL_CALL, **settings) if call
                 else Fault.listing(folder, place, FAIL_CALL))
        SESSIONS[session].run(folder, fault.env, is_harmless)
        return fault.count() if call else fault.calls()


def check_call(session, place, call, how):
    n_hit = 0
    few = FEW if session == "tcp" else FEW[:1]
    for at in range(1, N_MAX + 1) if IS_ALL else few:
        try:
            if not run_once(session, place, call=call, how=how, at=at):
                break
        except (AssertionError, subprocess.TimeoutExpired):
            print(f"# call {at} of {call}")
            raise
        n_hit += 1
    print(f"# {n_hit} calls failed")
    assert n_hit > 0, "it does not call it any more"


def check_often(session, place, call, how):
    """Each third one: it takes longer, and all arrives."""
    run_once(session, place, call=call, how=how, every=3)


def check_known(session, place, calls):
    """Nothing is called of which it is not known how it fails."""
    known = {*FAILURES, *FILE_FAILURES, *CANNOT_FAIL}
    strange = {call for call in calls if call not in known and f"{call} file" not in known}
    assert not strange, strange


def is_there(session):
    if session == "group":
        return b"udp-multicast" in run("inspect")[1]
    return session not in ("key", "identity") or "--identity" in run("keygen", "--help")[1].decode()


def make_tests():
    """Only calls that are made, which is seen first."""
    found = []
    for session in SESSIONS:
        if not (IS_ALL or session not in LONG) \
                or not is_there(session):
            continue
        for place in SESSIONS[session].places:
            made = run_once(session, place)
            where = f"fail-call/{session}/{place}"
            found.append((f"{where}/known", check_known, session, place, made))
            for call, all_of_it in TABLES[session].items():
                if call not in made:
                    continue
                name = call.replace(" ", "-")
                if not IS_ALL:
                    all_of_it = all_of_it[:4] if session == "tcp" else all_of_it[-1:]
                found += [(f"{where}/{name}/{name_of(how)}", check_call, session, place, call,
                           how) for how in all_of_it]
                found += [(f"{where}/{name}/often-{name_of(how)}", check_often, session, place,
                           call, how)
                          for how in all_of_it if how in HARMLESS and call in OFTEN]
    return found


sys.argv = [argument for argument in sys.argv if argument != "--all"]
if __name__ == "__main__":
    names = sys.argv[1:]
    sys.exit(tap.run([test for test in make_tests() if not names or test[0] in names]))
