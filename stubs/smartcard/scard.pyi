# SPDX-License-Identifier: Apache-2.0
"""The PC/SC calls and constants in use, as pyscard 2.3 gives them.

Every call answers with its status first, a signed 32-bit number; a call that is not listed
here is not used, so a new one (a transmit, say) shows up in review as a change of this file.

Source: pyscard 2.3.1, src/smartcard/scard/scard.i; PC/SC part 5.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

_Known: TypeAlias = tuple[str, int] | tuple[str, int, list[int]]

INFINITE: Final[int]
SCARD_SCOPE_SYSTEM: Final[int]
SCARD_SCOPE_USER: Final[int]

SCARD_ATTR_ICC_PRESENCE: Final[int]
SCARD_LEAVE_CARD: Final[int]
SCARD_PROTOCOL_ANY: Final[int]
SCARD_SHARE_SHARED: Final[int]

SCARD_STATE_UNAWARE: Final[int]
SCARD_STATE_IGNORE: Final[int]
SCARD_STATE_CHANGED: Final[int]
SCARD_STATE_UNKNOWN: Final[int]
SCARD_STATE_UNAVAILABLE: Final[int]
SCARD_STATE_EMPTY: Final[int]
SCARD_STATE_PRESENT: Final[int]
SCARD_STATE_ATRMATCH: Final[int]
SCARD_STATE_EXCLUSIVE: Final[int]
SCARD_STATE_INUSE: Final[int]
SCARD_STATE_MUTE: Final[int]
SCARD_STATE_UNPOWERED: Final[int]

SCARD_S_SUCCESS: Final[int]
SCARD_E_CANCELLED: Final[int]
SCARD_E_INVALID_HANDLE: Final[int]
SCARD_E_INVALID_PARAMETER: Final[int]
SCARD_E_NO_READERS_AVAILABLE: Final[int]
SCARD_E_NO_SERVICE: Final[int]
SCARD_E_NO_SMARTCARD: Final[int]
SCARD_E_READER_UNAVAILABLE: Final[int]
SCARD_E_SERVICE_STOPPED: Final[int]
SCARD_E_TIMEOUT: Final[int]
SCARD_E_UNKNOWN_READER: Final[int]
SCARD_W_REMOVED_CARD: Final[int]
SCARD_W_SECURITY_VIOLATION: Final[int]
SCARD_W_UNRESPONSIVE_CARD: Final[int]

def SCardEstablishContext(dwScope: int, /) -> tuple[int, int]: ...
def SCardReleaseContext(hcontext: int, /) -> int: ...
def SCardListReaders(hcontext: int, readergroups: Sequence[str], /) -> tuple[int, list[str]]: ...
def SCardGetStatusChange(
    hcontext: int, dwTimeout: int, readerstatelist: Sequence[_Known], /
) -> tuple[int, list[tuple[str, int, list[int]]]]: ...
def SCardConnect(
    hcontext: int, szReader: str, dwShareMode: int, dwPreferredProtocols: int, /
) -> tuple[int, int, int]: ...
def SCardGetAttrib(hcard: int, dwAttrId: int, /) -> tuple[int, list[int]]: ...
def SCardDisconnect(hcard: int, dwDisposition: int, /) -> int: ...
def SCardGetErrorMessage(lErrCode: int, /) -> str: ...
