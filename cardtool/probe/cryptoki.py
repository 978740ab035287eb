# SPDX-License-Identifier: Apache-2.0
"""What python-pkcs11 leaves out of the PKCS#11 interface: the names of errors, and single slots.

Imported in the worker only.
"""

import ctypes
import errno
import mmap
import re
import sys
from collections.abc import Callable

from pkcs11.exceptions import PKCS11Error

from cardtool.model.snapshot import Failure

_Function = Callable[..., int]

_CODES = {
    "CKR_HOST_MEMORY": 0x02,
    "CKR_SLOT_ID_INVALID": 0x03,
    "CKR_GENERAL_ERROR": 0x05,
    "CKR_FUNCTION_FAILED": 0x06,
    "CKR_ARGUMENTS_BAD": 0x07,
    "CKR_DEVICE_ERROR": 0x30,
    "CKR_DEVICE_MEMORY": 0x31,
    "CKR_DEVICE_REMOVED": 0x32,
    "CKR_FUNCTION_NOT_SUPPORTED": 0x54,
    "CKR_SESSION_HANDLE_INVALID": 0xB3,
    "CKR_TOKEN_NOT_PRESENT": 0xE0,
    "CKR_TOKEN_NOT_RECOGNIZED": 0xE1,
}
"""Return values met while reading. Source: PKCS#11 v2.40 errata 01, pkcs11t.h."""

_NAMES = {code: name for name, code in _CODES.items()}

_SPELT_OTHERWISE = {
    "TokenNotRecognised": "CKR_TOKEN_NOT_RECOGNIZED",
    "AnotherUserAlreadyLoggedIn": "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
}
"""Exceptions whose class is not the return value's name in another case."""

_SLOT_INFO_BYTES = 64 + 32 + ctypes.sizeof(ctypes.c_ulong) + 4
"""slotDescription, manufacturerID, flags and two versions. Source: PKCS#11 v2.40, CK_SLOT_INFO."""

_ALREADY_INITIALISED = 0x191

_INITIALIZE, _GET_SLOT_INFO = 0, 5
"""Places in CK_FUNCTION_LIST of C_Initialize and C_GetSlotInfo, counted from 0."""


_ENTRY = "C_GetFunctionList"
"""What each module exports; dlsym(3) names it where it is missing. Windows does not."""


_LIES = (IndexError, MemoryError, OverflowError)
"""What python-pkcs11 raises at a count or a size that cannot be (0.10)."""

REFUSALS = (PKCS11Error, *_LIES)
"""What a call to a module raises when the module is at fault."""


def name_error(error: Exception) -> Failure:
    """Return a failure with the standard's name for python-pkcs11's exception.

    A plain PKCS11Error can also mean that the system could not load the library
    (`Failure(os, DLERROR)`), or that the library is no PKCS#11 module (`Failure(os, ENOSYS)`).
    """
    text = str(error)
    if isinstance(error, _LIES):
        detail = f"a count or a size that cannot be: {type(error).__name__}"
        return Failure(api="pkcs11", name="CKR_GENERAL_ERROR", code=0x05, detail=detail)
    if type(error) is not PKCS11Error:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).upper()
        name = _SPELT_OTHERWISE.get(type(error).__name__, f"CKR_{words}")
        return Failure(api="pkcs11", name=name, code=_CODES.get(name), detail=text)
    if unmapped := re.search(r"0x[0-9a-f]+$", text):
        return _name_code(int(unmapped.group(), 16))
    if "exception while loading" in text and _ENTRY in text.rpartition(":")[2]:
        return Failure(api="os", name="ENOSYS", code=errno.ENOSYS, detail=text)
    if "exception while loading" in text:
        return Failure(api="os", name="DLERROR", detail=text)
    return Failure(api="pkcs11", name="CKR_GENERAL_ERROR", code=0x05, detail=text)


def _name_code(code: int) -> Failure:
    return Failure(api="pkcs11", name=_NAMES.get(code, f"CKR_0x{code:08X}"), code=code)


def shield_slots(path: str) -> dict[int, Failure]:
    """Make a loaded module answer for every slot; return a dictionary for slots that fail.

    python-pkcs11 gives up on all slots if C_GetSlotInfo fails for one (0.10, get_slots). After this
    call such a slot is described as empty, and its failure is put into the returned dictionary when
    the slots are listed. This writes to the module's function list; if its memory cannot be made
    writable, nothing changes.
    """
    refused: dict[int, Failure] = {}

    def shield(original: _Function) -> _Function:
        def describe(slot_id: int, info: int) -> int:
            code = original(slot_id, info)
            if code:
                refused[slot_id] = _name_code(code)
                ctypes.memset(info, 0, _SLOT_INFO_BYTES)
            return 0

        return describe

    _replace(path, _GET_SLOT_INFO, shield, ctypes.c_ulong, ctypes.c_void_p)
    return refused


def accept_initialised(path: str) -> None:
    """Make a loaded module answer with success if it is already initialised.

    python-pkcs11 treats that answer as an error (0.10). It comes if another part of the process has
    initialised the library to which a wrapper passes its calls.

    Source: PKCS#11 v2.40 §5.4, CKR_CRYPTOKI_ALREADY_INITIALIZED.
    """

    def accept(original: _Function) -> _Function:
        def initialise(arguments: int | None) -> int:
            code = original(arguments)
            return 0 if code == _ALREADY_INITIALISED else code

        return initialise

    _replace(path, _INITIALIZE, accept, ctypes.c_void_p)


def _replace(
    path: str, place: int, make: Callable[[_Function], _Function], *arguments: type
) -> None:
    """Replace one function in a loaded module's function list.

    If its memory cannot be made writable, nothing changes.
    """
    library = ctypes.CDLL(path)  # the same handle: the loader counts, it does not load twice
    table = ctypes.c_void_p()
    library.C_GetFunctionList(ctypes.byref(table))
    pointer_bytes = ctypes.sizeof(ctypes.c_void_p)
    version_bytes = 2 if sys.platform == "win32" else pointer_bytes  # CK_VERSION, packed there
    address = (table.value or 0) + version_bytes + place * pointer_bytes
    signature = ctypes.CFUNCTYPE(ctypes.c_ulong, *arguments)
    entry = ctypes.c_void_p.from_address(address)
    if _make_writable(address, pointer_bytes):
        _replaced.append(function := signature(make(signature(entry.value or 0))))
        entry.value = ctypes.cast(function, ctypes.c_void_p).value


_replaced: list[object] = []
"""Callbacks that modules hold; ctypes frees what nobody references."""


def _make_writable(address: int, size_bytes: int) -> bool:
    if sys.platform == "win32":
        page_readwrite, before = 0x04, ctypes.c_ulong()
        protect = ctypes.windll.kernel32.VirtualProtect
        where, how = ctypes.c_void_p(address), ctypes.byref(before)
        done = protect(where, size_bytes, page_readwrite, how) != 0
    else:
        start = address - address % mmap.PAGESIZE
        size = ctypes.c_size_t(address + size_bytes - start)
        access = mmap.PROT_READ | mmap.PROT_WRITE
        done = ctypes.CDLL(None).mprotect(ctypes.c_void_p(start), size, access) == 0
    return bool(done)
