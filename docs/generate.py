# SPDX-License-Identifier: Apache-2.0
"""Writes the pages of docs/, and of README.md the example, from the code; for `make generated`.

Each page is a function without arguments that returns its whole text, so that a test can hold
it against the file.
"""

import ast
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from cardtool.catalog import institutions
from cardtool.model.diagnosis import Actor, Diagnosis
from cardtool.model.snapshot import Snapshot
from cardtool.model.summary import ReaderState, Summary
from cardtool.rules.codes import ROWS, actors
from cardtool.rules.codes.row import Row
from cardtool.text import LANGUAGES, Text, load_words
from cardtool.views.prometheus import FAMILIES

if TYPE_CHECKING:
    from tests.causes import Cause, Causes

FOLDER = Path(__file__).parent

_NOTE = "<!-- Written by docs/generate.py: change the code, then run `make generated`. -->"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def findings() -> str:
    """Describe every code in every language, with its severity and steps."""
    parts = [
        _NOTE,
        "# Findings",
        "Every code `cardtool` can give, in the order of the chain. Codes are stable for ever.",
    ]
    for code, row in ROWS.items():
        parts += [f"## {code}", _summary(row)]
        parts += ["\n".join(_in_language(code, row, language)) for language in LANGUAGES]
    return "\n\n".join(parts) + "\n"


def snapshot_schema() -> str:
    """Give the JSON schema of a snapshot."""
    return _schema(Snapshot)


def diagnosis_schema() -> str:
    """Give the JSON schema of a diagnosis."""
    return _schema(Diagnosis)


def summary_schema() -> str:
    """Give the JSON schema of a line of a list."""
    return _schema(Summary)


def formats() -> str:
    """Give formats.md with today's columns and metrics."""
    columns = [f"| `{field}` | {said} |" for field, said in _told(Summary)]
    told = {ReaderState[member].value: said for member, said in _told(ReaderState)}
    states = [f"| `{state.value}` | {told.get(state.value, '')} |" for state in ReaderState]
    metrics = [f"| `{each.name}` | {each.means} |" for each in FAMILIES]
    page = (FOLDER / "formats.md").read_text("utf-8")
    for name, head, rows in (
        ("columns", "| column | what it says |", columns),
        ("states", "| `reader` | means |", states),
        ("metrics", "| metric | what it says |", metrics),
    ):
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        before, after = page.split(start)[0], page.split(end)[1]
        page = before + start + "\n".join((head, "|---|---|", *rows)) + "\n" + end + after
    return page


def cli() -> str:
    """Give the help of every command, 80 columns wide."""
    from cardtool.cli import main  # noqa: PLC0415 - the other pages need no command line

    return "\n\n".join([_NOTE, "# Command line", *_help(main, "cardtool", None)]) + "\n"


def causes() -> str:
    """Give every known cause with its codes, who acts, and what shows that it is found."""
    _reach_tests()
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
    return "\n\n".join(parts) + "\n"


def procedures() -> str:
    """Give every procedure, and where each fact that an institution tells has its place."""
    _reach_tests()
    from tests.required import page  # noqa: PLC0415 - the other pages need no tests

    return "\n\n".join([_NOTE, *page()]) + "\n"


def reliability() -> str:
    """Give what is promised, and how often each promise was tried and broke."""
    _reach_tests()
    from tests.trials import record  # noqa: PLC0415 - the other pages need no tests
    from tests.trials.known import TRIALS  # noqa: PLC0415 - as above

    page = (FOLDER / "reliability.md").read_text("utf-8")
    start, end = "<!-- trials -->\n", "<!-- /trials -->\n"
    before, after = page.split(start)[0], page.split(end)[1]
    head = "| promise | tried | broken | tried again by | recorded on |\n|---|---|---|---|---|"
    return f"{before}{start}{head}\n{record.table(TRIALS)}\n{end}{after}"


def readme() -> str:
    """Give README.md with what the command of its example prints today, in Turkey."""
    page = (FOLDER.parent / "README.md").read_text("utf-8")
    start, end = "<!-- example -->\n", "<!-- /example -->\n"
    before, after = page.split(start)[0], page.split(end)[1]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "cardtool", *_EXAMPLE],
        cwd=FOLDER.parent,
        env={
            **os.environ,
            "CARDTOOL_CONFIG": "",
            "COLUMNS": "80",
            "PYTHONIOENCODING": "utf-8",
            "TZ": "UTC-3",
            "XDG_CONFIG_DIRS": "/nonexistent",
            "XDG_CONFIG_HOME": "/nonexistent",
        },
        capture_output=True,
        check=False,
    )
    if done.stderr:
        raise RuntimeError(done.stderr.decode())
    shown = f"$ cardtool {' '.join(_EXAMPLE)}\n{done.stdout.decode()}"
    return f"{before}{start}```console\n{shown}```\n{end}{after}"


_EXAMPLE = ("practice", "nes-expiring-soon", "--lang", "en")

PAGES: dict[str, Callable[[], str]] = {
    "findings.md": findings,
    "snapshot.schema.json": snapshot_schema,
    "diagnosis.schema.json": diagnosis_schema,
    "summary.schema.json": summary_schema,
    "formats.md": formats,
    "cli.md": cli,
    "causes.md": causes,
    "procedures.md": procedures,
    "reliability.md": reliability,
    "../README.md": readme,
}
"""File name in docs/ -> what gives its text."""


def _reach_tests() -> None:
    root = str(FOLDER.parent)
    if root not in sys.path:  # as where this file is run by its name
        sys.path.insert(0, root)


def _summary(row: Row) -> str:
    facts = ", ".join(f"`{fact}`" for fact in row.facts) or "none"
    lines = [f"* severity: {row.severity.value}", f"* link: {row.link.value}", f"* facts: {facts}"]
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
    """Put in what is the same at every desk; what a look finds there stays open."""
    known = {**institutions.load().values(), "command": "cardtool"}
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
        f'{len(every)} causes of "my e-signature does not work". A look names {len(found)} of '
        f"them. {len(said)} show nowhere at a desk, and are said where they belong. "
        f"{len(survived)} do not stop cardtool, which works all the same and names them nowhere. "
        f"Neither found nor said yet: {len(every) - len(found) - len(said) - len(survived)}."
    )
    yield (
        f"Of those a look names, {kinds.count(REAL)} are tested on real parts of Linux, "
        f"{kinds.count(RECORDED)} on output of another system, recorded or composed, and "
        f"{kinds.count(DESCRIBED)} by described desks only. The desk or the test is named; what "
        f"of a row no real part gave is listed as missing. Nothing "
        f"here was run on Windows or a Mac."
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


def _schema(record: type[msgspec.Struct]) -> str:
    schema = _described({"$schema": _DRAFT, **msgspec.json.schema(record)})
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _described(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return a schema whose descriptions are dedented, as Python 3.13 has docstrings."""
    if isinstance(schema, list):
        return [_described(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: inspect.cleandoc(part)
        if name == "description" and isinstance(part, str)
        else _described(part)
        for name, part in schema.items()
    }


def _help(command: click.Command, path: str, parent: click.Context | None) -> Iterator[str]:
    context = click.Context(
        command, info_name=path.rsplit(" ", 1)[-1], parent=parent, terminal_width=80
    )
    yield f"## {path}\n\n```text\n{command.get_help(context).rstrip()}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _help(inner, f"{path} {name}", context)


def main() -> None:
    """Write every page that is not as it should be."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8", newline="\n")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
