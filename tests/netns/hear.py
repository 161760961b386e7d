#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hears a group of IPv6 without hein, and tells of each datagram.

usage: hear.py GROUP PORT INTERFACE
"""

import json
import socket
import struct
import sys


def tell(**event):
    print(json.dumps(event), flush=True)


def main():
    group, port, interface = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    index = socket.if_nametoindex(interface)
    hearing = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    hearing.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    hearing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    hearing.bind((group, port, 0, index))
    hearing.setsockopt(
        socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
        socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index))
    tell(event="open")
    while True:
        data, control, _, sender = hearing.recvmsg(65536, 1024)
        hops = [struct.unpack("@i", value)[0] for level, kind, value in control
                if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)]
        tell(event="heard", size=len(data), hops=hops[0], sender=sender[0])


main()
