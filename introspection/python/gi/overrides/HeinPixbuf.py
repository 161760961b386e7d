# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pictures as messages, in Python."""
from gi.module import get_introspection_module

from .Hein._base import takes_whole

message_read = takes_whole(get_introspection_module("HeinPixbuf").message_read)

__all__ = ["message_read"]
