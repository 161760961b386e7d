# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys of NATS, JWTs and files of credentials, made with libsodium."""

import base64
import binascii
import ctypes
import ctypes.util
import json
import os

import tap

KINDS = {"O": 14, "A": 0, "U": 20}


def load_sodium():
    name = ctypes.util.find_library("sodium")
    if name is None:
        raise tap.Skip("libsodium is not installed (libsodium-dev)")
    return ctypes.CDLL(name)


def in_base64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def in_base32(data):
    data += binascii.crc_hqx(data, 0).to_bytes(2, "little")
    return base64.b32encode(data).decode().rstrip("=")


class Key:
    """Of an operator (O), an account (A) or a user (U)."""

    def __init__(self, kind, seed=None):
        self.sodium = load_sodium()
        self.kind = KINDS[kind]
        seed = seed or os.urandom(32)
        public = ctypes.create_string_buffer(32)
        self.secret = ctypes.create_string_buffer(64)
        self.sodium.crypto_sign_seed_keypair(public, self.secret, seed)
        self.public = in_base32(bytes([self.kind << 3]) + public.raw)
        self.seed = in_base32(bytes([18 << 3 | self.kind >> 2,
                                     (self.kind & 3) << 6]) + seed)

    def sign(self, data):
        signature = ctypes.create_string_buffer(64)
        self.sodium.crypto_sign_detached(signature, None, data,
                                         ctypes.c_ulonglong(len(data)), self.secret)
        return signature.raw


def make_jwt(issuer, subject, kind, **claims):
    head = {"typ": "JWT", "alg": "ed25519-nkey"}
    body = {"jti": "X", "iat": 1700000000, "iss": issuer.public, "name": kind,
            "sub": subject.public, "nats": {"type": kind, "version": 2, **claims}}
    text = ".".join(in_base64(json.dumps(part).encode()) for part in (head, body))
    return f"{text}.{in_base64(issuer.sign(text.encode()))}"


def make_credentials(jwt, user):
    return f"""-----BEGIN NATS USER JWT-----
{jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
{user.seed}
------END USER NKEY SEED------

*************************************************************
"""
