# SPDX-License-Identifier: Apache-2.0
"""Described desks that ship with the program, to learn from and to test scripts with.

Data and its reading, no more: whoever shows one says that it is practice. Its people are invented.
"""

import importlib.resources
from importlib.resources.abc import Traversable

import msgspec

from cardtool.model.moments import Utc
from cardtool.model.snapshot import Snapshot


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One described desk, as much of its file as showing it needs."""

    about: dict[str, str]
    """What it shows, in a few words, by language; always in English."""
    at: Utc
    """The moment it is judged for."""
    snapshot: Snapshot

    def about_in(self, language: str) -> str:
        """Return what it shows in a language, or in English where nobody has translated it yet."""
        return self.about.get(language, self.about["en"])


def names() -> tuple[str, ...]:
    """Return the names of all cases, in the order of the alphabet."""
    files = (each.name for each in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


def load(name: str) -> Case:
    """Read one of the cases of `names`."""
    return msgspec.json.decode((_folder() / f"{name}.json").read_bytes(), type=Case)


def _folder() -> Traversable:
    return importlib.resources.files(__name__)
