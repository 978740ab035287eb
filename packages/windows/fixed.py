# SPDX-License-Identifier: Apache-2.0
"""Takes the moment of the build out of an MSI file, so that two builds have the same bytes.

Replaces in place what nobody can tell wixl: two times of the summary, and the times of folders in
the container. Source: [MS-OLEPS] for the summary, [MS-CFB] for the container.
"""

import struct
from collections.abc import Iterator
from datetime import datetime

_SUMMARY = bytes.fromhex("E0859FF2F94F6810AB9108002B27B3D9")
"""The identifier of its format. [MS-OLEPS] §3.1."""
_FILETIME = 64
"""The type of a property that is a moment. [MS-OLEPS] §2.2."""
_EPOCH_S = 11_644_473_600
"""From 1601, with which Windows begins, to 1970."""
_LAST_SECTOR = 0xFFFFFFFA
"""Higher numbers name no sector. [MS-CFB] §2.1."""


def settled(msi: bytes, moment: datetime) -> bytes:
    """Return an MSI file with this one moment in the place of all others."""
    body = bytearray(msi)
    time = int((moment.timestamp() + _EPOCH_S) * 10_000_000)
    for place in _summary_times(body):
        struct.pack_into("<Q", body, place, time)
    for place in _directory_entries(body):
        body[place + 100 : place + 116] = bytes(16)  # made and changed: [MS-CFB] §2.6.1
    return bytes(body)


def _summary_times(body: bytearray) -> Iterator[int]:
    """Yield where the summary's times stand; the identifier is 28 bytes behind its beginning."""
    start = body.index(_SUMMARY)
    (offset,) = struct.unpack_from("<I", body, start + 16)
    section = start - 28 + offset
    (count,) = struct.unpack_from("<I", body, section + 4)
    for number in range(count):
        _, place = struct.unpack_from("<2I", body, section + 8 + 8 * number)
        (kind,) = struct.unpack_from("<I", body, section + place)
        if kind == _FILETIME:
            yield section + place + 4


def _directory_entries(body: bytearray) -> Iterator[int]:
    """Yield where the entries of the container's directory stand, 128 bytes each."""
    (power,) = struct.unpack_from("<H", body, 30)
    size = 1 << power
    following = [
        number
        for sector in _table_sectors(body, size)
        for number in struct.unpack_from(f"<{size // 4}I", body, (sector + 1) * size)
    ]
    (sector,) = struct.unpack_from("<I", body, 48)
    while sector < _LAST_SECTOR:
        yield from range((sector + 1) * size, (sector + 2) * size, 128)
        sector = following[sector]


def _table_sectors(body: bytearray, size: int) -> list[int]:
    """Return the sectors of the table that says which sector follows which. [MS-CFB] §2.3, §2.5."""
    sectors = list(struct.unpack_from("<109I", body, 76))
    (more,) = struct.unpack_from("<I", body, 68)
    while more < _LAST_SECTOR:
        *part, more = struct.unpack_from(f"<{size // 4}I", body, (more + 1) * size)
        sectors += part
    return [sector for sector in sectors if sector < _LAST_SECTOR]
