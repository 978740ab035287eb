# SPDX-License-Identifier: Apache-2.0
"""Writes the golden files: `python -m tests.golden.write`, which `make generated` runs.

Read what changed in them before keeping it: they are what people see.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from cardtool.catalog import institutions, procedures
from cardtool.model.diagnosis import Diagnosis
from cardtool.model.redact import mask, redact
from cardtool.model.summary import Summary
from cardtool.rules import diagnose
from cardtool.rules.dated import courses
from cardtool.rules.policy import Policy
from cardtool.rules.summary import dated, summarise
from cardtool.text import LANGUAGES, Text
from cardtool.views import DIAGNOSIS, FORMATS, LIST, view
from cardtool.views.paper import Paper
from tests.described import FILES, read
from tests.golden.desk import AT, ZONE, desk

FOLDER = Path(__file__).parent
KEY = b"the key of the golden files"

DIAGNOSES = tuple(
    (name, subject)
    for subject in (DIAGNOSIS, "drivers", "certificates")
    for name, each in FORMATS.items()
    if subject in each.gives
)
"""Views that are given diagnoses."""

_AS_HTML = ("card-missing", "driver-hung", "nes-expiring", "sound")
"""Desks whose HTML pages are kept: the page of every desk would be megabytes."""


def cases() -> Iterator[tuple[str, Diagnosis]]:
    """Yield each described desk as a person would see it: masked, then judged."""
    for path in FILES:
        case = read(path)
        yield path.stem, diagnose(mask(case.desk()), case.at)


def pages() -> dict[str, str]:
    """Return every golden file: its name and what belongs in it."""
    found = dict(cases())
    lines = [dated(summarise(each), Policy()) for each in found.values()]
    done = {"json.txt": _json(), "lists.txt": _lists_for_programs(lines)}
    for language in LANGUAGES:
        text = Text(language, ZONE, institution=institutions.load().values())
        for name, render in _renderers().items():
            done[f"{name}.{language}.txt"] = "".join(
                f"=== {case} ===\n{''.join(render([diagnosis], text))}\n"
                for case, diagnosis in found.items()
            )
        done[f"lists.{language}.txt"] = _lists(lines, text)
        done[f"html.{language}.txt"] = "".join(
            f"=== {case} ===\n{html_body(found[case], language)}\n" for case in _AS_HTML
        )
    return done
    return done


def _lists(lines: list[Summary], text: Text) -> str:
    """Return all described desks in the formats of lists that have words."""
    narrow = Paper(width=40, symbols=False)
    return _told(
        {
            "list-terminal": view("terminal", LIST)(lines, text),
            "list-terminal, narrow": view("terminal", LIST)(lines, text, narrow),
            "nagios": view("nagios", LIST)(lines, text),
            "nagios, one desk": view("nagios", LIST)(lines[:1], text),
        }
    )


def _lists_for_programs(lines: list[Summary]) -> str:
    """Return a desk in ten in the formats that have no words."""
    names = ("csv", "ndjson", "prometheus")
    return _told({name: view(name, LIST)(lines[::10], Text("en")) for name in names})


def _told(pages: Mapping[str, Iterable[str]]) -> str:
    return "".join(f"=== {name} ===\n{''.join(parts)}\n" for name, parts in pages.items())


def html(diagnoses: Iterable[Diagnosis], language: str, paper: Paper | None = None) -> str:
    """Return the HTML page as the command line has it made, with nationwide facts alone."""
    institution = institutions.load()
    text = Text(language, ZONE, institution=institution.values())
    guides = {
        name: procedures.guide(each, None, institution) for name, each in procedures.load().items()
    }
    moments = partial(courses, policy=Policy())
    return "".join(view("html")(diagnoses, text, paper, guides=guides, courses=moments))


def html_body(diagnosis: Diagnosis, language: str) -> str:
    """Return what changes from page to page: the style does not."""
    return html([diagnosis], language).partition("</style>")[2]


_PRODUCTS = {"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so": "OpenSC"}


def _renderers() -> dict[str, Callable[..., Iterator[str]]]:
    """Return every view with words, by the name of its file, and the terminal's on a phone."""
    kept_elsewhere = ("ics", "html")  # read back instead; a few pages
    found = {
        name if subject == DIAGNOSIS else subject: view(name, subject)
        for name, subject in DIAGNOSES
        if name not in ("json", *kept_elsewhere)
    }
    found["narrow"] = partial(view("terminal"), paper=Paper(width=40, symbols=False))
    found["drivers"] = partial(found["drivers"], products=_PRODUCTS)
    return found


def _json() -> str:
    """Return the documents of one desk: a program's promise, spelt out once."""
    diagnosis = diagnose(redact(desk(), KEY), AT)
    views = [view(*each) for each in DIAGNOSES if "json" in each]
    documents = ["".join(shown([diagnosis], Text("en"))) for shown in views]
    for document in documents:
        json.loads(document)
    return "\n".join(documents)


def main() -> None:
    """Write all golden files."""
    for name, page in pages().items():
        (FOLDER / name).write_text(page, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
