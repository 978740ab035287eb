# SPDX-License-Identifier: Apache-2.0
"""How a snapshot's own text lies in the store: compressed with a dictionary that ships with us.

A snapshot is small and like every other, so what all have in common is kept once, in the file
`body.dict`: a body takes about a fifth of what zlib makes of it, in a tenth of the time. The file
is never changed; a better one would get another name and stand beside it, told by its number,
which each body carries.
"""

import functools
import importlib.resources
import threading

import zstandard

from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_LEVEL = 1


class _OfThread(threading.local):
    """What compresses and what reads; neither may serve two threads at once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary())
        self.reader = zstandard.ZstdDecompressor(dict_data=_dictionary())


def pack(text: bytes) -> bytes:
    """Return the text of a snapshot as it is stored."""
    return _own().compressor.compress(text)


def unpack(body: bytes) -> bytes:
    """Return the text of a stored snapshot.

    Raises:
        ValueError: it is none, or larger than a snapshot may be.
    """
    try:
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= SIZE_LIMIT_BYTES:
            text = f"a body of {size} bytes"
            raise ValueError(text)
        return _own().reader.decompress(body)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error


@functools.cache
def _own() -> _OfThread:
    return _OfThread()


@functools.cache
def _dictionary() -> zstandard.ZstdCompressionDict:
    file = importlib.resources.files("cardtool.fleet.store") / "body.dict"
    known = zstandard.ZstdCompressionDict(file.read_bytes())
    known.precompute_compress(level=_LEVEL)
    return known
