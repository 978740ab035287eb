# SPDX-License-Identifier: Apache-2.0
"""Asks a program of the system, with a time limit, and reads the property lists of macOS."""

import errno
import struct
from collections.abc import Sequence

from cardtool.model.snapshot import Failure

_NO_PROPERTY_LIST = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""The exceptions of plistlib; it documents only some. Found by giving it noise, Python 3.11."""


def output(command: Sequence[str], *, api: str, timeout_s: float) -> bytes | Failure:
    """Return what a program printed, or a `Failure` of this interface."""
    import subprocess  # noqa: PLC0415 - 7 ms; on Linux hardly anything is asked so

    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, and words of ours
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        detail = f"{command[0].rpartition('/')[2]}: no answer in {timeout_s:.1f} s"
        return Failure(api=api, name="TIMEOUT", detail=detail)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "EIO")
        return Failure(api=api, name=name, code=error.errno, detail=str(error))
    if done.returncode:
        complaint = done.stderr[-200:].decode(errors="replace")
        return Failure(api=api, name="EXIT", code=done.returncode & 0xFFFFFFFF, detail=complaint)
    return done.stdout


def property_list(content: bytes) -> object:
    """Return the contents of a property list that others wrote; None: it is none."""
    import plistlib  # noqa: PLC0415 - 10 ms, and most checks need none
    from xml.parsers.expat import ExpatError  # noqa: PLC0415 - the same

    try:
        value: object = plistlib.loads(content)
    except (*_NO_PROPERTY_LIST, ExpatError):
        return None
    return value
