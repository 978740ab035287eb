# SPDX-License-Identifier: Apache-2.0
"""Texts that computers in Turkey write, whatever their encoding."""

import codecs
import re

_BEGINNING = 4096
"""Bytes in which zeros are counted."""

_UNUSED = frozenset(b"\x81\x8d\x8f\x90\x9d")
_LATIN = {
    ord(bytes([place]).decode("cp1252")): place
    for place in range(0x80, 0xA0)
    if place not in _UNUSED
}
_TWICE = re.compile("[ÃÄÅ][^a-zA-Z\\s]")
"""A Turkish letter as two: Ä± is ı."""

_LETTERS = "çğıöşüÇĞİÖŞÜ"
_PAGES = ("cp1254", "cp857")


def decoded(body: bytes) -> str:
    """Return a text in the encoding its first bytes name, in UTF-8, or in a Turkish code page.

    Of a text without such bytes, lines may differ in their encoding. A line that is no UTF-8 is in
    the code page of Windows or of its console, in which bytes differ: the one in which these lines
    have more Turkish letters.

    Source: Microsoft, "Code Page Identifiers": 1254 is Turkish (Windows), 857 Turkish (DOS). Excel
    writes "CSV UTF-8" with a mark, "Unicode text" as UTF-16 with one and "CSV" in the code page of
    the system.
    """
    if encoding := utf16(body):
        return body.decode(encoding, errors="replace").removeprefix("\ufeff")
    body = body.removeprefix(codecs.BOM_UTF8)
    if _is_utf8(body):
        return _undone(body.decode())
    lines = body.splitlines(keepends=True)
    others = b"".join(line for line in lines if not _is_utf8(line))
    page = max(_PAGES, key=lambda name: sum(map(others.count, _encoded(name))))
    return "".join(
        line.decode("utf-8" if _is_utf8(line) else page, errors="replace") for line in lines
    )


def _undone(text: str) -> str:
    """Return a text that was UTF-8, was read as Latin, and was saved as UTF-8 again, as it was."""
    if not _TWICE.search(text):
        return text
    try:
        return text.translate(_LATIN).encode("latin-1").decode()
    except UnicodeError:
        return text


def utf16(body: bytes) -> str:
    """Return the name of the encoding if a text is in UTF-16; else nothing.

    Programs may leave out its mark. Then every second byte is 0 where letters are Latin, and none
    of the others.
    """
    for mark, first, encoding in (
        (codecs.BOM_UTF16_LE, 1, "utf-16-le"),
        (codecs.BOM_UTF16_BE, 0, "utf-16-be"),
    ):
        zeros, others = body[first:_BEGINNING:2], body[1 - first : _BEGINNING : 2]
        if body.startswith(mark) or (zeros.count(0) > len(zeros) // 2 and not others.count(0)):
            return encoding
    return ""


def _encoded(page: str) -> list[bytes]:
    return [letter.encode(page) for letter in _LETTERS]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
