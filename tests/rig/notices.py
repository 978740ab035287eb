# SPDX-License-Identifier: Apache-2.0
"""A D-Bus of its own with a notification service, which records what is shown and clicks on it.

The bus is the real dbus-daemon. The service is a small one of ours, by the specification: what a
desktop's own would draw cannot be looked at from here.
"""

import os
import subprocess
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import open_dbus_connection

_NAME = "org.freedesktop.Notifications"
_PLACE = DBusAddress("/org/freedesktop/Notifications", interface=_NAME)
_CONFIGURATION = """<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_type="*"/>
    <allow receive_type="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """A session bus; a context manager that ends it."""

    def __init__(self, folder: Path) -> None:
        """Start it in a folder whose path is short."""
        configuration, self.place = folder / "bus.conf", folder / "bus"
        configuration.write_text(_CONFIGURATION.format(path=self.place))
        self.address = f"unix:path={self.place}"
        self._process = subprocess.Popen(
            ["dbus-daemon", "--nofork", "--print-address", f"--config-file={configuration}"],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it listens

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.terminate()
        self._process.communicate()

    def env(self, others: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a program in this session."""
        return {**others, "DBUS_SESSION_BUS_ADDRESS": self.address}


class Desktop:
    """A notification service on a bus; a context manager that ends it."""

    def __init__(
        self,
        bus: Bus,
        *answers: str | None,
        capabilities: tuple[str, ...] = ("actions", "body"),
    ) -> None:
        """Take what is clicked on the notices, one after the other.

        None closes a notice; "" leaves it on the screen.
        """
        self.shown: list[dict[str, Any]] = []
        """The arguments of each notice."""
        self.closed: list[int] = []
        """Which notices programs have closed."""
        self._answers = deque(answers)
        self._capabilities = list(capabilities)
        self._end_read, self._end_write = os.pipe()
        self._bus = open_dbus_connection(bus.address)
        self._bus.send_and_get_reply(message_bus.RequestName(_NAME))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bus."""
        self._bus.sock.shutdown(2)
        self._thread.join()
        self._bus.close()

    def _serve(self) -> None:
        try:
            while True:
                message = self._bus.receive()
                if message.header.message_type is MessageType.method_call:
                    self._do(message)
        except OSError:  # it was left
            return

    def _do(self, message: Message) -> None:
        name = message.header.fields[HeaderFields.member]
        if name == "GetCapabilities":
            self._bus.send(new_method_return(message, "as", (self._capabilities,)))
        elif name == "Notify":
            self._notify(message)
        elif name == "CloseNotification":
            self.closed += message.body
            self._bus.send(new_method_return(message))

    def _notify(self, message: Message) -> None:
        names = ("program", "replaces", "icon", "title", "body", "actions", "hints", "expires_ms")
        self.shown.append(dict(zip(names, message.body, strict=True)))
        number = len(self.shown)
        answer = self._answers.popleft() if self._answers else None
        self._signal("ActionInvoked", "us", (number + 1000, "applied"))  # another program's
        if answer:
            self._signal("ActionInvoked", "us", (number, answer))
        self._bus.send(new_method_return(message, "u", (number,)))
        if answer != "":
            self._signal("NotificationClosed", "uu", (number, 2))

    def _signal(self, name: str, kinds: str, values: tuple[Any, ...]) -> None:
        self._bus.send(new_signal(_PLACE, name, kinds, values))
