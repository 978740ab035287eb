# SPDX-License-Identifier: Apache-2.0
"""Tells Windows' event log of each changed verdict; many workstations' logs can be collected.

The last verdict is a small file of the user, beside the state at the last good check. Source:
Microsoft, RegisterEventSourceW; ReportEventW.
"""

import ctypes
import sys
from enum import IntEnum
from typing import Any

from cardtool.probe import last_good

_SOURCE = "cardtool"
"""As the package registers it in the log `Application`."""


class Kind(IntEnum):
    """How the log marks an event."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 4


def tell(kind: Kind, number: int, verdict: str, says: str, library: Any = None) -> None:  # noqa: ANN401 - advapi32
    """Write an event whose id is this number, if the verdict differs from the last one.

    The log shows `says`; the verdict and the one before are there for programs. Nothing is written
    if the verdict cannot be kept: otherwise each check would write an event.
    """
    if library is None:
        if sys.platform != "win32":
            return
        library = ctypes.WinDLL("advapi32")  # pragma: no cover - needs Windows
    before = last_good.verdict()
    if verdict == before or not last_good.keep_verdict(verdict):
        return
    if not _is_written(library, kind, number, (says, verdict, before)):
        last_good.keep_verdict(before)


def _is_written(library: Any, kind: Kind, number: int, texts: tuple[str, ...]) -> bool:  # noqa: ANN401 - advapi32
    library.RegisterEventSourceW.restype = ctypes.c_void_p
    handle = library.RegisterEventSourceW(None, ctypes.c_wchar_p(_SOURCE))
    if not handle:
        return False
    source, values = ctypes.c_void_p(handle), (ctypes.c_wchar_p * len(texts))(*texts)
    is_written = library.ReportEventW(
        *(source, int(kind), 0, number, None, len(texts), 0, values, None)
    )
    library.DeregisterEventSource(source)
    return bool(is_written)
