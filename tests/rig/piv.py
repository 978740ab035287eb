# SPDX-License-Identifier: Apache-2.0
"""A PIV card that every release of OpenSC reads: data objects instead of files.

Reading only: whatever would write, sign or try a PIN is refused, and stays in the card's log.

Source: NIST SP 800-73-4, part 1 §3 and appendix A for the objects, part 2 §3.1 for the commands.
"""

from tests.rig.card import Fault, ScriptedCard
from tests.rig.der import tlv
from tests.rig.pkcs15 import NOT_ALLOWED

ATR = bytes.fromhex("3BDB960080B1FE451F830031C064C7FC10000F9000FA")
"""A PIV card of Oberthur (ID-One PIV on Cosmo V8). Source: card-piv.c of OpenSC 0.23 and 0.26."""

_AID = bytes.fromhex("A000000308000010000100")
_APPLICATION = tlv(0x61, tlv(0x4F, _AID[5:]), tlv(0x79, tlv(0x4F, _AID[:5])))
_OK = b"\x90\x00"
_NOT_FOUND = b"\x6a\x82"
_NO_SUCH_INSTRUCTION = b"\x6d\x00"
_TRIES_LEFT = b"\x63\xc3"
_HEADER_AND_LENGTH = 5

_CHUID, _SIGNATURE_CERTIFICATE = "5fc102", "5fc10a"
_GUID = bytes.fromhex("0a1b2c3d4e5f60718293a4b5c6d7e8f9")


class _Objects:
    """The data objects of a card, and the commands that read them."""

    def __init__(self, objects: dict[str, bytes], when_tried: bytes) -> None:
        self._objects = objects
        self._when_tried = when_tried
        self._rest = b""

    def answer(self, command: bytes) -> bytes:
        """Answer one command APDU."""
        data = command[5 : 5 + int.from_bytes(command[4:5])]
        wanted = command[-1] or 256
        match command[1]:
            case 0xA4 if data and _AID.startswith(data):
                return self._give(_APPLICATION, wanted)
            case 0xCB if (name := data[2:].hex()) in self._objects:
                return self._give(self._objects[name], wanted)
            case 0xC0:
                return self._give(self._rest, wanted)
            case 0x20 if len(command) <= _HEADER_AND_LENGTH:
                return _TRIES_LEFT
            case 0x20:
                return self._when_tried
        return _NOT_FOUND if command[1] in {0xA4, 0xCB} else _NO_SUCH_INSTRUCTION

    def _give(self, content: bytes, wanted: int) -> bytes:
        """Return as much as was wanted, and keep the rest for GET RESPONSE."""
        piece, self._rest = content[:wanted], content[wanted:]
        left = min(len(self._rest), 0xFF)
        return piece + (bytes((0x61, left)) if left else _OK)


def piv_card(
    certificate: bytes, when_tried: bytes = NOT_ALLOWED, *, fault: Fault | None = None
) -> ScriptedCard:
    """Make a card with this certificate, as DER, in the place of the signature key.

    `when_tried` is answered to VERIFY with a PIN, whichever it is.
    """
    holder = (
        tlv(0x30, bytes(25)),
        tlv(0x34, _GUID),
        tlv(0x35, b"20301231"),
        tlv(0x3E),
        tlv(0xFE),
    )
    objects = {
        _CHUID: tlv(0x53, *holder),
        _SIGNATURE_CERTIFICATE: tlv(0x53, tlv(0x70, certificate), tlv(0x71, b"\0"), tlv(0xFE)),
    }
    return ScriptedCard(
        atr=ATR, answer=_Objects(objects, when_tried).answer, quick=True, fault=fault
    )
