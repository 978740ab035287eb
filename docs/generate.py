# SPDX-License-Identifier: Apache-2.0
"""Writes the pages and pictures of docs/ that come from the code; for `make generated`.

Each page is a function without arguments that returns its whole text, so that a test can hold
it against the file.
"""

import ast
import inspect
import json
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cardtool import catalog
from cardtool.catalog import providers
from cardtool.catalog.procedures import institution
from cardtool.cli.later import LaterCommand
from cardtool.model.diagnosis import Actor, Diagnosis
from cardtool.model.lists import ReaderState, Summary
from cardtool.model.snapshot import Snapshot
from cardtool.remind import schedules
from cardtool.rules.codes import ROWS
from cardtool.rules.codes.numbers import NUMBERS
from cardtool.rules.codes.row import Row
from cardtool.rules.codes.steps import actors
from cardtool.text import LANGUAGES, Text, load_words
from cardtool.views.lists.monitoring import FAMILIES
from packages.windows import policies

if TYPE_CHECKING:
    from tests.causes import Cause, Causes

FOLDER = Path(__file__).parent

_COLUMNS = 100

_NOTE = "<!-- Written by docs/generate.py: change the code, then run `make generated`. -->"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def findings() -> str:
    """Describe every code in every language, with its severity and steps."""
    parts = [
        _NOTE,
        "# Findings",
        "All codes that cardtool can give, in the order of the chain. A code is never renamed.",
        "The number of each can be read out on the telephone; it is as stable as the code.",
    ]
    for code, row in ROWS.items():
        parts += [f"## {code}", _summary(code, row)]
        parts += ["\n".join(_in_language(code, row, language)) for language in LANGUAGES]
    return _page(*parts)


def schema(record: type[msgspec.Struct]) -> str:
    """Give a JSON schema whose descriptions are dedented, as Python 3.13 has docstrings."""
    text = json.dumps({"$schema": _DRAFT, **msgspec.json.schema(record)})
    dedented = json.loads(text, object_hook=_described)
    return json.dumps(dedented, indent=2, ensure_ascii=False) + "\n"


def formats() -> str:
    """Give formats.md with today's columns and metrics."""
    columns = [f"| `{field}` | {said} |" for field, said in _told(Summary)]
    told = {ReaderState[member].value: said for member, said in _told(ReaderState)}
    states = [f"| `{state.value}` | {told.get(state.value, '')} |" for state in ReaderState]
    metrics = [f"| `{each.name}` | {each.means} |" for each in FAMILIES]
    return _filled(
        "formats.md",
        columns="\n".join(("| column | what it says |", "|---|---|", *columns)),
        states="\n".join(("| `reader` | means |", "|---|---|", *states)),
        metrics="\n".join(("| metric | what it says |", "|---|---|", *metrics)),
    )


def manual(name: str, language: str) -> str:
    """Give a manual for IT departments with an example in its language."""
    from tests.examples import ordered  # noqa: PLC0415 - the other pages need no tests

    return _filled(name, orders=ordered(language))


def cli() -> str:
    """Give the help of every command, 80 columns wide."""
    from cardtool.cli import main  # noqa: PLC0415 - the other pages need no command line

    return _page(_NOTE, "# Command line", *_help(main, "cardtool", None))


def causes() -> str:
    """Give every known cause with its codes, who acts, and which test shows that it is found."""
    from tests.causes import load  # noqa: PLC0415 - the other pages need no tests

    known = load()
    parts = [_NOTE, "# Causes", *_count(known)]
    head = (
        "| | cause | finding | who acts | tested | missing |",
        "|---|---|---|---|---|---|",
    )
    for section in known.section:
        rows = (_cause(cause) for cause in section.cause)
        parts += [f"## {section.name}", "\n".join((*head, *rows))]
    return _page(*parts, "## What the catalogue knows", _catalogue())


def _catalogue() -> str:
    """Count the rows of the catalogue, and what each kind is known by."""
    cards = {card.id: card for known in (catalog.load(), catalog.foreign()) for card in known.cards}
    parts = [card.historical + card.starts + card.contains for card in cards.values()]
    models, modules = catalog.readers(), catalog.load().modules
    whole = sum(len(card.atrs) for card in cards.values())
    usb = {usb_id for model in models for usb_id in model.usb}
    listed = (FOLDER.parent / "cardtool/catalog/reader_ids.tsv").read_text("utf-8").splitlines()
    ids = {line.split("\t")[0] for line in listed if line and not line.startswith("#")}
    paths = [(*each.linux, *each.windows, *each.windows_32, *each.macos) for each in modules]
    rows = {
        "cards": (len(cards), f"{whole} whole ATRs, {sum(map(len, parts))} patterns"),
        "models of readers": (len(models), f"{len(usb)} USB ids"),
        "readers of driver lists": (len(ids), "one USB id each"),
        "PKCS#11 modules": (len(modules), f"{sum(map(len, paths))} paths"),
        "providers": (len(providers.load()), "names of their issuers"),
    }
    told = (f"| {name} | {count} | {by} |" for name, (count, by) in rows.items())
    return "\n".join(("| what | rows | known by |", "|---|---|---|", *told))


def roads() -> str:
    """Give the steps of each finding by system and provider, with who does them."""
    from tests.roads import page  # noqa: PLC0415 - the other pages need no tests

    return _page(_NOTE, *page())


def procedures() -> str:
    """Give every procedure, and where each fact that an institution tells has its place."""
    from tests.required import page  # noqa: PLC0415 - the other pages need no tests

    return _page(_NOTE, *page())


def reliability() -> str:
    """Give how often each promise was tried and broke, and what became of the mutants."""
    from tests.mutation import record as mutants  # noqa: PLC0415 - the other pages need no tests
    from tests.test_live_attacks import ATTACKS  # noqa: PLC0415 - as above
    from tests.trials import record  # noqa: PLC0415 - as above
    from tests.trials.known import TRIALS  # noqa: PLC0415 - as above

    head = "| promise | tried | broken | tried again by | recorded on |\n|---|---|---|---|---|"
    table = f"{head}\n{record.table(TRIALS)}"
    rows = [f"| {what} | {len(tried)} |" for what, tried in ATTACKS.items()]
    attacks = "\n".join(["| what is wrong with the request | tried |", "|---|---|", *rows])
    return _filled("reliability.md", trials=table, attacks=attacks, mutants=mutants.page())


def terminal(language: str) -> str:
    """Draw a practice case at a terminal, for README.md and the manual."""
    from tests.picture import drawn  # noqa: PLC0415 - the other pages need no tests

    return drawn(("practice", "card-missing", "--lang", language))


PAGES: dict[str, Callable[[], str]] = {
    "findings.md": findings,
    "snapshot.schema.json": partial(schema, Snapshot),
    "diagnosis.schema.json": partial(schema, Diagnosis),
    "summary.schema.json": partial(schema, Summary),
    "formats.md": formats,
    "it.md": partial(manual, "it.md", "en"),
    "bt.md": partial(manual, "bt.md", "tr"),
    "cli.md": cli,
    "causes.md": causes,
    "roads.md": roads,
    "procedures.md": procedures,
    "reliability.md": reliability,
    "terminal.svg": partial(terminal, "en"),
    "terminal.tr.svg": partial(terminal, "tr"),
    "deploy/systemd/cardtool-remind.service": partial(schedules.service, ("/usr/bin/cardtool",)),
    "deploy/systemd/cardtool-remind.timer": schedules.timer,
    "deploy/windows/cardtool-remind.xml": partial(
        schedules.task, (r"C:\Program Files\cardtool\cardtoolw.exe",)
    ),
    "deploy/macos/cardtool.remind.plist": partial(schedules.agent, ("/usr/local/bin/cardtool",)),
    "deploy/windows/cardtool.admx": policies.admx,
    "deploy/windows/tr-TR/cardtool.adml": partial(policies.adml, "tr"),
    "deploy/windows/en-US/cardtool.adml": partial(policies.adml, "en"),
}
"""File name in docs/ -> what gives its text."""


def _filled(name: str, **bodies: str) -> str:
    """Return a page that is written by hand, with what is generated between its comments."""
    page = (FOLDER / name).read_text("utf-8")
    for part, body in bodies.items():
        start, end = f"<!-- {part} -->\n", f"<!-- /{part} -->\n"
        page = page.split(start)[0] + start + body + "\n" + end + page.split(end)[1]
    return page


def _page(*parts: str) -> str:
    """Join the parts of a page, with prose wrapped as in the pages that are written by hand."""
    lines = "\n\n".join(parts).split("\n")
    return "\n".join("\n".join(_wrapped(line)) for line in lines) + "\n"


def _wrapped(line: str) -> list[str]:
    if len(line) <= _COLUMNS or line.startswith(("|", "#", "<!--")):
        return [line]
    mark = re.match(r"(\* |\d+\. )?", line)
    hanging = " " * len(mark[0]) if mark else ""
    return textwrap.wrap(
        line, _COLUMNS, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def _summary(code: str, row: Row) -> str:
    facts = ", ".join(f"`{fact}`" for fact in row.facts) or "none"
    lines = [
        f"* number: K-{NUMBERS[code]}",
        f"* severity: {row.severity.value}",
        f"* link: {row.link.value}",
        f"* facts: {facts}",
    ]
    if row.explains:
        lines.append("* explains: " + ", ".join(f"[{each}](#{each})" for each in row.explains))
    return "\n".join(lines)


def _in_language(code: str, row: Row, language: str) -> Iterator[str]:
    words, text = load_words(language), Text(language)
    yield f"**{language}** {words['finding'][code]['says']}"
    yield ""
    yield text.means(code)
    if row.steps:
        yield ""
        for number, step in enumerate(row.steps, 1):
            yield f"{number}. {_nationwide(words['step'][step]['says'])}"


def _nationwide(pattern: str) -> str:
    """Put in what is the same at every desk; what a check finds there stays open."""
    known = {**institution().values(), "command": "cardtool"}
    for name, value in known.items():
        pattern = pattern.replace(f"{{{name}}}", value)
    return pattern


def _count(known: "Causes") -> Iterator[str]:
    from tests.causes import DESCRIBED, REAL, RECORDED  # noqa: PLC0415 - as above

    every = known.every()
    found = [cause for cause in every if cause.is_found()]
    said = [cause for cause in every if cause.said]
    survived = [cause for cause in every if cause.survived]
    kinds = [cause.tested()[0] for cause in found]
    yield (
        f'{len(every)} causes of "my e-signature does not work" are known. cardtool names '
        f"{len(found)} of them. {len(said)} cannot be seen at a workstation; cardtool tells people "
        f"about them where they belong. {len(survived)} do not stop cardtool, which works all the "
        f"same and does not name them. Neither named nor told yet: "
        f"{len(every) - len(found) - len(said) - len(survived)}."
    )
    yield (
        f"Of the causes that cardtool names, {kinds.count(REAL)} are tested on real parts of "
        f"Linux, {kinds.count(RECORDED)} on recorded or composed output of another system, and "
        f"{kinds.count(DESCRIBED)} by described workstations only. Each row names the described "
        f"workstation or the test. The last column says what no real part has shown yet. Nothing "
        f"here was run on Windows or macOS."
    )


def _cause(cause: "Cause") -> str:
    steps = (cause.said,) if cause.said else tuple(s for c in cause.codes for s in ROWS[c].steps)
    who = [each for each in Actor if each in actors(steps)]
    kind, by = cause.tested()
    shown = f"{kind}: `{by}`" if by else "not found, not said"
    if cause.said:
        shown = f"said, not observed: `{cause.said}`"
    elif cause.survived:
        shown = f"survived, not named; {shown}"
    unshown = ", ".join(f"`{code}`" for code in cause.not_on_real_parts())
    cells = (
        cause.id,
        cause.what,
        ", ".join(f"[{code}](findings.md#{code})" for code in cause.codes),
        ", ".join(_ACTORS[each] for each in who) or "nobody",
        shown,
        "; ".join(filter(None, (cause.missing, unshown and f"on real parts: {unshown}"))),
    )
    return f"| {' | '.join(cells)} |"


_ACTORS = {
    Actor.YOU: "you",
    Actor.IT: "your IT desk",
    Actor.PROVIDER: "the provider (Kamu SM)",
}


def _told(record: type) -> Iterator[tuple[str, str]]:
    """Give each field, or member, of a class with the text under it."""
    (body,) = ast.parse(inspect.getsource(record)).body
    name = ""
    for part in body.body if isinstance(body, ast.ClassDef) else ():
        match part:
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
                pass
            case ast.Expr(value=ast.Constant(value=str(said))) if name:
                yield name, " ".join(said.split())


def _described(part: dict[str, object]) -> dict[str, object]:
    if isinstance(text := part.get("description"), str):
        part["description"] = inspect.cleandoc(text)
    return part


def _help(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(
        command, info_name=path.rsplit(" ", 1)[-1], parent=parent, terminal_width=80
    )
    yield f"## {path}\n\n```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            inner = inner.load() if isinstance(inner, LaterCommand) else inner
            if inner is not None and not inner.hidden:
                yield from _help(inner, f"{path} {name}", context)


def main() -> None:
    """Write every page that is not as it should be."""
    sys.path.insert(0, str(FOLDER.parent))  # for tests: this file is run by its name
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
