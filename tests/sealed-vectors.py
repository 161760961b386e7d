#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Known answers for the datagrams of udp-multicast's format `hein`.

An implementation of its own, from RFC 8439 (ChaCha20, Poly1305), the draft
irtf-cfrg-xchacha (HChaCha20), FIPS 197 (AES) and SP 800-38D (GCM): for
reading, not for speed or secrets.

usage: sealed-vectors.py [--check FILE]

Without a file prints the lines; with one compares them with it, in TAP.
"""
import hashlib
import hmac
import struct
import sys

MASK = 0xffffffff

# ---- ChaCha20 and Poly1305 ----


def rotate(value, n):
    return (value << n | value >> (32 - n)) & MASK


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & MASK
        s[z] = rotate(s[z] ^ s[x], n)


def chacha_rounds(key, tail):
    """The state before and after 20 rounds; the tail is its last four words."""
    start = [*struct.unpack("<4I", b"expand 32-byte k"),
             *struct.unpack("<8I", key), *struct.unpack("<4I", tail)]
    state = start[:]
    for _ in range(10):
        for i in range(4):
            quarter(state, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return start, state


def hchacha(key, nonce):
    _start, state = chacha_rounds(key, nonce)
    return struct.pack("<8I", *state[:4], *state[12:])


def chacha_block(key, nonce, counter):
    start, state = chacha_rounds(key, struct.pack("<I", counter) + nonce)
    return struct.pack("<16I", *((a + b) & MASK for a, b in zip(start, state)))


def poly1305(key, text):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for i in range(0, len(text), 16):
        block = int.from_bytes(text[i:i + 16] + b"\1", "little")
        total = (total + block) * r % (2**130 - 5)
    total += int.from_bytes(key[16:], "little")
    return (total % 2**128).to_bytes(16, "little")


def pad16(text):
    return text + bytes(-len(text) % 16)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def xchacha_seal(key, nonce, text, header):
    """The nonce of the draft has 24 bytes; what is behind the 16 that make the
    key may also be all 12 that ChaCha20 takes."""
    key, nonce = hchacha(key, nonce[:16]), nonce[16:].rjust(12, b"\0")
    stream = b"".join(chacha_block(key, nonce, 1 + i)
                      for i in range((len(text) + 63) // 64))
    body = xor(text, stream)
    sizes = struct.pack("<QQ", len(header), len(body))
    return body + poly1305(chacha_block(key, nonce, 0)[:32],
                           pad16(header) + pad16(body) + sizes)


# ---- AES and GCM ----


def times_x(a):
    """In the field of AES."""
    return (a << 1 ^ (0x11b if a & 0x80 else 0)) & 0xff


def make_box():
    box, power = [0x63] * 256, [1]
    for _ in range(254):  # the powers of 3, which are all but 0
        power.append(times_x(power[-1]) ^ power[-1])
    for i in range(255):
        x = power[-i % 255]  # the inverse of power[i]
        bits = x | x << 8
        box[power[i]] = (x ^ bits >> 7 ^ bits >> 6 ^ bits >> 5 ^ bits >> 4
                         ^ 0x63) & 0xff
    return box


BOX = make_box()


def expand_key(key):
    words, turn = [list(key[i:i + 4]) for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 8 == 0:
            word = [BOX[b] for b in word[1:] + word[:1]]
            word[0] ^= turn
            turn = times_x(turn)
        elif i % 8 == 4:
            word = [BOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[i - 8], word)])
    return [sum(words[i:i + 4], []) for i in range(0, 60, 4)]


def mix(column):
    a, b, c, d = column
    every = a ^ b ^ c ^ d
    return [x ^ every ^ times_x(x ^ y)
            for x, y in ((a, b), (b, c), (c, d), (d, a))]


def aes(round_keys, block):
    state = [a ^ b for a, b in zip(block, round_keys[0])]
    for i, round_key in enumerate(round_keys[1:], 1):
        state = [BOX[state[(j + 4 * (j % 4)) % 16]] for j in range(16)]
        if i < len(round_keys) - 1:
            state = sum((mix(state[j:j + 4]) for j in range(0, 16, 4)), [])
        state = [a ^ b for a, b in zip(state, round_key)]
    return bytes(state)


def multiply(a, b):
    """In the field of GCM, whose bits are counted from the left."""
    product = 0
    for i in range(127, -1, -1):
        if a >> i & 1:
            product ^= b
        b = b >> 1 ^ (0xe1 << 120 if b & 1 else 0)
    return product


def gcm_seal(key, nonce, text, header):
    round_keys = expand_key(key)
    h = int.from_bytes(aes(round_keys, bytes(16)), "big")
    stream = b"".join(aes(round_keys, nonce + struct.pack(">I", 2 + i))
                      for i in range((len(text) + 15) // 16))
    body, total = xor(text, stream), 0
    sizes = struct.pack(">QQ", 8 * len(header), 8 * len(body))
    hashed = pad16(header) + pad16(body) + sizes
    for i in range(0, len(hashed), 16):
        total = multiply(total ^ int.from_bytes(hashed[i:i + 16], "big"), h)
    first = aes(round_keys, nonce + struct.pack(">I", 1))
    return body + xor(total.to_bytes(16, "big"), first)


# ---- the format ----


def keyed_hash(key, text):
    return hashlib.blake2b(text, key=key, digest_size=32).digest()


def seal(suite, key, sender_id, salt, seq, recipient, inner):
    """The recipient is empty for all."""
    key_id = keyed_hash(key, b"hein kid")[:4] if suite else bytes(4)
    nonce = salt + seq.to_bytes(6, "big")
    header = (b"\x48\x4d" + bytes([2 << 4 | suite, bool(recipient)]) + key_id
              + sender_id + nonce + recipient)
    subkey = keyed_hash(key, b"hein mc v2" + bytes([suite]) + sender_id)
    if suite == 1:
        return header + xchacha_seal(subkey, sender_id + nonce, inner, header)
    if suite == 2:
        return header + gcm_seal(subkey, nonce, inner, header)
    return header + inner


def group_salt(name, address, port, passes, memory):
    text = (b"hein-mc-salt-v1" + name.encode() + b"\0" + address
            + struct.pack(">HQQ", port, passes, memory))
    return hashlib.blake2b(text, digest_size=16).digest()


def prove():
    """Examples of the standards, so that two mistakes do not agree."""
    sunscreen = (b"Ladies and Gentlemen of the class of '99: If I could offer "
                 b"you only one tip for the future, sunscreen would be it.")
    # draft-irtf-cfrg-xchacha-03, A.3.1
    sealed = xchacha_seal(bytes(range(0x80, 0xa0)), bytes(range(0x40, 0x58)),
                          sunscreen, bytes.fromhex("50515253c0c1c2c3c4c5c6c7"))
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"
    assert sealed[:8].hex() == "bd6d179d3e83d43b"
    # FIPS 197, C.3
    assert aes(expand_key(bytes(range(32))),
               bytes.fromhex("00112233445566778899aabbccddeeff")).hex() \
        == "8ea2b7ca516745bfeafc49904b496089"
    # test case 14 of the GCM specification
    assert gcm_seal(bytes(32), bytes(12), bytes(16), b"").hex() \
        == "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"


def random_bytes(label, size):
    """The same each time."""
    out = b""
    while len(out) < size:
        out += hmac.digest(b"hein vectors", f"{label} {len(out)}".encode(), "sha256")
    return out[:size]


# suite, size of what is said, number; each third one is for one member
CASES = [
    (1, 24, 1), (1, 24, 2), (1, 25, 255), (1, 39, 256), (1, 40, 2**16),
    (1, 63, 2**32 - 1), (1, 64, 2**32), (1, 65, 2**40 + 7), (1, 124, 2**48 - 1),
    (1, 1352, 3),
    (2, 24, 1), (2, 25, 2), (2, 31, 255), (2, 32, 2**32 - 1), (2, 33, 2**32),
    (2, 124, 2**48 - 1), (2, 129, 77), (2, 1352, 3),
    (0, 24, 1), (0, 124, 2**40),
]
SALTS = [
    ("hein", bytes([239, 1, 2, 3]), 7890, 2, 64 << 20),
    ("hein", bytes([239, 1, 2, 3]), 7890, 3, 256 << 20),
    ("büro", bytes.fromhex("ff020000000000000000000000001234"), 1, 4, 1 << 30),
]


def lines():
    yield "# made by sealed-vectors.py"
    yield "# sealed suite key sender-id salt seq recipient inner datagram"
    for i, (suite, size, seq) in enumerate(CASES):
        key = random_bytes(f"key {i}", 32)
        sender_id = random_bytes(f"sender {i}", 16)
        salt = random_bytes(f"salt {i}", 6)
        recipient = random_bytes(f"recipient {i}", 16) if i % 3 == 2 else b""
        inner = b"\1\3" + random_bytes(f"inner {i}", size - 2)
        datagram = seal(suite, key, sender_id, salt, seq, recipient, inner)
        yield (f"sealed {suite} {key.hex()} {sender_id.hex()} {salt.hex()} {seq} "
               f"{recipient.hex() or '-'} {inner.hex()} {datagram.hex()}")
    yield "# salt name address port level salt"
    for level, (name, address, port, passes, memory) in enumerate(SALTS):
        yield (f"salt {name.encode().hex()} {address.hex()} {port} {level} "
               f"{group_salt(name, address, port, passes, memory).hex()}")


def main():
    prove()
    made = list(lines())
    if len(sys.argv) < 3:
        print("\n".join(made))
        return 0
    with open(sys.argv[2], encoding="utf-8") as file:
        stored = file.read().splitlines()
    print(f"1..{max(len(made), len(stored))}")
    failed = 0
    for i in range(max(len(made), len(stored))):
        same = made[i:i + 1] == stored[i:i + 1]
        failed += not same
        print(f"{'ok' if same else 'not ok'} - line {i + 1}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
