# SPDX-License-Identifier: Apache-2.0
"""The files of an AKİS card, as the stand-in for the vendor's module reads them (`rig.driver`).

They are laid out so that the AKİS driver in OpenSC 0.23 reads them too, if the ATR is that of
AKİS V1.0. Reading only: whatever would write, sign or try a PIN is refused, and stays in the
card's log.

Source: ISO/IEC 7816-15 for the files; OpenSC 0.23.0, card-akis.c, for selection by path and the
tags 80, 82, 83 and 90 in the answer, card-myeid.c for selection by name and the applet's
information; seen on Debian 12 with opensc 0.23.0-0.3+deb12u2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.rig.card import AKIS_CURRENT_ATR, Fault, ScriptedCard
from tests.rig.der import bits, integer, octets, sequence, tlv, utf8

SERIAL = "0A1B2C3D4E5F6071"
MANUFACTURER = "TUBITAK UEKAE"

_OK = b"\x90\x00"
_FILE_NOT_FOUND = b"\x6a\x82"
_END_OF_FILE = b"\x62\x82"
_WRONG_OFFSET = b"\x6b\x00"
_NO_SUCH_INSTRUCTION = b"\x6d\x00"
NOT_ALLOWED = b"\x69\x82"
_PIN_BLOCKED = b"\x69\x83"
_HEADER_AND_LENGTH = 5

_MF = b"\x3f\x00"
_DIR = _MF + b"\x2f\x00"
_APPLICATION = _MF + b"\x50\x15"
_ODF = _APPLICATION + b"\x50\x31"
_TOKEN_INFO = _APPLICATION + b"\x50\x32"
_PINS = _APPLICATION + b"\x44\x01"
_CERTIFICATES = _APPLICATION + b"\x44\x03"
_TRIES = _APPLICATION + b"\x44\x11"
"""The rig's own file: the tries left, in one byte, which the stand-in needs no VERIFY to learn."""
_FIRST_CERTIFICATE = 0x4501
_AID = b"\xa0\x00\x00\x00\x63PKCS-15"

_FOLDER, _FILE = 0x38, 0x01
_FREE_TO_READ = 0x36
"""AKİS permission bits: valid, PIN needed (to write a file), read, write."""
_PIN_REFERENCE = 0x80
_APPLET_INFORMATION_SIZE = 20


@dataclass(frozen=True, kw_only=True)
class Pin:
    """The PIN as the card's files and status words describe it."""

    initialised: bool = True
    """Off: the files name no PIN, as on a card whose holder never chose one."""
    tries_left: int = 3
    """What the stand-in says; 0 is a locked PIN. Answered to VERIFY without data too, by which
    OpenSC asks and does not try.

    OpenSC's AKİS driver never asks, so its token flags say nothing of it. With `MYEID_ATR` it asks
    and sets CKF_USER_PIN_FINAL_TRY and LOCKED, but COUNT_LOW never, as it learns no maximum.
    """
    when_tried: bytes = NOT_ALLOWED
    """Answered to VERIFY with a PIN, whichever it is."""


class CardFiles:
    """A tree of files by full path, and the commands that read it."""

    def __init__(self, files: dict[bytes, bytes], *, pin: Pin) -> None:
        """Keep the files; folders are whatever lies on the way to one."""
        self._files = files
        self._folders = {path[:end] for path in files for end in range(2, len(path), 2)}
        self._pin = pin
        self._selected = _MF

    def answer(self, command: bytes) -> bytes:
        """Answer one command APDU."""
        match command[1]:
            case 0xA4:
                reply = self._select(command[2], command[5 : 5 + command[4]])
            case 0xB0:
                reply = self._read(int.from_bytes(command[2:4], "big"), command[4] or 256)
            case 0xCA if command[2:4] == b"\x01\xa0":
                reply = bytes(_APPLET_INFORMATION_SIZE) + _OK
            case 0x20 if len(command) <= _HEADER_AND_LENGTH:
                tries = self._pin.tries_left
                reply = bytes((0x63, 0xC0 | tries)) if tries else _PIN_BLOCKED
            case 0x20:
                reply = self._pin.when_tried
            case _:
                reply = _NO_SUCH_INSTRUCTION
        return reply

    def _select(self, mode: int, target: bytes) -> bytes:
        match mode:
            case 8:
                path = target if target.startswith(_MF) else _MF + target
            case 0 | 2:
                path = _MF if target == _MF else self._folder() + target
            case 4 if target == _AID:
                path = _APPLICATION
            case _:
                return _FILE_NOT_FOUND
        if path not in self._files and path not in self._folders:
            return _FILE_NOT_FOUND
        self._selected = path
        kind = _FILE if path in self._files else _FOLDER
        size = len(self._files.get(path, b"")).to_bytes(2, "big")
        information = (
            tlv(0x80, size)
            + tlv(0x82, bytes((kind,)))
            + tlv(0x83, path[-2:])
            + tlv(0x90, bytes((_FREE_TO_READ,)))
        )
        return tlv(0x6F, information) + _OK

    def _folder(self) -> bytes:
        return self._selected if self._selected in self._folders else self._selected[:-2]

    def _read(self, offset: int, size: int) -> bytes:
        content = self._files.get(self._selected)
        if content is None:
            return NOT_ALLOWED
        if offset >= len(content):
            return _WRONG_OFFSET
        piece = content[offset : offset + size]
        return piece + (_OK if len(piece) == size else _END_OF_FILE)


def pkcs15_card(
    certificates: Sequence[tuple[str, bytes]],
    *,
    label: str = f"AKIS_{SERIAL}",
    serial: str = SERIAL,
    pin: Pin | None = None,
    atr: bytes = AKIS_CURRENT_ATR,
    quick: bool = False,
    delay_s: float = 0.0,
    fault: Fault | None = None,
) -> ScriptedCard:
    """Make a card with these certificates, each a label and its DER, and no keys.

    `label` and `serial`, which is hex, are the token's. A certificate's identifier is its place
    in the list, counted from one.
    """
    pin = pin or Pin()
    files = {
        _DIR: tlv(0x61, tlv(0x4F, _AID), tlv(0x50, b"AKIS"), tlv(0x51, _APPLICATION)),
        _ODF: tlv(0xA4, _path(_CERTIFICATES)) + tlv(0xA8, _path(_PINS)),
        _TOKEN_INFO: sequence(
            integer(0),
            octets(bytes.fromhex(serial)),
            utf8(MANUFACTURER),
            tlv(0x80, label.encode()),
            bits(1),
        ),
        _PINS: _pin_entry() if pin.initialised else b"\0",
        _TRIES: bytes((pin.tries_left,)),
    }
    entries = []
    for number, (name, der) in enumerate(certificates, start=1):
        path = _APPLICATION + (_FIRST_CERTIFICATE - 1 + number).to_bytes(2, "big")
        files[path] = der
        entries.append(_certificate_entry(name, number, path))
    files[_CERTIFICATES] = b"".join(entries) or b"\0"
    card = CardFiles(files, pin=pin)
    return ScriptedCard(atr=atr, answer=card.answer, quick=quick, delay_s=delay_s, fault=fault)


def _path(path: bytes) -> bytes:
    return sequence(octets(path))


def _certificate_entry(label: str, number: int, path: bytes) -> bytes:
    attributes = tlv(0xA1, sequence(_path(path)))
    return sequence(sequence(utf8(label)), sequence(octets(bytes((number,)))), attributes)


def _pin_entry() -> bytes:
    """Describe the PIN; one labelled "PIN" does not become part of the token's label."""
    private, modifiable = 0, 1
    case_sensitive, initialised = 0, 4
    utf8_text = tlv(0x0A, b"\x01")
    attributes = sequence(
        bits(case_sensitive, initialised),
        utf8_text,
        integer(4),
        integer(8),
        integer(16),
        tlv(0x80, b"\0" + bytes((_PIN_REFERENCE,))),
    )
    return sequence(
        sequence(utf8("PIN"), bits(private, modifiable)),
        sequence(octets(b"\x01")),
        tlv(0xA1, attributes),
    )
