# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what was sent, heard and counted as lost in the soak adds up."""

import collections

import connections

OUTCOMES = {"acknowledged": 1, "failed": 2, "unknown": 3}
HANDLED = 4  # and multiples: how often
# Who is killed takes with it what waits for one peer: more does not fit into the queue,
# the buffers of the sockets and those of the proxy.
KILLED_MAX = 2000


class Deliveries:
    """A byte for each delivery of each life of those who hand them out: its outcome,
    and how often it was handled."""

    def __init__(self):
        self.begun = collections.Counter()
        self.states = collections.defaultdict(bytearray)
        self.last = {}  # (worker, life) -> number
        self.counts = collections.Counter()
        self.findings = []

    def reach(self, life, number):
        states = self.states[life]
        if len(states) <= number:
            states.extend(bytes(number + 1024 - len(states)))
        return states

    def note(self, what, *words):
        """One line of a process."""
        if what == "begun":
            self.begun[words[0]] += 1
            self.reach(words[0], int(words[1]))
        elif what == "ended":
            life, number, outcome = words[0], int(words[1]), words[2]
            states = self.reach(life, number)
            if states[number] % HANDLED:
                self.findings.append(f"delivery {number} of {life} has ended twice")
            states[number] += OUTCOMES[outcome]
            self.counts[outcome] += 1
        elif what == "handled":
            worker, life, number = words[0], words[1], int(words[2])
            self.reach(life, number)[number] += HANDLED
            if number <= self.last.get((worker, life), -1):
                self.findings.append(f"{worker} has handled {number} of {life} behind "
                                     f"{self.last[worker, life]}")
            self.last[worker, life] = number
            self.counts["handled"] += 1

    def check(self, killed):
        """What is wrong, once all is over. @killed: names of lives."""
        found = list(self.findings)
        for life, states in self.states.items():
            n_ended = 0
            for number, state in enumerate(states):
                outcome, n_handled = state % HANDLED, state // HANDLED
                n_ended += outcome > 0
                if (n_handled > 1 or (outcome == OUTCOMES["acknowledged"] and not n_handled)
                        or (outcome == OUTCOMES["failed"] and n_handled)):
                    found.append(f"delivery {number} of {life} was handled {n_handled} "
                                 f"times, outcome {outcome}")
            if life not in killed and n_ended != self.begun[life]:
                found.append(f"{self.begun[life]} deliveries of {life} were begun, and "
                             f"{n_ended} have ended")
        return found


class Account:
    """What became of the copies for those who dialled one address of a publisher."""

    def __init__(self, publisher, label, listeners):
        row = publisher.board.rows[label]
        self.name = f"{publisher.name} to {label}"
        self.publisher = publisher
        self.label = label
        self.listeners = listeners
        self.accepted = row.accepted
        self.dropped = collections.Counter(row.dropped)
        self.known = row.count_known()
        self.doubtful = row.count_doubtful()
        self.heard = 0
        for listener in listeners:
            heard = listener.board.rows.get(publisher.name)
            if heard:
                self.heard += heard.heard
                self.known += heard.count_known()
                self.doubtful += heard.count_doubtful()
                self.dropped.update(heard.dropped)

    def missing(self):
        """What was neither heard nor counted."""
        return max(0, self.accepted - self.heard - self.known - self.doubtful)

    def excess(self):
        """What was heard or counted and never sent."""
        return max(0, self.heard + self.known - self.accepted)

    def check(self, is_killed):
        found = []
        if self.excess():
            found.append(f"{self.excess()} more were heard or counted than sent")
        if self.missing() > (KILLED_MAX if is_killed else 0):
            found.append(f"{self.missing()} are missing and not counted")
        counts = ", ".join(f"{n} {reason}" for reason, n in self.dropped.items() if n)
        return [f"{self.name}: {text}: {self.accepted} sent, {self.heard} heard, {counts}"
                for text in found]


    def connections(self):
        """As the publisher saw them, and those who heard."""
        heard = [one for listener in self.listeners
                 for one in listener.board.connections(self.publisher.name)]
        return self.publisher.board.connections(self.label), heard

    def check_connections(self, is_killed):
        return connections.check(self.name, *self.connections(), is_killed)


def check_listener(life):
    """The order, and the messages themselves."""
    board = life.board
    found = [f"{row.out_of_order} of {row.name} came out of order or twice"
             for row in board.rows.values() if row.out_of_order]
    if board.count["damaged"]:
        found.append(f"{board.count['damaged']} messages are not what was sent")
    if board.count["stale"]:
        found.append(f"{board.count['stale']} values are older than others before")
    return [f"{life.name}: {text}" for text in found]


def check_told(life):
    """The signal tells of all that the bus counts."""
    told = collections.Counter()
    for row in life.board.rows.values():
        told.update(row.dropped)
    return [f"{life.name}: {told[reason]} {reason} were told, and {n} counted"
            for reason, n in life.board.dropped.items() if told[reason] != n]


def check_requests(life):
    """Each question has one end."""
    count = life.board.count
    n_failed = sum(life.board.errors)
    n_ended = count["answered"] + n_failed + count["damaged"]
    if count["asked"] == n_ended:
        return []
    return [f"{life.name}: {count['asked']} questions, {n_ended} ends"]


def check_member(life, lives):
    """What is missing of what the others have said counts as lost."""
    names = {other.name for other in lives}
    rows = [row for row in life.board.rows.values() if row.name in names]
    gaps = sum(row.count_gaps() for row in rows)
    counted = sum(life.board.dropped.values())
    if gaps <= counted:
        return []
    return [f"{life.name}: {gaps} messages of the group are missing, {counted} counted"]
