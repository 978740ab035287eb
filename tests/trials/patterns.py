# SPDX-License-Identifier: Apache-2.0
"""Feeds every regular expression of the package with long runs of what it is made of.

The patterns are found where the source hands them to `re`. Those that a function makes at run
time stand in `_MADE` with examples; one that is missing there is an error.
"""

import ast
import pkgutil
import random
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import cardtool
from cardtool.catalog import addresses
from cardtool.model.names import Names
from cardtool.model.numbers import Values
from tests.trials import Trial

_SIZE = 1_000_000
"""Characters of a text."""

_LIMIT_S = 4.0
"""Of processor time for one text; the slowest pattern takes a twentieth of it."""

_MISMATCH = "\x01"
"""No pattern ends with it."""

_ANYWHERE = ("search", "sub", "subn", "finditer", "findall", "split")
_AT_THE_START = ("match", "fullmatch")
_CALLS = frozenset({"compile", *_ANYWHERE, *_AT_THE_START})


_MADE: dict[tuple[str, str], tuple[re.Pattern[Any], ...]] = {
    ("cardtool.catalog.addresses", "_pattern"): (addresses._pattern(),),  # noqa: SLF001
    ("cardtool.model.names", "__init__"): (Names.of(["AYŞE ÖRNEK"])._pattern,),  # noqa: SLF001
    ("cardtool.model.numbers", "_of_forms"): (Values(["5A01", "10000001990"])._pattern,),  # noqa: SLF001
}
"""Patterns that a function makes from what it is given: its module, its name and examples."""


class Pattern(NamedTuple):
    """A regular expression, and how the package uses it."""

    place: str
    """Module and line."""
    made: re.Pattern[Any]
    uses: frozenset[str]
    """Names of the functions of `re` that are called with it."""


def patterns() -> tuple[Pattern, ...]:
    """Return all of the package, and those it makes at run time by their examples."""
    sources = {}
    for each in pkgutil.walk_packages(cardtool.__path__, "cardtool."):
        spec = each.module_finder.find_spec(each.name, None)
        assert spec is not None
        assert spec.origin is not None
        sources[each.name] = Path(spec.origin).read_text("utf-8")
    everything = "\n".join(sources.values())
    return tuple(
        pattern
        for name, source in sources.items()
        if "re." in source
        for pattern in _in_module(name, ast.parse(source), everything)
    )


def _in_module(name: str, tree: ast.Module, everything: str) -> Iterator[Pattern]:
    named = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node, function in _calls(tree):
        use = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        uses = frozenset({use}) if use != "compile" else _uses(named.get(id(node)), everything)
        given = node if use == "compile" else node.args[0]
        code = compile(ast.Expression(given), name, "eval")
        try:
            made: tuple[re.Pattern[Any], ...] = (re.compile(eval(code, vars(import_module(name)))),)  # noqa: S307 - our source
        except NameError:  # it is made from what a function was given
            made = _MADE[name, function]
        for each in made:
            yield Pattern(f"{name}:{node.lineno}", each, uses)


def _calls(tree: ast.AST, function: str = "") -> Iterator[tuple[ast.Call, str]]:
    """Yield the calls of `re`, each with the name of the function it stands in."""
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef) else function
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=use)) if use in _CALLS:
                yield node, inside
        yield from _calls(node, inside)


def _uses(name: str | None, everything: str) -> frozenset[str]:
    """Return what is done with a pattern of that name; nothing is known of one without."""
    called = set(re.findall(rf"\b{name}\.(\w+)\(", everything)) if name else set()
    return frozenset(called & {*_ANYWHERE, *_AT_THE_START}) or frozenset({"search", "fullmatch"})


def letters(source: str | bytes) -> tuple[str, ...]:
    """Return characters of which each part of a pattern takes one."""
    return tuple(dict.fromkeys(_letters(parser.parse(source))))


def _letters(parts: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's own
    if isinstance(parts, parser.SubPattern):
        for code, given in parts:
            yield from _of_part(code, given)
    elif isinstance(parts, list | tuple):
        for part in parts:
            yield from _letters(part)


def _of_part(code: Any, given: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's own
    if code in {codes.LITERAL, codes.NOT_LITERAL}:
        yield chr(given)
    elif code is codes.ANY:
        yield "x"
    elif code is codes.IN:
        yield from list(_of_set(given))[:3]
    else:
        yield from _letters(given)


def _of_set(given: Any) -> Iterator[str]:  # noqa: ANN401 - the parser's own
    kinds = {codes.CATEGORY_DIGIT: "0", codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "a"}
    for code, value in given:
        match code:
            case codes.LITERAL:
                yield chr(value)
            case codes.RANGE:
                yield chr(value[0])
            case codes.CATEGORY:
                yield kinds.get(value, "-")
            case _:  # NEGATE
                yield "x"


def runs(pattern: Pattern) -> Iterator[str]:
    """Yield a million of each of a pattern's own characters."""
    for letter in letters(pattern.made.pattern):
        yield letter * _SIZE + _MISMATCH


def _built(pattern: Pattern, rnd: random.Random) -> str:
    """Return a text as somebody would build it who knows the pattern: runs after runs."""
    own = letters(pattern.made.pattern) or ("x",)
    first = "".join(rnd.choices(own, k=rnd.randint(0, 8)))
    unit = "".join(rnd.choice(own) * rnd.choice((1, 1, 1, 2, 30)) for _ in range(rnd.randint(1, 6)))
    return first + unit * (_SIZE // len(unit)) + rnd.choice((_MISMATCH, ""))


def complaint(pattern: Pattern, text: str, limit_s: float = _LIMIT_S) -> str:
    """Use a pattern on a text as the package does; say so if that takes too long."""
    fed: Any = text.encode() if isinstance(pattern.made.pattern, bytes) else text
    begun = time.process_time()
    with suppress(TimeoutError), _ended_after(limit_s):
        for use in pattern.uses:
            if use in _ANYWHERE:
                pattern.made.sub(fed[:0], fed)
            else:
                getattr(pattern.made, use)(fed)
    if time.process_time() - begun < limit_s:
        return ""
    return f"{pattern.place}: over {limit_s} s for {text[:40]!r}, and so on"


@contextmanager
def _ended_after(limit_s: float) -> Iterator[None]:
    """End what is done inside after so much processor time; Windows has no clock for that."""
    if sys.platform == "win32":
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _too_long(*_: object) -> None:
    raise TimeoutError


def run(cases: int, seed: int) -> Iterator[str]:
    """Try so many texts, each on a pattern that is drawn for it."""
    rnd = random.Random(seed)  # noqa: S311 - to be the same each time
    every = patterns()
    for _ in range(cases):
        pattern = rnd.choice(every)
        yield complaint(pattern, _built(pattern, rnd))


TRIAL = Trial(
    name="linear-patterns",
    promise="No text of a million characters keeps a regular expression of the program for more "
    "than four seconds of processor, however it is built.",
    run=run,
    few=100,
    many=20_000,
)
