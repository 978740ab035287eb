# SPDX-License-Identifier: Apache-2.0
"""Shows a notice on Linux, by the notification service of the desktop on the user's D-Bus.

Source: freedesktop.org, Desktop Notifications Specification 1.2.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socket import socket
from typing import Any

from jeepney import (
    DBusAddress,
    DBusErrorResponse,
    HeaderFields,
    MatchRule,
    Message,
    message_bus,
    new_method_call,
)
from jeepney.bus import get_bus
from jeepney.io.blocking import DBusConnection, prep_socket
from jeepney.wrappers import unwrap_msg

from cardtool.remind.notice import Notice, NotShownError

_SERVICE = DBusAddress(
    "/org/freedesktop/Notifications",
    bus_name="org.freedesktop.Notifications",
    interface="org.freedesktop.Notifications",
)
_SIGNALS = MatchRule(type="signal", interface=_SERVICE.interface, path=_SERVICE.object_path)
_ANSWER_S = 25.0
"""For one call: the bus may have to start the service first."""
_WAITS_S = 12 * 3600.0
"""A day at the desk. Then the notice goes, since nobody would hear of a click on it."""
_ICON = "dialog-password"
_NORMAL, _CRITICAL = 1, 2
_CLICK = "default"
"""The action of a click on the notice itself."""


class _Connection(DBusConnection):
    """A connection with a time limit for each call; jeepney's own first call has none."""

    def __init__(self, sock: socket, limit_s: float) -> None:
        self._limit_s = limit_s
        super().__init__(sock)

    def send_and_get_reply(self, message: Message, *, timeout: float | None = None) -> Message:
        return super().send_and_get_reply(message, timeout=timeout or self._limit_s)


def show(
    notice: Notice,
    shown: Callable[[], None],
    limit_s: float = _ANSWER_S,
    waits_s: float = _WAITS_S,
) -> str:
    """Show a notice and wait for the answer, as `desktop.show` says; each call has its limit."""
    try:
        with (
            prep_socket(get_bus(_bus()), timeout=limit_s) as plug,
            _Connection(plug, limit_s) as bus,
        ):
            return _show(bus, notice, shown, waits_s)
    except (DBusErrorResponse, OSError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # jeepney raises RuntimeError and ValueError if it cannot use the address or the bus refuses
        # the user; LookupError and TypeError come from malformed answers
        raise NotShownError(_reason(error)) from error


def _bus() -> str:
    """Return the address of the user's bus. Source: sd-bus, sd_bus_default_user(3)."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "/run/user/none")
    return os.environ.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={folder}/bus"


def _show(bus: DBusConnection, notice: Notice, shown: Callable[[], None], waits_s: float) -> str:
    can_answer = "actions" in _call(bus, "GetCapabilities")[0]
    signals: deque[Message] = deque()
    unwrap_msg(bus.send_and_get_reply(message_bus.AddMatch(_SIGNALS)))
    with bus.filter(_SIGNALS, queue=signals):
        first = next(iter(notice.choices.values()))
        buttons = {_CLICK: first, **notice.choices} if can_answer else {}
        hints = {
            "urgency": ("y", _CRITICAL if notice.stays else _NORMAL),
            "desktop-entry": ("s", "cardtool"),
        }
        (number,) = _call(
            bus,
            "Notify",
            "susssasa{sv}i",
            (
                *("cardtool", 0, _ICON, notice.title, notice.body),
                [word for button in buttons.items() for word in button],
                *(hints, 0),  # 0: it never expires
            ),
        )
        shown()
        answer = _answer(bus, signals, number, waits_s) if can_answer else ""
    if answer == _CLICK:
        return next(iter(notice.choices))
    return answer if answer in notice.choices else ""  # anybody on the bus can send a signal


def _answer(bus: DBusConnection, signals: deque[Message], number: int, waits_s: float) -> str:
    """Wait until something is chosen on the notice; empty: it was closed, or went with the bus."""
    end = time.monotonic() + waits_s
    try:
        while True:
            left_s = max(end - time.monotonic(), 0.0)
            signal = bus.recv_until_filtered(signals, timeout=left_s)
            if signal.body[:1] != (number,):
                continue
            name = signal.header.fields[HeaderFields.member]
            if name == "ActionInvoked":
                return str(signal.body[-1])
            if name == "NotificationClosed":
                return ""
    except TimeoutError:
        with suppress(DBusErrorResponse, OSError):
            _call(bus, "CloseNotification", "u", (number,))
    except OSError:  # the user has logged out
        pass
    return ""


def _call(
    bus: DBusConnection, name: str, kinds: str = "", values: tuple[Any, ...] = ()
) -> tuple[Any, ...]:
    """Call the notification service.

    Raises:
        DBusErrorResponse: there is none, or it refuses.
        OSError: the bus is gone, or no answer came in time.
    """
    message = new_method_call(_SERVICE, name, kinds or None, values)
    reply: tuple[Any, ...] = unwrap_msg(bus.send_and_get_reply(message))
    return reply


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
