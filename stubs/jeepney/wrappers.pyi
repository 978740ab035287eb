# SPDX-License-Identifier: Apache-2.0
"""What cardtool and its tests use of jeepney.wrappers."""

from typing import Any

from jeepney import Message

def unwrap_msg(msg: Message) -> tuple[Any, ...]: ...
