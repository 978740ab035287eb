# SPDX-License-Identifier: Apache-2.0
"""Counts what is read of a compressed stream, for a pipe has no size."""

import io

from cardtool.model.snapshot import SIZE_LIMIT_BYTES

_RATIO = 200
"""Times that an archive may grow; gzip makes a twentieth of snapshots."""


class Archive:
    """The stream that `gzip.GzipFile` reads."""

    def __init__(self, stream: io.BufferedReader) -> None:
        """Count from here on."""
        self._stream = stream
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, as `gzip` asks for them."""
        some = self._stream.read(size)
        self._read += len(some)
        return some

    def seek(self, *place: int) -> int:
        """Go elsewhere, as `gzip` does to begin again."""
        return self._stream.seek(*place)

    def is_bomb(self, unpacked: int) -> bool:
        """Tell whether so many bytes are more than snapshots make of what was read."""
        return unpacked > SIZE_LIMIT_BYTES + _RATIO * self._read
