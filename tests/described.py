# SPDX-License-Identifier: Apache-2.0
"""The described desks: those that only the tests read, and those that ship to practise with."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from cardtool.model.snapshot import Snapshot, decode

_TESTS = Path(__file__).parent
PRACTICE = _TESTS.parent / "cardtool" / "practice"
FILES = sorted(
    [*(_TESTS / "corpus").glob("*.json"), *PRACTICE.glob("*.json")], key=lambda file: file.stem
)


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: a desk, a moment, and all that should be found there, in order."""

    about: str | dict[str, str]
    """What it shows, in English; by language where it ships."""
    at: datetime
    snapshot: dict[str, Any]
    expect: tuple[str, ...]
    verdict: str

    def desk(self) -> Snapshot:
        """Return its snapshot, read as a person's file would be."""
        return decode(msgspec.json.encode(self.snapshot))


def read(file: Path) -> Case:
    """Read a described desk."""
    return msgspec.json.decode(file.read_bytes(), type=Case)
