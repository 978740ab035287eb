# SPDX-License-Identifier: Apache-2.0
"""Reads the slots, tokens and certificates of an opened module. Used in a worker.

Nothing here logs in: sessions are public and read-only. It also does what python-pkcs11 cannot:
name errors, and list slots of which one cannot be described. Source: PKCS#11 v2.40.
"""

import ctypes
import errno
import hashlib
import mmap
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from pkcs11 import Attribute, ObjectClass, SlotFlag, TokenFlag
from pkcs11.attributes import AttributeMapper
from pkcs11.exceptions import PKCS11Error, TokenNotPresent

from cardtool.model.limits import LIST_LIMIT
from cardtool.model.snapshot import CertificateObject, Failure, ModuleInfo, Slot, Token
from cardtool.probe import certificate
from cardtool.probe.jobs import OpenedModule

Handle = Any
"""An object of python-pkcs11, whose classes are Cython's: module, slot, token, session, object."""

_slots: dict[int, Handle] = {}  # the opened module's slots by identifier
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

_SPELT_OTHERWISE = {
    "TokenNotRecognised": "CKR_TOKEN_NOT_RECOGNIZED",
    "AnotherUserAlreadyLoggedIn": "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
}
"""Exceptions whose class has another spelling than the return value."""

_SLOT_INFO_BYTES = 64 + 32 + ctypes.sizeof(ctypes.c_ulong) + 4
"""slotDescription, manufacturerID, flags and two versions. Source: CK_SLOT_INFO."""

_ALREADY_INITIALISED = 0x191

_INITIALIZE, _GET_SLOT_INFO = 0, 5
"""Places in CK_FUNCTION_LIST of C_Initialize and C_GetSlotInfo, counted from 0."""

_LIES = (IndexError, MemoryError, OverflowError)
"""What python-pkcs11 raises if a module gives an impossible count or size (0.10)."""

REFUSALS = (PKCS11Error, *_LIES)
"""What a call to a module raises when the module is at fault."""


def describe(module: Handle) -> OpenedModule | Failure:
    """Describe an opened module and its slots."""
    info = ModuleInfo(
        description=module.library_description,
        manufacturer=module.manufacturer_id,
        version="{}.{}".format(*module.library_version),
    )
    broken: dict[int, Failure] = {}
    try:
        slots = module.get_slots()
    except REFUSALS:  # one slot that cannot be described takes the whole list with it
        try:
            broken = shield_slots(module.so)
            slots = module.get_slots()
        except REFUSALS as error:
            return name_error(error)
    if failure := _too_many(slots, "slots"):
        return failure
    _slots.update({slot.slot_id: slot for slot in slots})
    return OpenedModule(
        info=info,
        slots=tuple(
            Slot(id=slot.slot_id, description=slot.slot_description, token=broken.get(slot.slot_id))
            for slot in slots
        ),
        occupied=tuple(slot.slot_id for slot in slots if slot.flags & SlotFlag.TOKEN_PRESENT),
    )


def read_token(slot_id: int) -> Token | Failure | None:
    """Read the token in one of the slots that `describe` listed."""
    try:
        token = _slots[slot_id].get_token()
    except TokenNotPresent:
        return None
    except PKCS11Error as error:
        return name_error(error)
    return Token(
        label=token.label,
        manufacturer=token.manufacturer_id,
        model=token.model,
        serial=token.serial.decode(errors="replace").strip("\0 "),
        flags=flag_names(int(token.flags)),
        certificates=_read_certificates(token),
    )


def flag_names(flags: int) -> tuple[str, ...]:
    """Name the set bits of CK_TOKEN_INFO; one without a name is its hex value."""
    bits = [1 << place for place in range(64) if flags >> place & 1]
    names = {member.value: f"CKF_{member.name}" for member in TokenFlag}
    return tuple(names.get(bit, f"0x{bit:08X}") for bit in bits)


def _read_certificates(token: Handle) -> tuple[CertificateObject, ...] | Failure:
    mapper = AttributeMapper()
    mapper.attribute_types[Attribute.LABEL] = mapper.attribute_types[Attribute.ID]  # raw bytes
    try:
        session = token.open(attribute_mapper=mapper)
        try:
            wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE}
            objects = list(islice(session.get_objects(wanted), LIST_LIMIT + 1))
            return _too_many(objects, "certificates") or tuple(map(_read_certificate, objects))
        finally:
            with suppress(PKCS11Error):  # the session dies with a card that was pulled
                session.close()
    except REFUSALS as error:
        return name_error(error)


def _too_many(items: Sequence[object], of: str) -> Failure | None:
    """Refuse a list that is longer than any card's; cut off, it would look complete."""
    if len(items) <= LIST_LIMIT:
        return None
    return Failure(api="worker", name="OVERSIZE", detail=f"more than {LIST_LIMIT} {of}")


def _read_certificate(stored: Handle) -> CertificateObject:
    label = bytes(attribute(stored, Attribute.LABEL) or b"").decode(errors="replace").strip("\0 ")
    identifier = bytes(attribute(stored, Attribute.ID) or b"").hex().upper()
    try:
        der = certificate.trim(stored[Attribute.VALUE])
    except REFUSALS as error:
        return CertificateObject(content=name_error(error), sha256="", label=label, id=identifier)
    return CertificateObject(
        content=certificate.parse(der),
        sha256=hashlib.sha256(der).hexdigest().upper(),
        label=label,
        id=identifier,
        der=der.hex().upper(),
    )


def attribute(stored: Handle, which: Attribute) -> Handle:
    """Return an attribute of an object; None: it has none."""
    try:
        return stored[which]
    except REFUSALS:
        return None


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
    if "exception while loading" in text:
        # every module exports this; if it is missing, dlsym(3) names it, and Windows does not
        if "C_GetFunctionList" in text.rpartition(":")[2]:
            return Failure(api="os", name="ENOSYS", code=errno.ENOSYS, detail=text)
        return Failure(api="os", name="DLERROR", detail=text)
    return Failure(api="pkcs11", name="CKR_GENERAL_ERROR", code=0x05, detail=text)


def _name_code(code: int) -> Failure:
    names = {number: name for name, number in _CODES.items()}
    return Failure(api="pkcs11", name=names.get(code, f"CKR_0x{code:08X}"), code=code)


def shield_slots(path: str) -> dict[int, Failure]:
    """Make a loaded module describe every slot; return the failures, by slot, as they come.

    python-pkcs11 gives up on all slots if C_GetSlotInfo fails for one (0.10, get_slots). After this
    call such a slot looks empty, and listing the slots puts its failure into the returned
    dictionary. This writes to the module's function list; if its memory cannot be made writable,
    nothing changes.
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


_replaced: list[object] = []  # callbacks that modules hold; ctypes frees what nobody references


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
