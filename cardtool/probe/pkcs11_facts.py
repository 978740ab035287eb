# SPDX-License-Identifier: Apache-2.0
"""What an opened module's slots, tokens and certificates say, as records. Used in a worker.

Nothing here logs in: sessions are public and read-only. Source: PKCS#11 v2.40.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

from pkcs11 import Attribute, ObjectClass, SlotFlag, TokenFlag
from pkcs11.attributes import AttributeMapper
from pkcs11.exceptions import PKCS11Error, TokenNotPresent

from cardtool.model.limits import LIST_LIMIT
from cardtool.model.snapshot import CertificateObject, Failure, ModuleInfo, Slot, Token
from cardtool.probe import certificate
from cardtool.probe.cryptoki import REFUSALS, name_error, shield_slots
from cardtool.probe.jobs import OpenedModule, TokenAnswer

Handle = Any
"""An object of python-pkcs11, whose classes are Cython's: module, slot, token, session, object."""

_slots: dict[int, Handle] = {}
"""The opened module's slots by identifier."""


def describe(module: Handle) -> OpenedModule | Failure:
    """Say what an opened module is, and which slots it has."""
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


def read_token(slot_id: int) -> TokenAnswer:
    """Read the token in one of the slots that `describe` listed."""
    return TokenAnswer(token=_read_token(_slots[slot_id]))


def _read_token(slot: Handle) -> Token | Failure | None:
    try:
        token = slot.get_token()
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


@contextmanager
def _session(token: Handle) -> Iterator[Handle]:
    mapper = AttributeMapper()
    mapper.attribute_types[Attribute.LABEL] = mapper.attribute_types[Attribute.ID]  # raw bytes
    session = token.open(attribute_mapper=mapper)
    try:
        yield session
    finally:
        with suppress(PKCS11Error):  # the session dies with a card that was pulled
            session.close()


def _read_certificates(token: Handle) -> tuple[CertificateObject, ...] | Failure:
    try:
        with _session(token) as session:
            wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE}
            objects = list(islice(session.get_objects(wanted), LIST_LIMIT + 1))
            return _too_many(objects, "certificates") or tuple(
                _read_certificate(stored) for stored in objects
            )
    except REFUSALS as error:
        return name_error(error)


def _too_many(items: Sequence[object], of: str) -> Failure | None:
    """Refuse a list longer than any card has; cut off, it would look like the whole list."""
    if len(items) <= LIST_LIMIT:
        return None
    return Failure(api="worker", name="OVERSIZE", detail=f"more than {LIST_LIMIT} {of}")


def _read_certificate(stored: Handle) -> CertificateObject:
    label = _attribute(stored, Attribute.LABEL).decode(errors="replace").strip("\0 ")
    identifier = _attribute(stored, Attribute.ID).hex().upper()
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


def _attribute(stored: Handle, attribute: Attribute) -> bytes:
    try:
        return bytes(stored[attribute])
    except REFUSALS:  # an attribute the token does not have
        return b""
