# SPDX-License-Identifier: Apache-2.0
"""Which workstation this is, whatever its name, and who is logged on.

The system's own identifier is never sent as it is: other programs send it too, so their data could
be joined with ours.
"""

import getpass
import hashlib
import hmac
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from cardtool import files
from cardtool.model.names import account
from cardtool.model.snapshot import Failure
from cardtool.probe import program
from cardtool.probe.usb import plist

_APPLICATION = uuid.UUID("8c5f3a0e-7d0b-4a63-9f0e-2b6d9c41a7e5")
"""cardtool's own random identifier; with another one every workstation would look new."""

_MACHINE_ID = "etc/machine-id"
"""32 hex digits; empty or `uninitialized` in an image. Source: machine-id(5)."""

_SIZE_LIMIT_BYTES = 4096
_LONGEST = 64
"""Characters that are read from the file with a random identifier."""

_WINDOWS_KEY = r"SOFTWARE\Microsoft\Cryptography"
"""Holds MachineGuid, made when Windows is set up, and anew by Sysprep's generalize."""

_MAC_COMMAND = ("/usr/sbin/ioreg", "-a", "-r", "-d1", "-c", "IOPlatformExpertDevice")
"""As a property list, the machine itself, with IOPlatformUUID. Source: ioreg(8)."""

_MAC_TIMEOUT_S = 5.0


def host_id(configured: str | None, kept: Path, root: Path = Path("/")) -> str:
    """Return 32 hex digits that stay the same when the workstation is renamed.

    `configured` is the site's name for it, for machines that were copied with their identifier. If
    the system has no identifier, a random one is kept in the file `kept`.

    Raises:
        OSError: the random identifier could not be stored.
    """
    if configured:
        return _ours(hashlib.sha256(configured.strip().casefold().encode()).digest()[:16])
    system_id = _system_id(root)
    return _ours(system_id) if system_id else _random(kept)


def _ours(identifier: bytes) -> str:
    """Return an identifier for cardtool alone, from which the given one cannot be computed.

    Source: sd_id128_get_machine_app_specific(3): HMAC-SHA256, keyed with the identifier, of the
    application's, cut to 16 bytes and marked as a UUID of version 4.
    """
    digest = hmac.new(identifier, _APPLICATION.bytes, hashlib.sha256).digest()
    return uuid.UUID(bytes=digest[:16], version=4).hex


def _system_id(root: Path) -> bytes | None:
    if sys.platform == "win32":
        return of_text(_ask_registry())
    if sys.platform == "darwin":
        printed = program.output(_MAC_COMMAND, api="os", timeout_s=_MAC_TIMEOUT_S)
        return None if isinstance(printed, Failure) else of_ioreg(printed)
    try:
        return of_text((root / _MACHINE_ID).read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        return None


def of_text(text: str) -> bytes | None:
    """Read 32 hex digits, with or without hyphens; None if there are none, or only zeros."""
    digits = text.strip().replace("-", "")
    data = bytes.fromhex(digits) if re.fullmatch(r"[0-9A-Fa-f]{32}", digits) else b""
    return data if any(data) else None


def of_ioreg(content: bytes) -> bytes | None:
    """Read IOPlatformUUID out of what `ioreg` printed."""
    entries = plist.read(content)
    first = entries[0] if isinstance(entries, list) and entries else None
    text = first.get("IOPlatformUUID") if isinstance(first, dict) else None
    return of_text(text) if isinstance(text, str) else None


def _ask_registry() -> str:
    """Return MachineGuid, from the view of the system itself also in a 32-bit process."""
    if sys.platform != "win32":
        return ""
    import winreg  # noqa: PLC0415 - Windows alone has it

    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _WINDOWS_KEY, 0, access) as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return ""


def _random(kept: Path) -> str:
    """Return the random identifier that is stored, or make and store one."""
    with suppress(FileNotFoundError, UnicodeDecodeError):
        kept_text = files.read_own(kept, _SIZE_LIMIT_BYTES)[:_LONGEST].decode("ascii")
        if identifier := of_text(kept_text):
            return identifier.hex()
    drawn = uuid.uuid4().hex
    kept.parent.mkdir(parents=True, exist_ok=True)
    files.write(kept, f"{drawn}\n".encode())
    return drawn


def _logged_on() -> Iterable[str]:
    import psutil  # noqa: PLC0415 - for a service of the system alone

    try:
        return [user.name for user in psutil.users()]
    except (psutil.Error, OSError):  # Windows lets not every account ask
        return []


def user(
    environment: Mapping[str, str] = os.environ,
    own: Callable[[], str] = getpass.getuser,
    logged_on: Callable[[], Iterable[str]] = _logged_on,
) -> str:
    """Return the account of the workstation's user, as `account` spells it; empty if unknown.

    A system service has no user of its own; then it is the one user who is logged on.
    """
    if asked := environment.get("SUDO_USER"):
        return account(asked)
    try:
        name = account(own())
    except (KeyError, OSError):  # a number without a name
        return ""
    if name not in {"root", "system"} and not name.endswith("$"):
        return name
    others = {account(login) for login in logged_on()} - {"", "root", "system"}
    return others.pop() if len(others) == 1 else ""
