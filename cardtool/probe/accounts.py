# SPDX-License-Identifier: Apache-2.0
"""The names of the person who runs the program, so that they can be hidden in what is sent."""

import os
import sys
from collections.abc import Iterator, Mapping

from cardtool.probe import identity

_VARIABLES = ("SUDO_USER", "DOAS_USER", "LOGNAME", "USER", "USERNAME")
_FOLDERS = ("HOME", "USERPROFILE")
_NUMBERS = ("SUDO_UID", "PKEXEC_UID")

_NAME_DISPLAY = 3
"""Source: secext.h, EXTENDED_NAME_FORMAT."""

_NAME_SIZE = 1024


def own(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return logins, the name of the home folder and the full name, as far as they are known.

    Names that end with `$` are left out: on Windows these are accounts of machines.
    """
    names = [environment[name] for name in _VARIABLES if environment.get(name)]
    folders = (environment.get(name, "").rstrip("\\/") for name in _FOLDERS)
    names += (folder.replace("\\", "/").rpartition("/")[2] for folder in folders)
    names += (identity.user(environment), *_registered(environment))
    return tuple(dict.fromkeys(name for name in names if name and not name.endswith("$")))


def _registered(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what the system has registered of the account, and of the one behind `sudo`."""
    if sys.platform == "win32":
        yield _display_name()
        return
    import pwd  # noqa: PLC0415 - Windows has none

    given = (environment.get(name, "") for name in _NUMBERS)
    for number in (os.getuid(), *(int(number) for number in given if number.isdecimal())):
        try:
            entry = pwd.getpwuid(number)
        except (KeyError, OverflowError):
            continue
        folder = entry.pw_dir.rstrip("/").rpartition("/")[2]
        yield from (entry.pw_name, folder, full_name(entry.pw_gecos))


def full_name(registered: str) -> str:
    """Return the full name in a GECOS field; a single word, as system accounts have, is none.

    Source: passwd(5), getpwnam(3): the name, then room and telephones, parted by commas.
    """
    name = registered.partition(",")[0].strip()
    return name if " " in name else ""


def _display_name() -> str:
    if sys.platform != "win32":
        return ""
    import ctypes  # noqa: PLC0415 - takes longer to load than all else here

    size = ctypes.c_ulong(_NAME_SIZE)
    name = ctypes.create_unicode_buffer(_NAME_SIZE)
    known = ctypes.WinDLL("secur32").GetUserNameExW(_NAME_DISPLAY, name, ctypes.byref(size))
    return name.value if known else ""
