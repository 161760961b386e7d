#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What udp-multicast writes and reads for multisock, against the pickle and
base64 of Python and a cipher of its own. M… are the requirements that a test
stands for. TAP.

usage: multisock-vectors.py MULTISOCK-TOOL [SEED]
"""
import base64
import collections
import datetime
import decimal
import hashlib
import io
import json
import math
import pickle
import pickletools
import random
import string
import subprocess
import sys

import tap

TOOL = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
dice = random.Random(SEED)


def check(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, not {expected!r}")


def ask(*lines):
    """The tool's answers: bytes and their note, or the text of an error."""
    text = "".join(" ".join([command, *(a.hex() or "-" for a in arguments)]) + "\n"
                   for command, *arguments in lines)
    done = subprocess.run([TOOL], input=text, capture_output=True, text=True,
                          timeout=60, check=True)
    answers = [line.split(" ") for line in done.stdout.splitlines()]
    check(len(answers), len(lines), "answers")
    return [(bytes.fromhex(words[-1]), words[1]) if words[0] == "ok"
            else " ".join(words[1:]) for words in answers]


# ---- AES-256-CBC, as FIPS 197 describes it ----

def double(byte):
    return byte << 1 ^ (0x11b if byte & 0x80 else 0)


def multiply(a, b):
    product = 0
    for bit in range(8):
        if b >> bit & 1:
            product ^= a
        a = double(a)
    return product


def make_substitutions():
    table = []
    for byte in range(256):
        inverse = next((i for i in range(256) if multiply(byte, i) == 1), 0)
        turned = [inverse << n & 0xff | inverse >> (8 - n) for n in range(5)]
        table.append(turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63)
    return table


SUBSTITUTE = make_substitutions()
RESTORE = [SUBSTITUTE.index(byte) for byte in range(256)]
TIMES = {n: [multiply(byte, n) for byte in range(256)] for n in (1, 2, 3, 9, 11, 13, 14)}
# where the bytes of a state, which is written column by column, come from
SHIFT = [(i + 4 * (i % 4)) % 16 for i in range(16)]
UNSHIFT = [SHIFT.index(i) for i in range(16)]


def expand(key):
    words = [key[i:i + 4] for i in range(0, 32, 4)]
    constant = 1
    for i in range(8, 60):
        last = words[-1]
        if i % 8 == 0:
            last = bytes(SUBSTITUTE[b] for b in last[1:] + last[:1])
            last = bytes([last[0] ^ constant]) + last[1:]
            constant = double(constant)
        elif i % 8 == 4:
            last = bytes(SUBSTITUTE[b] for b in last)
        words.append(xor(words[-8], last))
    return [b"".join(words[i:i + 4]) for i in range(0, 60, 4)]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def mix(state, factors):
    return bytes(TIMES[factors[0]][state[c]] ^ TIMES[factors[1]][state[c + (r + 1) % 4 - r]]
                 ^ TIMES[factors[2]][state[c + (r + 2) % 4 - r]]
                 ^ TIMES[factors[3]][state[c + (r + 3) % 4 - r]]
                 for c in range(16) for r in [c % 4])


def encrypt_block(keys, block):
    state = xor(block, keys[0])
    for n, key in enumerate(keys[1:], 1):
        state = bytes(SUBSTITUTE[state[i]] for i in SHIFT)
        state = xor(mix(state, (2, 3, 1, 1)) if n < 14 else state, key)
    return state


def decrypt_block(keys, block):
    state = block
    for n in range(14, 0, -1):
        state = xor(state, keys[n])
        state = mix(state, (14, 11, 13, 9)) if n < 14 else state
        state = bytes(RESTORE[state[i]] for i in UNSHIFT)
    return xor(state, keys[0])


def encrypt_cbc(key, iv, data):
    keys, result = expand(key), []
    for at in range(0, len(data), 16):
        iv = encrypt_block(keys, xor(data[at:at + 16], iv))
        result.append(iv)
    return b"".join(result)


def decrypt_cbc(key, iv, data):
    keys, result = expand(key), []
    for at in range(0, len(data), 16):
        block = data[at:at + 16]
        result.append(xor(decrypt_block(keys, block), iv))
        iv = block
    return b"".join(result)


def test_cipher():
    """The one here: the vector of FIPS 197, C.3."""
    keys = expand(bytes(range(32)))
    block = bytes(range(0, 256, 17))
    check(encrypt_block(keys, block).hex(), "8ea2b7ca516745bfeafc49904b496089", "block")
    check(decrypt_block(keys, encrypt_block(keys, block)), block, "and back")


# ---- dialect K ----

def fill(text, size):
    """The text and how many characters it lacks of the size, so often."""
    return (text + chr(size - len(text)) * (size - len(text))).encode()


def k_encrypt(key, iv, data, letters=b""):
    n_pads = 16 - len(data) % 16
    padded = letters + data + bytes([n_pads]) * n_pads
    return base64.encodebytes(encrypt_cbc(fill(key, 32), fill(iv, 16), padded))


def k_decrypt(key, iv, datagram):
    """What the library gives: text, or bytes without the first 16."""
    plain = decrypt_cbc(fill(key, 32), fill(iv, 16), base64.decodebytes(datagram))
    plain = plain[:-plain[-1]]
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain[16:]


def random_text(n, alphabet=string.printable + "äé€𝄞\0\x7f"):
    return "".join(dice.choice(alphabet) for _ in range(n))


def random_keys():
    plain = string.ascii_letters + string.punctuation
    return (random_text(dice.randint(1, 32), plain), random_text(dice.randint(1, 15), plain))


def sizes():
    """All around blocks, lines of base64, and some beyond."""
    return [*range(0, 66), 127, 128, 129, 500, 1400]


def test_k_text():
    """M7: text and bytes, both ways, byte for byte."""
    cases = [(*random_keys(), random_text(n).encode()) for n in sizes()]
    theirs = [k_encrypt(*case) for case in cases]
    sent = ask(*(("k-encrypt", k.encode(), i.encode(), d) for k, i, d in cases))
    got = ask(*(("k-decrypt", k.encode(), i.encode(), t)
                for (k, i, _), t in zip(cases, theirs)))
    for (key, iv, data), their, ours, read in zip(cases, theirs, sent, got):
        check(ours[0], their, f"{data!r} encrypted")
        check(read, (data, "none"), f"{data!r} decrypted")
        check(k_decrypt(key, iv, ours[0]), data.decode(), "decrypted by the library")


def test_k_bytes():
    """M7: bytearrays, which have letters in front, both ways."""
    cases = [(*random_keys(), b"\xff" + dice.randbytes(n)) for n in sizes()]
    letters = [random_text(16, string.ascii_lowercase).encode() for _ in cases]
    got = ask(*(("k-decrypt", k.encode(), i.encode(), k_encrypt(k, i, d, l))
                for (k, i, d), l in zip(cases, letters)))
    sent = ask(*(("k-encrypt", k.encode(), i.encode(), d, dice.randbytes(16))
                 for k, i, d in cases))
    for (key, iv, data), read, ours in zip(cases, got, sent):
        check(read, (data, "letters"), f"{data!r} decrypted")
        check(k_decrypt(key, iv, ours[0]), data, "decrypted by the library")


def test_k_bytes_without_letters():
    """M7: nothing is lost of them, as 16 bytes are in the library."""
    cases = [(*random_keys(), b"\xff" + dice.randbytes(n)) for n in sizes()]
    got = ask(*(("k-decrypt", k.encode(), i.encode(), k_encrypt(k, i, d))
                for k, i, d in cases))
    for (_, _, data), read in zip(cases, got):
        check(read, (data, "bytes"), f"{data!r} decrypted")


def test_k_noise():
    """M7: what is no base64, anywhere in it."""
    cases, datagrams = [], []
    noise = [b"\n", b"\r\n", b"\t ", b"-_", b"~*", b"\0", b"\xff"]
    for n in sizes():
        key, iv = random_keys()
        data = random_text(n).encode()
        datagram = k_encrypt(key, iv, data).rstrip(b"=\n")
        pads = b"=" * (-len(datagram.replace(b"\n", b"")) % 4)
        for _ in range(dice.randint(0, 9)):
            at = dice.randint(0, len(datagram))
            datagram = datagram[:at] + dice.choice(noise) + datagram[at:]
        cases.append((key, iv, data))
        datagrams.append(datagram + pads)
        check(k_decrypt(key, iv, datagrams[-1]), data.decode(), "by the library")
    got = ask(*(("k-decrypt", k.encode(), i.encode(), t)
                for (k, i, _), t in zip(cases, datagrams)))
    for (_, _, data), read in zip(cases, got):
        check(read, (data, "none"), f"{data!r} decrypted")


def test_k_wrong_key():
    """M8: never the text, and mostly an error."""
    cases = [(*random_keys(), random_keys()[0], random_text(n).encode())
             for n in range(1, 200)]
    got = ask(*(("k-decrypt", wrong.encode(), i.encode(), k_encrypt(k, i, d))
                for k, i, wrong, d in cases))
    for (*_, data), read in zip(cases, got):
        check(isinstance(read, str) or read[0] != data, True, f"{data!r}")
    check(sum(isinstance(read, str) for read in got) > 180, True, "errors")


def test_d():
    """M13: both ways, with blanks around the texts."""
    cases = [(*random_keys(), random_text(n, string.printable.strip()).encode())
             for n in sizes()]
    theirs = [encrypt_cbc(hashlib.sha256(key.encode()).digest(),
                          hashlib.sha256(phrase.encode()).digest()[:16],
                          data + b"\4" * (16 - len(data) % 16))
              for key, phrase, data in cases]
    sent = ask(*(("d-encrypt", f" {k}\n".encode(), p.encode(), d) for k, p, d in cases))
    got = ask(*(("d-decrypt", k.encode(), f"\t{p} ".encode(), t)
                for (k, p, _), t in zip(cases, theirs)))
    for (*_, data), their, ours, read in zip(cases, theirs, sent, got):
        check(ours[0], their, f"{data!r} encrypted")
        check(read[0], data, f"{data!r} decrypted")


# ---- pickle ----

class Distinct:
    """Texts and bytes that no value has twice: Python refers back to those."""

    def __init__(self):
        self.n = 0

    def text(self):
        self.n += 1
        return f"{self.n}:" + random_text(dice.choice([0, 1, 5, 40, 255, 300]))

    def bytes(self):
        self.n += 1
        return b"%d:" % self.n + dice.randbytes(dice.choice([0, 1, 5, 255, 300]))


def random_int():
    bits = dice.choice([1, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 128, 1000, 2030])
    return dice.choice([-1, 1]) * (dice.getrandbits(bits) + dice.choice([-1, 0, 1]))


def random_float():
    return dice.choice([0.0, -0.0, 1.0, 0.1, 1e15, 1e16, 1e17, 5e-324, 1.7976931348623157e308,
                        math.inf, -math.inf, dice.random(), dice.uniform(-1e9, 1e9),
                        dice.random() * 10 ** dice.randint(-300, 300)])


def random_value(texts, kinds, depth=0):
    """kinds: of s text, b bytes, t tuple, beside what is always there."""
    choices = ["none", "bool", "int", "float", *kinds]
    if depth < 5:
        choices += ["list", "dict"] * 2 + ["tuple"] * ("tuple" in kinds)
    kind = dice.choice(choices)
    n = dice.choice([0, 1, 2, 3, 4, 7])
    if kind == "int":
        return random_int()
    if kind == "float":
        return random_float()
    if kind == "text":
        return texts.text()
    if kind == "bytes":
        return texts.bytes()
    if kind == "list":
        return [random_value(texts, kinds, depth + 1) for _ in range(n)]
    if kind == "tuple":
        return tuple(random_value(texts, kinds, depth + 1) for _ in range(n))
    if kind == "dict":
        return {texts.text(): random_value(texts, kinds, depth + 1) for _ in range(n)}
    return None if kind == "none" else dice.random() < 0.5


def as_json(value):
    """What stands for a value, as multisock-json.h says."""
    if isinstance(value, (bytes, bytearray)):
        return {"__bytes__": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"__float__": repr(value)}
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        items = {key: as_json(item) for key, item in value.items()}
        is_reserved = len(items) == 1 and set(items) <= {"__bytes__", "__float__", "__dict__"}
        return {"__dict__": items} if is_reserved else items
    return value


def to_text(value):
    text = json.dumps(as_json(value), ensure_ascii=dice.random() < 0.5,
                      indent=dice.choice([None, 2]))
    return text.encode()


def random_values(n, kinds):
    return [random_value(Distinct(), kinds) for _ in range(n)]


def test_loads():
    """M12: what Python writes, in each protocol, and as an object."""
    for protocol in (2, 3, 4, 5):
        kinds = ["text", "tuple"] + ["bytes"] * (protocol > 2)
        values = random_values(300, kinds)
        texts = ask(*(("load", pickle.dumps(v, protocol)) for v in values))
        objects = ask(*(("load-object", base64.b64encode(pickle.dumps(v, protocol)))
                        for v in values))
        for value, text, again in zip(values, texts, objects):
            check(repr(json.loads(text[0])), repr(as_json(value)), f"protocol {protocol}")
            check(text, again, "in base64")


def test_loads_shared():
    """M12: values that are there several times, which are referred to."""
    for protocol in (2, 3, 4, 5):
        shared = random_values(20, ["text", "tuple"])
        values = [[dice.choice(shared) for _ in range(5)] for _ in range(20)]
        values += [dict.fromkeys((f"key {n}" for n in range(9)), v) for v in shared]
        values += [[[f"text {n}" for n in range(300)]] * 9]
        texts = ask(*(("load", pickle.dumps(v, protocol)) for v in values))
        for value, text in zip(values, texts):
            check(repr(json.loads(text[0])), repr(as_json(value)), f"protocol {protocol}")


def test_loads_many():
    """M12: over 256 and 65536 in the memo, and over one batch."""
    values = [[f"text {n}" for n in range(1500)] * 2, list(range(5000)),
              {str(n): [n] for n in range(3001)}, tuple(range(1001)), "ä" * 100000]
    texts = ask(*(("load", pickle.dumps(value, 4)) for value in values))
    for value, text in zip(values, texts):
        check(json.loads(text[0]), as_json(value), "what was read")


def test_dumps():
    """M12: Python reads the same value, and would have written the same bytes."""
    values = random_values(600, ["text", "bytes"])
    values += [[*range(n)] for n in (999, 1000, 1001, 2001)]
    values += [{str(n) + "!": n for n in range(size)} for size in (999, 1001, 2001)]
    pickles = ask(*(("dump", to_text(value)) for value in values))
    objects = ask(*(("dump-object", to_text(value)) for value in values))
    for value, ours, text in zip(values, pickles, objects):
        check(repr(pickle.loads(ours[0])), repr(value), "what Python reads")
        check(ours[0], pickle.dumps(value, 4), "what Python would have written")
        check(text[0], base64.b64encode(ours[0]), "the object")


def test_dumps_otherwise():
    """M12: what Python writes otherwise, but reads: equal texts, above all."""
    # 1000: of a dict, Python writes an empty batch behind a full one
    values = [{str(n): n for n in range(1000)}, ["a", "a", {"a": "a", "b": "a"}], ["", "", {"": ""}], "ä" * 100000,
              {"__bytes__": "A"}, {"__dict__": {"__bytes__": 1}}, {"__float__": {}},
              math.inf, [-math.inf, b"", b"a", b"a"]]
    pickles = ask(*(("dump", to_text(value)) for value in values))
    for value, ours in zip(values, pickles):
        check(repr(pickle.loads(ours[0])), repr(value), "what Python reads")
    check(math.isnan(pickle.loads(ask(("dump", b'{"__float__":"nan"}'))[0][0])), True, "nan")


SAFE = """MARK STOP POP POP_MARK DUP BININT BININT1 BININT2 NONE BINUNICODE APPEND
EMPTY_DICT APPENDS BINGET LONG_BINGET EMPTY_LIST BINPUT LONG_BINPUT SETITEM TUPLE
EMPTY_TUPLE SETITEMS BINFLOAT BINBYTES SHORT_BINBYTES PROTO TUPLE1 TUPLE2 TUPLE3
NEWTRUE NEWFALSE LONG1 LONG4 SHORT_BINUNICODE BINUNICODE8 BINBYTES8 MEMOIZE FRAME
BYTEARRAY8""".split()


def refusal(name):
    return f"pickle: the opcode {name}, which is not among the safe ones"


def test_opcodes():
    """M12: all that Python knows; those that are not safe by their names."""
    codes = {op.name: op.code.encode("latin-1") for op in pickletools.opcodes
             if op.proto <= 5}
    answers = ask(*(("load", b"((" + code) for code in codes.values()))
    for name, answer in zip(codes, answers):
        check(answer == refusal(name), name not in SAFE, f"{name}: {answer}")


class Runs:
    """Does something when it is read."""

    def __reduce__(self):
        return exec, ("raise SystemExit('a pickle was executed')",)


class Plain:
    """Is built, with what it has."""

    def __init__(self):
        self.text = "hello!"


class Foreign(pickle.Pickler):
    """Refers to something outside."""

    def persistent_id(self, obj):
        return "somewhere" if isinstance(obj, Plain) else None


def test_hostile():
    """M12: the first opcode that Python would execute is named."""
    values = [Runs(), Plain(), [1, Runs()], {"a": Plain()}, datetime.date(2020, 1, 1),
              {1, 2}, frozenset([1]), 1j, collections.OrderedDict(a=1), print,
              decimal.Decimal(1), range(3)]
    for protocol in range(6):
        pickles = [pickle.dumps(value, protocol) for value in values]
        names = [next(op.name for op, *_ in pickletools.genops(data) if op.name not in SAFE)
                 for data in pickles]
        for name, answer in zip(names, ask(*(("load", data) for data in pickles))):
            check(answer, refusal(name), f"protocol {protocol}")


def test_foreign():
    """M12: nothing outside is looked for."""
    file = io.BytesIO()
    Foreign(file, 4).dump([Plain()])
    check(ask(("load", file.getvalue())), [refusal("BINPERSID")], "an id")


def test_unlike():
    """M12: what JSON has no like for."""
    in_itself = []
    in_itself.append(in_itself)
    texts = ask(("load", pickle.dumps({1: 2}, 4)), ("load", pickle.dumps({(): 2}, 4)),
                ("load", pickle.dumps("\ud800", 4)), ("load", pickle.dumps(in_itself, 4)),
                ("load", pickle.dumps(1 << 2040, 4)))
    check(texts, ["a dict with a key that is not text", "a dict with a key that is not text",
                  "pickle: a text that is not UTF-8", "an object of more than 64 levels",
                  "pickle: an integer of more than 255 bytes"], "errors")


def main():
    print(f"# seed {SEED}")
    return tap.run([("/multisock-vectors/" + name[5:].replace("_", "-"), test)
                    for name, test in globals().items()
                    if name.startswith("test_")])


if __name__ == "__main__":
    sys.exit(main())
