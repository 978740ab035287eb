# SPDX-License-Identifier: Apache-2.0
"""Reads DER, also as issuers get it wrong, element by element.

No input can make it slow or large: nothing recurses, and no element is longer than the data. Every
function raises `DerError` if the bytes are cut off, of indefinite length, or of another tag. What
the elements mean is not known here.

Source: X.690; RFC 5280 §4.1.2 and appendix B.
"""

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE = 0x30
_LATIN = frozenset((0x13, 0x14, 0x16, 0x1A, 0x1B))
"""Printable, Teletex, IA5, Visible and GeneralString."""
_STRINGS = {
    **dict.fromkeys((0x0C, 0x12, 0x15, 0x19, *_LATIN), "utf-8"),
    **dict.fromkeys((OCTET_STRING, UTC_TIME, GENERALIZED_TIME), "utf-8"),
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
"""The string types and their encodings. Where the standard says ASCII, issuers write UTF-8. Octets
and times are here too, because cryptography reads them as text. Source: X.680 §41.
"""

REPLACED = "\N{REPLACEMENT CHARACTER}"
"""Stands for each byte, or group of two or four bytes, that is no character."""
_NO_LETTERS = dict.fromkeys(range(0x80, 0xA0), REPLACED)  # control characters of ISO 8859

_LENGTH_OCTETS = 4
_OID_OCTETS = 63
"""The longest object identifier that is read; longer ones would be slow to write out."""

_LONG_FORM = 0x80
_HIGH_TAG = 0x1F
_CENTURY_TURNS = 50  # source: RFC 5280 §4.1.2.5.1
_LAST_SECOND = 59  # a leap second, which `datetime` does not have, is read as this second
_CLOCK = rb"(\d\d)(\d\d)?(\d\d)?(?:[.,]\d+)?(Z|[+-]\d{4})?"
_TIMES = {
    UTC_TIME: re.compile(rb"(\d\d)(\d\d)(\d\d)" + _CLOCK),
    GENERALIZED_TIME: re.compile(rb"(\d{4})(\d\d)(\d\d)" + _CLOCK),
}
TIMES = frozenset(_TIMES)
"""Tags of the types that hold a moment."""


class DerError(ValueError):
    """Bytes that are not the element that was looked for."""


class Element(NamedTuple):
    """One element: its first octet, which holds class and tag, and its contents."""

    tag: int
    content: bytes


def extent(data: bytes, start: int) -> tuple[int, int]:
    """Return where the contents of the element at `start` begin, and where they claim to end."""
    try:
        tag, length = data[start], data[start + 1]
    except IndexError as error:
        raise DerError from error
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise DerError
    begin = start + 2
    if length < _LONG_FORM:
        return begin, begin + length
    octets = length - _LONG_FORM
    begin += octets
    if not 1 <= octets <= _LENGTH_OCTETS or begin > len(data):
        raise DerError
    return begin, begin + int.from_bytes(data[begin - octets : begin])


def element(data: bytes, start: int = 0, *, whole: bool = True) -> tuple[Element, int]:
    """Read the element that begins at `start`; return it and where the next one begins.

    If `whole` is false, an element that claims to be longer than the data ends where they end.
    """
    begin, end = extent(data, start)
    if whole and end > len(data):
        raise DerError
    return Element(data[start], data[begin:end]), end


def elements(data: bytes) -> Iterator[Element]:
    """Yield consecutive elements; raise at a broken one, after all elements before it."""
    start = 0
    while start < len(data):
        read, start = element(data, start)
        yield read


def first_content(data: bytes, tag: int) -> bytes:
    """Return the contents of the first element of the data; ignore what follows it."""
    return content_of(element(data)[0], tag)


def content_of(read: Element, tag: int) -> bytes:
    """Return the contents of an element."""
    if read.tag != tag:
        raise DerError
    return read.content


@functools.lru_cache(maxsize=1024)
def dotted(content: bytes) -> str:
    """Return an object identifier in its dotted form."""
    if not 1 <= len(content) <= _OID_OCTETS or content[-1] >= _LONG_FORM:
        raise DerError
    arcs, arc = [], 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if octet < _LONG_FORM:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def is_text(read: Element) -> bool:
    """Tell whether an element is of one of the string types."""
    return read.tag in _STRINGS


def text(read: Element) -> str:
    """Return the text of any string type; bytes that are no characters become U+FFFD.

    By the standard, a PrintableString or TeletexString holds ASCII or T.61. Issuers write other
    encodings, so such a string is read as UTF-8 if it is valid, and otherwise as ISO 8859-9, which
    is Latin-1 with six Turkish letters. A UTF8String is always read as UTF-8.
    """
    if read.tag in _LATIN:
        try:
            return read.content.decode()
        except UnicodeDecodeError:
            return read.content.decode("iso8859-9").translate(_NO_LETTERS)
    return read.content.decode(_STRINGS.get(read.tag, "utf-8"), "replace")


def moment(read: Element) -> tuple[datetime, bool]:
    """Return a moment, and whether RFC 5280 allows it: it has a zone and is after year 0.

    Without a zone it is read as UTC. A moment in year 0, which `datetime` lacks, is read as the
    first of year 1. Minutes, seconds and fractions may be missing.
    """
    form = _TIMES.get(read.tag)
    parts = form.fullmatch(read.content) if form else None
    if parts is None:
        raise DerError
    *digits, zone = parts.groups()
    year, month, day, hour, minute, second = (int(digit or 0) for digit in digits)
    if read.tag == UTC_TIME:
        year += 2000 if year < _CENTURY_TURNS else 1900
    elif year == 0:
        return datetime.min.replace(tzinfo=UTC), False
    try:
        local = datetime(
            year, month, day, hour, minute, min(second, _LAST_SECOND), tzinfo=_zone(zone or b"Z")
        )
        return local.astimezone(UTC), zone is not None
    except (ValueError, OverflowError) as error:
        raise DerError from error


def _zone(zone: bytes) -> timezone:
    if zone == b"Z":
        return UTC
    away = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    return timezone(-away if zone[:1] == b"-" else away)


def integer(content: bytes) -> int:
    """Return a whole number, which may be negative."""
    if not content:
        raise DerError
    return int.from_bytes(content, signed=True)


def bits(content: bytes) -> frozenset[int]:
    """Return the numbers of the bits that are set in a BIT STRING, of its first 16."""
    if not content:
        raise DerError
    value = int.from_bytes(content[1:3].ljust(2, b"\0"))
    return frozenset(number for number in range(16) if value >> (15 - number) & 1)
