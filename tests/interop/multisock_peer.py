# SPDX-License-Identifier: LGPL-2.1-or-later
"""A member of a multisock group, written from the description of the wire alone
with plain sockets: what the Python library does, as an independent peer.  All
stays on the loopback interface."""

import base64
import pickle
import random
import socket
import string
import struct

SECONDS = 30
BLOCK = 16
LOOPBACK = "127.0.0.1"


# ---- AES-256 in CBC mode, from FIPS 197 and SP 800-38A ----

def times_x(byte):
    byte <<= 1
    return byte ^ 0x11b if byte > 0xff else byte


def make_powers():
    """3 generates the field: its powers, and their logarithms."""
    powers, logs, value = [], {}, 1
    for exponent in range(255):
        powers.append(value)
        logs[value] = exponent
        value ^= times_x(value)
    return powers, logs


POWERS, LOGS = make_powers()


def product(a, b):
    return POWERS[(LOGS[a] + LOGS[b]) % 255] if a and b else 0


def substitute(byte):
    inverse = POWERS[-LOGS[byte] % 255] if byte else 0
    result = 0x63
    for turn in range(5):
        result ^= (inverse << turn | inverse >> 8 - turn) & 0xff
    return result


SBOX = bytes(substitute(byte) for byte in range(256))
UNSBOX = bytes(SBOX.index(byte) for byte in range(256))
# a row r of the state lies at r, r + 4, r + 8, r + 12, and moves r to the left
ROWS = [(at + 4 * (at % 4)) % BLOCK for at in range(BLOCK)]
UNROWS = [(at - 4 * (at % 4)) % BLOCK for at in range(BLOCK)]
COLUMN = [2, 3, 1, 1]
UNCOLUMN = [14, 11, 13, 9]


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


def mix(state, factors):
    """Each byte of a column is the sum of its four, times the turned factors."""
    result = bytearray(BLOCK)
    for at in range(BLOCK):
        first, row = at - at % 4, at % 4
        for other in range(4):
            result[at] ^= product(state[first + other], factors[(other - row) % 4])
    return bytes(result)


def round_keys(key):
    words = [key[at:at + 4] for at in range(0, 32, 4)]
    power = 1
    while len(words) < 60:
        word = words[-1]
        if len(words) % 8 == 0:
            word = (word[1:] + word[:1]).translate(SBOX)
            word = bytes([word[0] ^ power]) + word[1:]
            power = times_x(power)
        elif len(words) % 8 == 4:
            word = word.translate(SBOX)
        words.append(xor(words[-8], word))
    return [b"".join(words[at:at + 4]) for at in range(0, 60, 4)]


def encrypt_block(keys, state):
    state = xor(state, keys[0])
    for key in keys[1:14]:
        state = state.translate(SBOX)
        state = xor(mix(bytes(state[at] for at in ROWS), COLUMN), key)
    state = state.translate(SBOX)
    return xor(bytes(state[at] for at in ROWS), keys[14])


def decrypt_block(keys, state):
    state = xor(state, keys[14])
    for key in reversed(keys[1:14]):
        state = bytes(state[at] for at in UNROWS).translate(UNSBOX)
        state = mix(xor(state, key), UNCOLUMN)
    state = bytes(state[at] for at in UNROWS).translate(UNSBOX)
    return xor(state, keys[0])


def blocks(data):
    return [data[at:at + BLOCK] for at in range(0, len(data), BLOCK)]


class Crypter:
    """Texts as key and as initialisation vector, which is always the same."""

    def __init__(self, key, iv):
        self.keys = round_keys(self.fill(key, 32))
        self.iv = self.fill(iv, BLOCK)

    @staticmethod
    def fill(text, size):
        lack = size - len(text)
        return text.encode() + bytes([lack]) * lack

    def encrypt(self, data):
        """str and bytes as they are; bytearrays behind 16 letters."""
        if isinstance(data, str):
            data = data.encode()
        elif isinstance(data, bytearray):
            letters = random.choices(string.ascii_lowercase, k=BLOCK)
            data = "".join(letters).encode() + data
        lack = BLOCK - len(data) % BLOCK
        last, result = self.iv, b""
        for block in blocks(bytes(data) + bytes([lack]) * lack):
            last = encrypt_block(self.keys, xor(block, last))
            result += last
        return base64.encodebytes(result)

    def decrypt(self, datagram):
        """Text; or of what is none, the bytes behind the letters."""
        last, data = self.iv, b""
        for block in blocks(base64.decodebytes(datagram)):
            data += xor(decrypt_block(self.keys, block), last)
            last = block
        data = data[:-data[-1]]
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data[BLOCK:]


# ---- the group ----

def free_place():
    """A group of its own, and a port that was free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
    group = ".".join(str(random.randint(1, 254)) for _ in range(3))
    return f"239.{group}", port


class Channel:
    """Reads and writes, with two sockets, both of which use the group's port."""

    def __init__(self, place, crypter=None):
        self.place = place
        self.crypter = crypter
        self.reader = self.join()
        self.writer = self.join()
        self.writer.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
        self.writer.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                               socket.inet_aton(LOOPBACK))
        self.reader.settimeout(SECONDS)

    def join(self):
        group, port = self.place
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((group, port))
        member = struct.pack("4s4s", socket.inet_aton(group),
                             socket.inet_aton(LOOPBACK))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        return sock

    def send(self, data):
        if self.crypter:
            data = self.crypter.encrypt(data)
        self.send_raw(data)

    def send_raw(self, datagram):
        self.writer.sendto(datagram, self.place)

    def receive_raw(self):
        return self.reader.recvfrom(65536)

    def receive(self):
        datagram, _ = self.receive_raw()
        return self.crypter.decrypt(datagram) if self.crypter else datagram

    def send_object(self, value):
        self.send(base64.b64encode(pickle.dumps(value, 4)))

    def receive_object(self):
        """Executes what it reads, as the library does: for tests alone."""
        return pickle.loads(base64.b64decode(self.receive()))

    def close(self):
        self.reader.close()
        self.writer.close()
