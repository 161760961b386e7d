#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Users by nkey and by credentials, to whom nats-server gives a nonce to sign."""

import sys

import peer_tools
from nats_keys import Key, make_credentials, make_jwt
from nats_server import Server
from peer_tools import SECONDS, check, finish, start


def write(server, text, mode=0o600):
    path = server.folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return path


def send(server, option, timeout=SECONDS):
    return finish(start("send", "--dial", server.uri(option), "--name", "uhura",
                        "--timeout", str(timeout), "--topic", "t/a", "--verbose",
                        "x"))


def check_works(server, option):
    """One sends, and another one receives."""
    server.forget()
    process = start("receive", "--dial", server.uri(option), "--name", "spock",
                    "--count", "1", "--topic", "t/")
    server.wait_for(r"spock.*<<- \[SUB ")
    code, _, trouble = send(server, option)
    check(code, 0, f"exit status ({trouble})")
    code, output, trouble = finish(process)
    check((code, peer_tools.payloads(output)), (0, ["x"]), f"what came ({trouble})")


def check_fails(server, option, *words, code=3):
    was, _, trouble = send(server, option, timeout=1)
    check(was, code, f"exit status ({trouble})")
    for word in words:
        check(word in trouble, True, f"{word!r} in {trouble}")


def test_nkey():
    kirk, khan = Key("U"), Key("U")
    with Server(f"authorization: {{ users: [ {{ nkey: {kirk.public} }} ] }}") as server:
        option = f"nkey={write(server, kirk.seed)}"
        check_works(server, option)
        write(server, khan.seed + "\n")
        check_fails(server, option, "Authorization Violation", "nkey")
        write(server, kirk.public)
        check_fails(server, option, "public key", code=1)
        write(server, Key("A").seed)
        check_fails(server, option, "seed of a user", code=1)
        write(server, kirk.seed, 0o644)
        check_fails(server, option, "others have read", code=1)


def test_no_nonce():
    """A server that knows no such users signs nothing for them."""
    with Server("authorization: { token: secret }") as server:
        check_fails(server, f"nkey={write(server, Key('U').seed)}", "no nonce")


LIMITS = {"subs": -1, "data": -1, "payload": -1}
ACCOUNT_LIMITS = {**LIMITS, "conn": -1, "leaf": -1, "imports": -1, "exports": -1,
                  "wildcards": True}


def test_credentials():
    """The operator has let in an account, and that two users, of whom one is known."""
    operator, account, kirk, khan = Key("O"), Key("A"), Key("U"), Key("U")
    tenant = make_jwt(operator, account, "account", limits=ACCOUNT_LIMITS)
    with Server(f"operator: {make_jwt(operator, operator, 'operator')}",
                "resolver: MEMORY",
                f"resolver_preload: {{ {account.public}: {tenant} }}") as server:
        jwt = make_jwt(account, kirk, "user", pub={}, sub={}, **LIMITS)
        option = f"creds={write(server, make_credentials(jwt, kirk))}"
        check_works(server, option)
        write(server, make_credentials(jwt, khan))
        check_fails(server, option, "Authorization Violation", "creds")
        forged = make_jwt(khan, khan, "user", pub={}, sub={}, **LIMITS)
        write(server, make_credentials(forged, khan))
        check_fails(server, option, "Authorization Violation")
        write(server, kirk.seed)
        check_fails(server, option, "no file of credentials", code=1)
        may_not = make_jwt(account, kirk, "user", pub={"allow": ["u.>"]}, sub={},
                           **LIMITS)
        write(server, make_credentials(may_not, kirk))
        check_fails(server, option, "Permissions Violation for Publish", code=1)


TESTS = [test_nkey, test_no_nonce, test_credentials]


if __name__ == "__main__":
    sys.exit(peer_tools.run("nats-identity", TESTS))
