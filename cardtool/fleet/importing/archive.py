# SPDX-License-Identifier: Apache-2.0
"""Counts the bytes read from a compressed stream: the size of a pipe is not known before."""

import io

from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_RATIO = 200
"""How many times larger an archive may become; snapshots become about 20 times larger."""


class Archive:
    """The stream that `gzip.GzipFile` reads."""

    def __init__(self, stream: io.BufferedReader) -> None:
        """Count what is read from now on."""
        self._stream = stream
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, as `gzip` asks for them."""
        some = self._stream.read(size)
        self._read += len(some)
        return some

    def seek(self, *place: int) -> int:
        """Go to another place, as `gzip` does when it begins again."""
        return self._stream.seek(*place)

    def is_bomb(self, unpacked: int) -> bool:
        """Tell whether this many unpacked bytes are too many for what was read."""
        return unpacked > SIZE_LIMIT_BYTES + _RATIO * self._read
