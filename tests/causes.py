# SPDX-License-Identifier: Apache-2.0
"""Why e-signatures do not work, as docs/causes.toml has it, and what shows that each is found.

Nothing about a test is written down that can be looked up: the desks, the tests, the described
desks themselves say what they show.
"""

import re
import tomllib
from pathlib import Path

import msgspec

from tests.described import FILES, read
from tests.real.desks import CASES

_ROOT = Path(__file__).parent.parent
_EXPECTED = {file.stem: set(read(file).expect) for file in FILES}
REAL, RECORDED, DESCRIBED, NOTHING = "real parts", "recorded output", "corpus", "nothing"


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cause; the keys are told at the head of docs/causes.toml."""

    id: str
    what: str
    codes: tuple[str, ...]
    said: str = ""
    desks: tuple[str, ...] | None = None
    real: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    missing: str = ""

    def tested(self) -> tuple[str, str]:
        """Return the best that shows it is found, and by what."""
        shown = (
            (REAL, (*self._desks(), *self.real)),
            (RECORDED, self.recorded),
            (DESCRIBED, self._described()),
        )
        return next(((kind, by[0]) for kind, by in shown if by), (NOTHING, ""))

    def _desks(self) -> tuple[str, ...]:
        if self.desks is not None:
            return self.desks
        best = (
            name
            for code in self.codes
            for name, case in CASES.items()
            if code in (case.verdict, *case.beside)
        )
        return tuple(best)

    def _described(self) -> tuple[str, ...]:
        """Return the described desks, those that are named after a code before the others."""
        found = [name for name, some in _EXPECTED.items() if some.intersection(self.codes)]
        return tuple(sorted(found, key=lambda name: name not in self.codes))


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One link of the chain, or several, with the causes there."""

    name: str
    cause: tuple[Cause, ...]


class Causes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """All that docs/causes.toml says."""

    not_a_cause: tuple[str, ...]
    section: tuple[Section, ...]

    def every(self) -> tuple[Cause, ...]:
        """Return the causes of all sections."""
        return tuple(cause for section in self.section for cause in section.cause)


def load() -> Causes:
    """Read docs/causes.toml."""
    document = tomllib.loads((_ROOT / "docs" / "causes.toml").read_text("utf-8"))
    return msgspec.convert(document, Causes)


def is_test(name: str) -> bool:
    """Say whether a test named as file::function exists."""
    file, _, function = name.partition("::")
    path = _ROOT / file
    return path.is_file() and bool(
        re.search(rf"(?m)^def {re.escape(function)}\(", path.read_text("utf-8"))
    )
