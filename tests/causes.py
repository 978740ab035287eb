# SPDX-License-Identifier: Apache-2.0
"""Why e-signatures do not work, as docs/causes.toml has it, and what shows that each is found.

Nothing about a test is written down that can be looked up: the desks, the tests, the described
desks themselves say what they show.
"""

import ast
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
    mentions: str = ""
    survived: bool = False
    desks: tuple[str, ...] | None = None
    real: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    missing: str = ""

    def is_found(self) -> bool:
        """Say whether a look names it, by a code that is not given where all is well."""
        return bool(self.codes) and not self.said and not self.survived

    def not_on_real_parts(self) -> tuple[str, ...]:
        """Return, of a cause that is found on real parts, the codes that none of them gave."""
        if not self.is_found() or self.tested()[0] != REAL:
            return ()
        desks = CASES if self.desks is None else self.desks
        given = {code for name in desks for code in (CASES[name].verdict, *CASES[name].beside)}
        written = {each for test in self.real for each in _strings(test)}
        return tuple(code for code in self.codes if code not in given | written)

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
    return _function(name) is not None


def _function(name: str) -> ast.FunctionDef | None:
    file, _, function = name.partition("::")
    path = _ROOT / file
    body = ast.parse(path.read_text("utf-8")).body if path.is_file() else []
    found = (each for each in body if isinstance(each, ast.FunctionDef) and each.name == function)
    return next(found, None)


def _strings(name: str) -> set[str]:
    """Return the strings that a test has in it, among them the codes that it expects."""
    function = _function(name)
    nodes = () if function is None else ast.walk(function)
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return {each for each in constants if isinstance(each, str)}
