# SPDX-License-Identifier: Apache-2.0
"""What cardtool and its tests use of jeepney 0.9, which says no types."""

from enum import Enum
from typing import Any

class HeaderFields(Enum):
    path = 1
    interface = 2
    member = 3
    error_name = 4
    reply_serial = 5
    destination = 6
    sender = 7
    signature = 8

class MessageType(Enum):
    method_call = 1
    method_return = 2
    error = 3
    signal = 4

class Header:
    fields: dict[HeaderFields, Any]
    message_type: MessageType

class Message:
    header: Header
    body: tuple[Any, ...]

class DBusAddress:
    object_path: str
    bus_name: str | None
    interface: str | None
    def __init__(
        self, object_path: str, bus_name: str | None = ..., interface: str | None = ...
    ) -> None: ...

class DBusErrorResponse(Exception): ...  # noqa: N818 - its name

class MatchRule:
    def __init__(
        self, *, type: str | None = ..., interface: str | None = ..., path: str | None = ...
    ) -> None: ...

class _Bus:
    def AddMatch(self, rule: MatchRule | str) -> Message: ...
    def RequestName(self, name: str, flags: int = ...) -> Message: ...

message_bus: _Bus

def new_method_call(
    remote_obj: DBusAddress, method: str, signature: str | None = ..., body: tuple[Any, ...] = ...
) -> Message: ...
def new_method_return(
    parent_msg: Message, signature: str | None = ..., body: tuple[Any, ...] = ...
) -> Message: ...
def new_signal(
    emitter: DBusAddress, signal: str, signature: str | None = ..., body: tuple[Any, ...] = ...
) -> Message: ...
