# SPDX-License-Identifier: Apache-2.0
"""Draws the programs' icon, a card with its chip and a tick, as a Windows icon file."""

import functools
import itertools
import struct
import zlib

SIZES = (16, 24, 32, 48, 256)
"""Pixels of the side of each picture."""
_AS_PNG = 256
"""From this size on a picture is a PNG; smaller ones are bitmaps, which every reader knows."""
_SAMPLES = 3
"""Points looked at along each side of a pixel."""

_NOTHING = (0, 0, 0, 0)
_CARD = (27, 84, 140, 255)
_CHIP = (226, 188, 96, 255)
_TICK = (255, 255, 255, 255)

_EDGES = (0.03, 0.16, 0.97, 0.84)
_CHIP_EDGES = (0.13, 0.30, 0.37, 0.50)
_TICK_POINTS = ((0.46, 0.58), (0.60, 0.72), (0.87, 0.36))
_TICK_WIDTH = 0.055

Colour = tuple[int, int, int, int]
"""Red, green, blue and how opaque, of 255 each."""


@functools.cache
def icon() -> bytes:
    """Return the icon file with the picture in all sizes."""
    pictures = [(_png if size >= _AS_PNG else _bitmap)(size, _drawn(size)) for size in SIZES]
    place = 6 + 16 * len(SIZES)
    head = struct.pack("<3H", 0, 1, len(SIZES))
    for size, picture in zip(SIZES, pictures, strict=True):
        head += struct.pack("<4B2H2I", size % 256, size % 256, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return head + b"".join(pictures)


def _drawn(size: int) -> list[list[Colour]]:
    return [[_pixel(x, y, size) for x in range(size)] for y in range(size)]


def _pixel(x: int, y: int, size: int) -> Colour:
    fine = size * _SAMPLES
    points = [
        _at((x * _SAMPLES + right + 0.5) / fine, (y * _SAMPLES + down + 0.5) / fine)
        for right in range(_SAMPLES)
        for down in range(_SAMPLES)
    ]
    opaque = sum(point[3] for point in points)
    if not opaque:
        return _NOTHING
    red, green, blue = (sum(point[part] * point[3] for point in points) for part in range(3))
    return (red // opaque, green // opaque, blue // opaque, opaque // len(points))


def _at(x: float, y: float) -> Colour:
    """Return the colour of a point of the picture, whose sides are 1 long."""
    lines = itertools.pairwise(_TICK_POINTS)
    if any(_distance(x, y, *line) <= _TICK_WIDTH for line in lines):
        return _TICK
    if _is_within(x, y, _CHIP_EDGES, 0.03):
        return _CHIP
    return _CARD if _is_within(x, y, _EDGES, 0.09) else _NOTHING


def _is_within(x: float, y: float, edges: tuple[float, ...], corner: float) -> bool:
    """Tell whether a point lies in a rectangle whose corners have this radius."""
    left, top, right, bottom = edges
    beside = max(left + corner - x, 0.0, x - right + corner)
    beyond = max(top + corner - y, 0.0, y - bottom + corner)
    return beside**2 + beyond**2 <= corner**2


def _distance(x: float, y: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return how far a point is from a line between two points."""
    across, down = end[0] - start[0], end[1] - start[1]
    along = ((x - start[0]) * across + (y - start[1]) * down) / (across**2 + down**2)
    along = min(1.0, max(0.0, along))
    apart = (x - start[0] - along * across) ** 2 + (y - start[1] - along * down) ** 2
    return float(apart**0.5)


def _bitmap(size: int, rows: list[list[Colour]]) -> bytes:
    """Return a picture as icons hold it: from the bottom, blue first, then an empty mask."""
    header = struct.pack("<3I2H6I", 40, size, 2 * size, 1, 32, 0, 0, 0, 0, 0, 0)
    body = b"".join(
        bytes((blue, green, red, opaque))
        for row in reversed(rows)
        for red, green, blue, opaque in row
    )
    return header + body + bytes((size + 31) // 32 * 4 * size)


def _png(size: int, rows: list[list[Colour]]) -> bytes:
    """Return a picture as PNG. Source: ISO/IEC 15948."""
    lines = b"".join(b"\0" + bytes(part for pixel in row for part in pixel) for row in rows)
    header = struct.pack(">2I5B", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
