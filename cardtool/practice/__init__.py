# SPDX-License-Identifier: Apache-2.0
"""Practice cases: described workstations that ship with cardtool, to learn and to test scripts.

Only data and its reading; a view that shows a case marks it as practice. All people are invented.
"""

import importlib.resources

import msgspec

from cardtool.model.moments import Utc
from cardtool.model.snapshot import Snapshot

_FOLDER = importlib.resources.files(__name__)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One practice case: the part of its file that is needed to show it."""

    about: dict[str, str]
    """What it shows, in a few words, by language; always in English."""
    at: Utc
    """The moment it is judged for."""
    snapshot: Snapshot

    def about_in(self, language: str) -> str:
        """Return what it shows, in a language, or in English if it is not translated yet."""
        return self.about.get(language, self.about["en"])


def names() -> tuple[str, ...]:
    """Return the names of all cases in alphabetical order."""
    files = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


def load(name: str) -> Case:
    """Read one of the cases of `names`."""
    return msgspec.json.decode((_FOLDER / f"{name}.json").read_bytes(), type=Case)
