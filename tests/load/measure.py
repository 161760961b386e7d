# SPDX-License-Identifier: LGPL-2.1-or-later
"""The memory and the descriptors of a process, and whether they grow."""

import os
from pathlib import Path

# What a process may hold for each connection (SEND_LIMIT of load-peer.c), and what the
# allocator and the pools of large messages keep.
CONNECTION_KIB = 64
RESERVE_KIB = 1024
# An hour has 1,800,000 messages of the stream, and some thousand connections to each
# publisher: of what is not freed for each of these a kilobyte is noticed.
GROWTH_KIB_PER_HOUR = 1024


def slope(points):
    """The one of the line through the points with the least squares."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    square = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / square if square else 0


class Usage:
    """Of one process, in the course of time."""

    def __init__(self, pid):
        self.folder = Path(f"/proc/{pid}")
        self.memory = []  # (seconds, KiB): private memory, without that of files
        self.heap = []  # (seconds, KiB): what is allocated of it
        self.resident = 0  # KiB, with the pages of libraries
        self.descriptors = 0

    def sample(self, now, heap_bytes=0):
        try:
            lines = (self.folder / "status").read_text().splitlines()
            descriptors = len(os.listdir(self.folder / "fd"))
        except OSError:
            return  # it has just ended
        sizes = {line.split(":")[0]: int(line.split()[1])
                 for line in lines if line.startswith(("VmRSS:", "RssAnon:"))}
        if sizes:
            self.descriptors = descriptors
            self.resident = sizes["VmRSS"]
            self.memory.append((now, sizes["RssAnon"]))
            if heap_bytes:
                self.heap.append((now, heap_bytes / 1024))

    def points(self, warm_up, until):
        """(hours, KiB) of a life behind its first seconds."""
        since = self.memory[0][0] + warm_up if self.memory else until
        return [(x / 3600, y) for x, y in self.memory if since <= x <= until]

    def kib_per_hour(self, warm_up, until):
        """None: too little is known."""
        points = self.points(warm_up, until)
        return slope(points) if len(points) > 10 else None

    def check(self, warm_up, until, n_connections):
        """What is wrong, or None."""
        points = self.points(warm_up, until)
        if len(points) <= 10:
            return None  # it has lived for a short time
        hours = points[-1][0] - points[0][0]
        growth = slope(points) * hours
        allowed = n_connections * CONNECTION_KIB + RESERVE_KIB
        if growth > allowed + GROWTH_KIB_PER_HOUR * hours:
            return f"its memory has grown by {growth:.0f} KiB in {hours * 60:.1f} minutes"
        return None
