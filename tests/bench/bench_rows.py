# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured: rows, the figures each gives, and how those are shown."""


class Row:
    """One line of the measuring: what is run, and which figures it gives."""

    def __init__(self, key, title, test, options, figures, quick=False):
        self.key = key
        self.title = title
        self.test = test
        self.options = options
        self.figures = figures
        self.is_quick = quick

    @property
    def subscribers(self):
        return int(self.options.get("subscribers", 1))

    @property
    def section(self):
        return "multicast" if self.transport == "multicast" else self.test

    @property
    def transport(self):
        return self.options.get("transport", "tcp")


class Figure:
    """A number out of a result: its key there and how it is shown."""

    def __init__(self, key, title, show, more_is_better):
        self.key = key
        self.title = title
        self.show = show
        self.more_is_better = more_is_better


def round_off(value):
    """Three digits, as a person would write them."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def show_count(value):
    for factor, unit in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= factor:
            return f"{round_off(value / factor)}{unit}"
    return round_off(value)


def show_us(value):
    return f"{value:.1f} µs"


def show_ms(value):
    return f"{value * 1e3:.1f} ms"


def show_ns(value):
    return f"{value / 1e3:.3g} µs" if value >= 1e3 else f"{value:.0f} ns"


def show_bytes(value):
    if abs(value) >= 1024 * 1024:
        return f"{value / 1024 / 1024:.1f} MiB"
    if abs(value) >= 1024:
        return f"{value / 1024:.1f} KiB"
    return f"{value:.0f} B"


RATE = [Figure("messages_per_s", "messages/s", show_count, True),
        Figure("cpu_ns", "CPU per delivery", show_ns, False)]
LARGE = [*RATE, Figure("faults", "page faults a message", show_count, False)]
FILTERED = [*RATE, Figure("sending_ns", "CPU of the publisher", show_ns, False)]
MULTICAST = [
    Figure("messages_per_s", "messages/s", show_count, True),
    Figure("lost", "lost", show_count, False),
    Figure("publisher_ns", "CPU of the sender", show_ns, False),
    Figure("subscriber_ns", "CPU of a receiver", show_ns, False)]
TRIPS = [Figure("p50_us", "p50", show_us, False),
         Figure("p99_us", "p99", show_us, False)]
REQUESTS = [Figure("requests_per_s", "requests/s", show_count, True),
            Figure("request_us", "CPU of a request, both ends", show_us, False)]
DELIVERIES = [Figure("deliveries_per_s", "deliveries/s", show_count, True),
              Figure("delivery_us", "CPU of a delivery, both ends", show_us,
                     False)]
IDLE = [Figure("connect_s", "time to connect", show_ms, False),
        Figure("rss_per_connection", "memory each", show_bytes, False),
        Figure("tell_s", "one message to all", show_ms, False)]
CONNECT = [Figure("both_us", "CPU of a connection, both ends", show_us, False),
           Figure("hub_us", "CPU of who listens", show_us, False),
           Figure("rss_per_connection", "memory each, of who listens",
                  show_bytes, False)]
START = [Figure("start_s", "time until it is bound", show_ms, False),
         Figure("rss", "memory", show_bytes, False)]
SCRIPT = [Figure("messages_per_s", "messages/s", show_count, True),
          Figure("in_process_per_s", "the same without a socket", show_count,
                 True),
          Figure("share", "share of that", round_off, True)]
BESIDE_PYZMQ = [Figure("messages_per_s", "messages/s", show_count, True),
                Figure("zmq_per_s", "the same by pyzmq", show_count, True),
                Figure("ratio", "against pyzmq", round_off, True)]
SYSCALLS = [Figure("syscalls", "syscalls/message", show_count, False)]
INSTRUCTIONS = [
    Figure("instructions", "instructions/message", show_count, False)]


def throughput(key, title, size, subscribers, quick=False, **others):
    return Row(key, title, "throughput",
               {"size": size, "subscribers": subscribers, **others},
               LARGE if size >= 65536 else RATE, quick)


def filtered(key, title, connections, each, **others):
    return Row(key, f"100 B to one of {connections:,} subscribers with "
               f"{each:,} {title} each", "throughput",
               {"size": 100, "subscribers": 1, "connections": connections,
                "prefixes": each, **others}, FILTERED)


def multicast(key, title, size, subscribers=1, quick=False, **others):
    return Row(key, title, "throughput",
               {"size": size, "subscribers": subscribers,
                "transport": "multicast", **others}, MULTICAST, quick)


TRACED_ROW = throughput("100x1", "100 B to 1", 100, 1, quick=True)

ROWS = [
    throughput("16x1", "16 B to 1", 16, 1),
    throughput("bare-16x1", "16 B with the empty topic to 1", 16, 1, bare=1),
    TRACED_ROW,
    throughput("1kx1", "1 KiB to 1", 1024, 1, quick=True),
    throughput("64kx1", "64 KiB to 1", 65536, 1),
    throughput("1mx1", "1 MiB to 1", 1048576, 1),
    throughput("4mx1", "4 MiB to 1", 4 << 20, 1),
    throughput("8mx1", "8 MiB to 1", 8 << 20, 1),
    throughput("16mx1", "16 MiB to 1", 16 << 20, 1),
    throughput("64mx1", "64 MiB to 1", 64 << 20, 1),
    throughput("100x8", "100 B to 8", 100, 8, quick=True),
    throughput("1kx8", "1 KiB to 8", 1024, 8),
    throughput("100x2", "100 B to 2", 100, 2),
    throughput("100x64", "100 B to 64", 100, 64),
    throughput("100x512", "100 B to 512", 100, 512),
    throughput("filtered", "100 B, one of 8 topics each", 100, 8, topics=8),
    *[filtered(f"sub-{n}x{k}", "prefixes", n, k)
      for n, k in ((16, 1), (16, 100), (16, 1000), (256, 1), (1000, 1),
                   (1000, 10))],
    *[filtered(f"patterns-{n}x100", "patterns", n, 100, patterns=1)
      for n in (1, 10, 100)],
    throughput("unix-100", "100 B, unix", 100, 1, transport="unix"),
    throughput("unix-1k", "1 KiB, unix", 1024, 1, transport="unix"),
    throughput("unix-64k", "64 KiB, unix", 65536, 1, transport="unix"),
    throughput("unix-128k", "128 KiB, unix", 131072, 1, transport="unix"),
    throughput("unix-1m", "1 MiB, unix", 1048576, 1, transport="unix"),
    throughput("inproc-100", "100 B, inproc", 100, 1, transport="inproc"),
    throughput("inproc-1k", "1 KiB, inproc", 1024, 1, transport="inproc"),
    throughput("inproc-1m", "1 MiB, inproc", 1048576, 1, transport="inproc"),
    throughput("ws-100", "100 B, ws", 100, 1, transport="ws"),
    throughput("ws-1k", "1 KiB, ws", 1024, 1, transport="ws"),
    multicast("mc-100", "100 B to 1", 100, quick=True),
    multicast("mc-1400", "1400 B to 1", 1400, quick=True),
    multicast("mc-100x3", "100 B to 3", 100, 3),
    multicast("mc-1400x3", "1400 B to 3", 1400, 3),
    multicast("mc-mixed", "20 to 3000 B to 1", 20, **{"max-size": 3000}),
    multicast("mc-loss1", "100 B to 1, 1 % lost", 100, loss=1),
    multicast("mc-loss5", "100 B to 1, 5 % lost", 100, loss=5),
    multicast("mc-loss1x3", "100 B to 3, 1 % lost", 100, 3, loss=1),
    multicast("mc-loss5x3", "100 B to 3, 5 % lost", 100, 3, loss=5),
    Row("trip-one", "round trip, one CPU", "round-trips",
        {"size": 100, "count": 10000, "cpus": "one"}, TRIPS, quick=True),
    Row("trip-each", "round trip, a CPU each", "round-trips",
        {"size": 100, "count": 5000, "cpus": "each"}, TRIPS),
    Row("request-one", "requests of 100 B, one at a time", "requests",
        {"size": 100, "count": 10000}, REQUESTS),
    Row("request-64", "requests of 100 B, 64 outstanding", "requests",
        {"size": 100, "count": 100000, "outstanding": 64}, REQUESTS,
        quick=True),
    Row("deliver-64", "deliveries of 100 B, 64 outstanding", "deliveries",
        {"size": 100, "count": 200000, "outstanding": 64}, DELIVERIES),
    Row("deliver-1000", "deliveries of 100 B, 1,000 outstanding", "deliveries",
        {"size": 100, "count": 200000, "outstanding": 1000}, DELIVERIES,
        quick=True),
    Row("deliver-10000", "deliveries of 100 B, 10,000 outstanding", "deliveries",
        {"size": 100, "count": 200000, "outstanding": 10000}, DELIVERIES),
    Row("idle-1000", "1,000 idle connections", "idle",
        {"connections": 1000}, IDLE, quick=True),
    Row("idle-10000", "10,000 idle connections", "idle",
        {"connections": 10000}, IDLE),
    Row("connect-500", "500 peers of its own kind", "connect",
        {"connections": 500}, CONNECT, quick=True),
    Row("start", "a program that listens", "start", {}, START),
    Row("python", "Python, batches of 100 B", "script",
        {"language": "python", "count": 300000}, SCRIPT),
    *[Row(f"python-{way}", f"Python, 100 B, {title}", "script",
          {"language": "python", "count": 200000, "way": way}, BESIDE_PYZMQ)
      for way, title in (("receive", "receive ()"),
                         ("start", "receive () after start ()"),
                         ("signal", "a signal each"),
                         ("await", "await receive_one_async ()"),
                         ("async-for", "async for"))],
    Row("gjs", "GJS, batches of 100 B", "script",
        {"language": "gjs", "count": 100000}, SCRIPT),
    Row("syscalls", "100 B to 1, both ends", "syscalls",
        {"size": 100}, SYSCALLS),
    Row("instructions", "100 B to 1, both ends", "instructions",
        {"size": 100}, INSTRUCTIONS),
]

SECTIONS = [("throughput", "Throughput"), ("multicast", "Multicast"),
            ("round-trips", "Round trips"),
            ("requests", "Requests and replies"),
            ("deliveries", "Deliveries with a receipt"),
            ("idle", "Idle connections"),
            ("connect", "Connections of its own kind"), ("start", "Starting"),
            ("script", "Scripts"),
            ("syscalls", "System calls"),
            ("instructions", "Instructions")]
