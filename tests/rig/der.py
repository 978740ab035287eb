# SPDX-License-Identifier: Apache-2.0
"""The few lines of DER that the scripted card and the test certificates both need.

Writing only: whatever reads DER in a test is the software under test.
"""

_LONG_FORM = 0x80


def tlv(tag: int, *parts: bytes) -> bytes:
    """Wrap the parts in one tag and length; a tag is one byte."""
    value = b"".join(parts)
    if len(value) < _LONG_FORM:
        return bytes((tag, len(value))) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + value


def integer(number: int) -> bytes:
    """Encode a whole number that is not negative."""
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def utf8(text: str) -> bytes:
    """Encode a text as UTF8String."""
    return tlv(0x0C, text.encode())


def octets(value: bytes) -> bytes:
    """Encode bytes as OCTET STRING."""
    return tlv(0x04, value)


def sequence(*parts: bytes) -> bytes:
    """Encode parts, each DER already, as SEQUENCE."""
    return tlv(0x30, *parts)


def bits(*numbers: int) -> bytes:
    """Encode a BIT STRING in which the bits of these numbers are set; bit 0 comes first.

    At most one byte long, which is all that PKCS#15 flags need here.
    """
    value = sum(_LONG_FORM >> number for number in numbers)
    return tlv(0x03, bytes((7 - max(numbers, default=7), value)))


def oid(dotted: str) -> bytes:
    """Encode a dotted object identifier."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    value = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, arc & 0x7F | _LONG_FORM)
        value += bytes(septets)
    return tlv(0x06, bytes(value))
