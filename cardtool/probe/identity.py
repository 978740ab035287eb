# SPDX-License-Identifier: Apache-2.0
"""Identifies this workstation and the user who is logged on, and collects that person's names.

The system's own identifier is never sent as it is: other programs send it too, so their data could
be joined with ours. The person's names are collected so that they can be hidden.
"""

import getpass
import hashlib
import hmac
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from cardtool import files
from cardtool.model.names import account
from cardtool.model.snapshot import Failure
from cardtool.probe import program

_APPLICATION = uuid.UUID("8c5f3a0e-7d0b-4a63-9f0e-2b6d9c41a7e5")
"""cardtool's own random identifier; with another one every workstation would look new."""

_SIZE_LIMIT_BYTES = 4096

_MAC_COMMAND = ("/usr/sbin/ioreg", "-a", "-r", "-d1", "-c", "IOPlatformExpertDevice")
"""As a property list, the machine itself, with IOPlatformUUID. Source: ioreg(8)."""

_UTMP = Path("/var/run/utmp")
"""What Linux knows of logins, which psutil reads; containers have none. Source: utmp(5)."""

_LOGINS = ("SUDO_USER", "DOAS_USER", "LOGNAME", "USER", "USERNAME")
_HOMES = ("HOME", "USERPROFILE")
_USER_NUMBERS = ("SUDO_UID", "PKEXEC_UID")


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
        import winreg  # noqa: PLC0415 - Windows alone has it

        # made when Windows is set up, and anew by Sysprep's generalize; read from the view of the
        # system itself, also in a 32-bit process
        machine, name = winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography"
        try:
            with winreg.OpenKey(machine, name, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as key:
                return id_from_text(str(winreg.QueryValueEx(key, "MachineGuid")[0]))
        except OSError:
            return None
    if sys.platform == "darwin":
        printed = program.output(_MAC_COMMAND, api="os", timeout_s=5.0)
        return None if isinstance(printed, Failure) else id_from_ioreg(printed)
    try:
        # empty or `uninitialized` in an image; source: machine-id(5)
        return id_from_text((root / "etc/machine-id").read_text("ascii"))
    except (OSError, UnicodeDecodeError):
        return None


def id_from_text(text: str) -> bytes | None:
    """Read 32 hex digits, with or without hyphens; None if there are none, or only zeros."""
    digits = text.strip().replace("-", "")
    data = bytes.fromhex(digits) if re.fullmatch(r"[0-9A-Fa-f]{32}", digits) else b""
    return data if any(data) else None


def id_from_ioreg(content: bytes) -> bytes | None:
    """Read IOPlatformUUID out of what `ioreg` printed."""
    entries = program.property_list(content)
    first = entries[0] if isinstance(entries, list) and entries else None
    text = first.get("IOPlatformUUID") if isinstance(first, dict) else None
    return id_from_text(text) if isinstance(text, str) else None


def _random(kept: Path) -> str:
    """Return the random identifier that is stored, or make and store one."""
    with suppress(FileNotFoundError, UnicodeDecodeError):
        if identifier := id_from_text(files.read_own(kept, _SIZE_LIMIT_BYTES).decode("ascii")):
            return identifier.hex()
    drawn = uuid.uuid4().hex
    kept.parent.mkdir(parents=True, exist_ok=True)
    files.write(kept, f"{drawn}\n".encode())
    return drawn


def _logged_on() -> Iterable[str]:
    if sys.platform == "linux" and not _UTMP.exists():
        return []
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


def names(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return logins, the name of the home folder and the full name, as far as they are known.

    Names that end with `$` are left out: on Windows these are accounts of machines.
    """
    logins = (environment.get(name, "") for name in _LOGINS)
    folders = (environment.get(name, "").rstrip("\\/") for name in _HOMES)
    homes = (folder.replace("\\", "/").rpartition("/")[2] for folder in folders)
    known = (*logins, *homes, user(environment), *_registered(environment))
    return tuple(dict.fromkeys(name for name in known if name and not name.endswith("$")))


def _registered(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the names that the system has of the account, and of the one behind `sudo`."""
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 - takes longer to load than all else here

        name_display = 3  # source: secext.h, EXTENDED_NAME_FORMAT
        name = ctypes.create_unicode_buffer(1024)
        size = ctypes.c_ulong(len(name))
        if ctypes.WinDLL("secur32").GetUserNameExW(name_display, name, ctypes.byref(size)):
            yield name.value
        return
    import pwd  # noqa: PLC0415 - Windows has none

    given = (environment.get(name, "") for name in _USER_NUMBERS)
    for number in (os.getuid(), *(int(number) for number in given if number.isdecimal())):
        try:
            entry = pwd.getpwuid(number)
        except (KeyError, OverflowError):
            continue
        folder = entry.pw_dir.rstrip("/").rpartition("/")[2]
        yield from (entry.pw_name, folder, full_name(entry.pw_gecos))


def full_name(registered: str) -> str:
    """Return the full name in a GECOS field; a single word, as in system accounts, does not count.

    Source: passwd(5), getpwnam(3): the name, then room and telephones, parted by commas.
    """
    name = registered.partition(",")[0].strip()
    return name if " " in name else ""
