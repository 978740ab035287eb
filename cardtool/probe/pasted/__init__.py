# SPDX-License-Identifier: Apache-2.0
"""Makes a snapshot from a certificate file or another program's output, as far as that shows.

The kind of a text is recognised by its contents. No bytes make anything here raise, but too many
certificates; each line is read once.
"""

import re
import sys
from datetime import datetime

from cardtool.model.encodings import decoded
from cardtool.model.limits import fitted
from cardtool.model.snapshot import Failure, Snapshot
from cardtool.model.surroundings import Host
from cardtool.probe import host
from cardtool.probe.pasted import files, listings, programs
from cardtool.probe.pasted.parts import Parts

SIZE_LIMIT_BYTES = 1024 * 1024
"""The largest file that is looked at; a real one is under 100 kB."""

_COLOURS = re.compile(r"\x1b\[[0-9;]{0,12}[A-Za-z]")
"""How pcsc_scan writes in colours."""

_MOST_CHARACTERS = 400
"""Of a line; the rest is cut."""


def read(body: bytes, at: datetime) -> Snapshot | None:
    """Return what a file says of a workstation; None: its kind is not known.

    `at` is taken as the moment of the check, which the file does not tell.

    Raises:
        TooManyError: it holds more certificates than are read.
    """
    parts = files.read(body[:SIZE_LIMIT_BYTES])
    if len(body) > SIZE_LIMIT_BYTES:
        return None
    if parts is None:
        lines = [line[:_MOST_CHARACTERS].rstrip() for line in _text(body).splitlines()]
        parts = listings.read(lines)
    return None if parts is None else fitted(_snapshot(parts, at))


def program(body: bytes) -> str:
    """Return the program that printed a text of which nothing can be judged; empty: unknown."""
    return programs.name(_text(body[:SIZE_LIMIT_BYTES]))


def _text(body: bytes) -> str:
    return _COLOURS.sub("", decoded(body))


def _snapshot(parts: Parts, at: datetime) -> Snapshot:
    unseen = Failure(api="other", name="NOT_SEEN")
    return Snapshot(
        taken_at=at,
        tool=parts.tool,
        seen=parts.seen,
        host=Host(
            name="-",
            platform=parts.platform or sys.platform,
            release="",
            machine=host.machine(),
            bits=64,
            python="",
        ),
        readers=parts.readers if "reader" in parts.seen else parts.failure or unseen,
        modules=parts.modules,
    )
