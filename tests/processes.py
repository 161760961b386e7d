# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests do to the processes that they have started."""

import os
import signal


def stop(process):
    """Returns when it stands still. Until one of its threads has taken the signal, which
    takes long on a busy machine, it would go on reading what comes."""
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
