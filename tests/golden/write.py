# SPDX-License-Identifier: Apache-2.0
"""Writes the golden files: `python -m tests.golden.write`, which `make generated` runs.

Read what changed in them before keeping it: they are what people see.

* `pages.LANGUAGE.txt`: each practice case as a person sees it; four of them as `-v` shows them, and
  on a narrow page.
* `lines.txt`: how many lines the first screen of each practice case has.
* `findings.txt`: how each described workstation is; of those that are no practice case each
  finding's sentence where it comes first, and the steps of what is wrong.
* `formats.txt`, `formats.LANGUAGE.txt`: each format of each subject, of records that fill every
  field.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]

from cardtool.catalog import procedures
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.redact import mask, redact
from cardtool.rules import diagnose
from cardtool.rules.codes import finding
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import dated, summarise
from cardtool.rules.timeline import courses
from cardtool.text import LANGUAGES, Text
from cardtool.views import DIAGNOSIS, FORMATS, LIST, view
from cardtool.views.harmless import harmless
from cardtool.views.paper import PAPER, Paper
from cardtool.views.people.marks import marked
from tests.described import FILES, PRACTICE, read
from tests.golden import records
from tests.golden.desk import AT, ZONE, desk

FOLDER = Path(__file__).parent
KEY = b"the key of the golden files"

DIAGNOSES = tuple(
    (name, subject)
    for subject in (DIAGNOSIS, "drivers", "certificates")
    for name, each in FORMATS.items()
    if subject in each.gives
)
"""Formats and subjects whose views are given diagnoses."""

_NARROW = Paper(width=40, symbols=False)
_WHOLE = Paper(whole=True)
_ALSO_OTHERWISE = ("card-missing", "driver-hung", "nes-expiring", "sound")
_AS_HTML = ("nes-expiring",)


def cases() -> Iterator[tuple[str, Diagnosis]]:
    """Yield each described desk as a person would see it: masked, then judged."""
    for path in FILES:
        case = read(path)
        yield path.stem, diagnose(mask(case.desk()), case.at)


def pages() -> dict[str, str]:
    """Return every golden file: its name and what belongs in it."""
    described = dict(cases())
    practice = {file.stem: described[file.stem] for file in sorted(PRACTICE.glob("*.json"))}
    files = {
        "findings.txt": _sections(_findings(described, practice)),
        "formats.txt": _sections(_data()),
        "lines.txt": "".join(_heights(practice)),
    }
    for language in LANGUAGES:
        files[f"pages.{language}.txt"] = _sections(_pages(practice, language))
        files[f"formats.{language}.txt"] = _sections(_worded(practice, language))
    return files


def _sections(parts: Iterable[tuple[str, str]]) -> str:
    return "".join(f"=== {name} ===\n{body}\n" for name, body in parts)


def _text(language: str) -> Text:
    return Text(language, ZONE, institution=procedures.institution().values())


def _pages(practice: Mapping[str, Diagnosis], language: str) -> Iterator[tuple[str, str]]:
    shown = partial(view("terminal"), text=_text(language))
    for name, diagnosis in practice.items():
        yield name, "".join(shown([diagnosis]))
    for name in _ALSO_OTHERWISE:
        yield f"{name}, whole", "".join(shown([practice[name]], paper=_WHOLE))
        yield f"{name}, narrow", "".join(shown([practice[name]], paper=_NARROW))


def _heights(practice: Mapping[str, Diagnosis]) -> Iterator[str]:
    """Yield the lines of each first screen, by language."""
    yield f"{'':32}{'  '.join(LANGUAGES)}\n"
    for name, diagnosis in practice.items():
        pages = ("".join(view("terminal")([diagnosis], _text(each))) for each in LANGUAGES)
        yield f"{name:32}{'  '.join(f'{page.count(chr(10)):2}' for page in pages)}\n"


def _findings(
    described: Mapping[str, Diagnosis], practice: Mapping[str, Diagnosis]
) -> Iterator[tuple[str, str]]:
    """Yield how each workstation is, and its findings where it is no practice case.

    They are in one language: the other has the same facts. A sentence that all is well is written
    once; where it comes again, its code stands for it.
    """
    text, written = _text("en"), set[str]()
    for name, diagnosis in described.items():
        line = dated(summarise(diagnosis), Policy())
        parts = [f"{diagnosis.severity}: {diagnosis.verdict}", f"reader: {line.reader}"]
        if line.not_after_at and line.opens_at and line.apply_by_at:
            days = (line.not_after_at, line.opens_at, line.apply_by_at)
            ends, opens, apply_by = map(text.moment, days)
            parts += [f"NES of {line.holder} ends: {ends}", f"days left: {line.days_left}"]
            parts += [f"renewal opens: {opens}", f"apply by: {apply_by}"]
        lines = [", ".join(parts)]
        again = []
        for each in () if name in practice else map(harmless, diagnosis.findings):
            mark = Paper().symbol(marked(each)).plain
            shown = f"  {mark} {each.severity} {each.link} {each.code}: {text.says(each)}"
            if each.severity is Severity.OK and shown in written:
                again.append(each.code)
                continue
            written.add(shown)
            lines.append(shown)
            if each.severity is not Severity.OK:
                steps = zip(each.actors, each.steps, strict=True)
                lines += (
                    f"    {who}: {text.step(step, each.facts | each.road)}" for who, step in steps
                )
        lines += [f"  as before: {', '.join(again)}"] if again else []
        yield name, "\n".join(lines) + "\n"


_RECORDS: Mapping[str, Callable[[], Any]] = {
    DIAGNOSIS: lambda: [records.calendar()],
    LIST: records.lines,
    "drivers": lambda: [records.drivers()],
    "certificates": lambda: [records.ASKED, records.certificates()],
    "guide": records.guides,
    "seen": lambda: records.SEEN,
    "tally": records.tally,
    "changes": records.changes,
    "orders": lambda: records.orders,
    "forecast": records.forecast,
}
"""Subject -> what its views are given here."""

_BESIDE: Mapping[tuple[str, str], Callable[[], Mapping[str, object]]] = {
    ("terminal", "drivers"): lambda: {"products": {"/usr/lib/libakisp11.so": "AKİS"}},
    ("terminal", "certificates"): lambda: {"judged": records.judgements(), "everything": True},
    ("json", "certificates"): lambda: {"judged": records.judgements()},
    ("terminal", "seen"): lambda: {
        "deciding": {"card-missing": finding("card-missing", readers="\x1bACS ACR39U")}
    },
    ("terminal", "tally"): lambda: {"by": "reader"},
    ("json", "tally"): lambda: {"by": "reader"},
    ("csv", "tally"): lambda: {"by": "reader"},
}
"""What some views are given besides."""

_WITHOUT_WORDS = ("json", "csv", "ndjson", "prometheus")


def _shown(name: str, subject: str, text: Text, **beside: object) -> str:
    """Return what a format makes of the records of a subject."""
    more = {**_BESIDE.get((name, subject), dict)(), **beside}
    parts = view(name, subject)(_RECORDS[subject](), text, **more)
    return _cells(b"".join(parts)) if FORMATS[name].binary else _body("".join(parts))


def _data() -> Iterator[tuple[str, str]]:
    """Yield the formats that programs read: what has few words is spelt out in one language."""
    text = _text("en")
    for name in _WITHOUT_WORDS:
        for subject in FORMATS[name].gives:
            if (name, subject) != ("json", DIAGNOSIS):
                yield f"{name}, {subject}", _shown(name, subject, text)
    hashed = diagnose(redact(desk(), KEY), AT)
    yield f"json, {DIAGNOSIS}", "".join(view("json")([hashed]))


def _worded(practice: Mapping[str, Diagnosis], language: str) -> Iterator[tuple[str, str]]:
    """Yield the formats with words in a language."""
    text = _text(language)
    for name, each in FORMATS.items():
        for subject in each.gives:
            if name not in _WITHOUT_WORDS and (name, subject) not in _APART:
                yield f"{name}, {subject}", _shown(name, subject, text)
    yield "terminal, list, narrow", _shown("terminal", LIST, text, paper=_NARROW)
    whole, *_, bare = records.lines()
    yield "nagios, one", "".join(view("nagios", LIST)([whole], text))
    yield "nagios, one without NES", "".join(view("nagios", LIST)([bare], text))
    for case in _AS_HTML:
        yield f"html, {case}", _body(html([practice[case]], language))


_APART = {("terminal", DIAGNOSIS), ("html", DIAGNOSIS)}
"""Those of which several pages are kept."""


def html(diagnoses: Iterable[Diagnosis], language: str, paper: Paper = PAPER) -> str:
    """Return the HTML page as the command line has it made, with nationwide facts alone."""
    institution = procedures.institution()
    guides = {
        name: procedures.guide(each, None, institution) for name, each in procedures.load().items()
    }
    moments = partial(courses, policy=Policy())
    return "".join(view("html")(diagnoses, _text(language), paper, guides=guides, courses=moments))


def _body(page: str) -> str:
    """Return what changes from page to page: the style of HTML does not."""
    return page.rpartition("</style>\n")[2]


def _cells(workbook: bytes) -> str:
    """Return the cells of a workbook, a line for each row; a date with its format."""
    rows = openpyxl.load_workbook(io.BytesIO(workbook)).active.rows
    return "".join(f"{' | '.join(map(_cell, row))}\n" for row in rows)


def _cell(cell: Any) -> str:  # noqa: ANN401 - openpyxl has no types
    if cell.value is None:
        return ""
    return f"{cell.value} [{cell.number_format}]" if cell.is_date else str(cell.value)


def main() -> None:
    """Write all golden files, and remove those that are none any more."""
    files = pages()
    for path in FOLDER.glob("*.txt"):
        if path.name not in files:
            path.unlink()
    for name, page in files.items():
        (FOLDER / name).write_text(page, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
