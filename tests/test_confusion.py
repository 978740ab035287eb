# SPDX-License-Identifier: Apache-2.0
"""No desk is told another desk's trouble: what each page says is what its desk should be told.

What should be found comes from the described desk, never from the rules; what is said is read back
from the page by the patterns of all sentences there are.
"""

import json
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cardtool.cli import main
from cardtool.model.diagnosis import Diagnosis, Severity
from cardtool.model.redact import mask
from cardtool.rules import diagnose
from cardtool.rules.codes import ROWS
from cardtool.text import LANGUAGES, Text, load_words
from cardtool.views import DIAGNOSIS, view
from cardtool.views.harmless import harmless
from cardtool.views.paper import Paper
from cardtool.views.people.marks import Mark
from tests.described import FILES, Case, read
from tests.golden.desk import ZONE
from tests.golden.write import DIAGNOSES
from tests.page import blocks

_WIDE = Paper(width=5000, whole=True)
"""Every sentence is one line on it."""
_MARKS = tuple(f"{_WIDE.symbol(mark)} " for mark in Mark)
_EXITS = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
"""Source: Monitoring Plugins Development Guidelines, plugin return codes."""

every_case = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
every_language = pytest.mark.parametrize("language", LANGUAGES)
every_page = pytest.mark.parametrize(
    ("form", "subject"), [each for each in DIAGNOSES if "json" not in each]
)
every_document = pytest.mark.parametrize(
    "subject", [subject for form, subject in DIAGNOSES if form == "json"]
)


@cache
def _patterns(language: str) -> dict[str, re.Pattern[str]]:
    """Return by code what its sentence looks like with any facts."""
    return {
        code: re.compile(
            "|".join(_pattern(words[key]) for key in words if not key.startswith("means"))
        )
        for code, words in _words(language)
    }


def _words(language: str) -> list[tuple[str, dict[str, str]]]:
    return [(code, load_words(language)["finding"][code]) for code in ROWS]


def _pattern(sentence: str) -> str:
    parts = string.Formatter().parse(sentence)
    return "".join(re.escape(words) + ("" if name is None else ".*") for words, name, *_ in parts)


def _codes(line: str, language: str) -> list[str]:
    """Return the codes whose sentence this could be."""
    return [code for code, each in _patterns(language).items() if each.fullmatch(line)]


@cache
def _diagnosis(file: Path) -> tuple[Case, Diagnosis]:
    case = read(file)
    return case, diagnose(mask(case.desk()), case.at)


def _lines(form: str, subject: str, diagnosis: Diagnosis, language: str) -> list[str]:
    """Return the lines of a page without the marks before them."""
    page = "".join(view(form, subject)([diagnosis], Text(language, ZONE), _WIDE))
    if form == "html":
        return blocks(page)
    lines = (line.strip() for line in page.splitlines())
    return [line[2:] if line.startswith(_MARKS) else line for line in lines if line]


def _worst(case: Case) -> Severity:
    return max((ROWS[code].severity for code in case.expect), key=lambda each: each.rank)


@every_language
@every_case
def test_a_sentence_is_that_of_one_code_only(file: Path, language: str) -> None:
    _, diagnosis = _diagnosis(file)

    for each in diagnosis.findings:
        said = Text(language, ZONE).says(harmless(each)).strip()
        assert _codes(said, language) == [each.code]
        assert "\N{HORIZONTAL ELLIPSIS}" not in said


@every_page
@every_language
@every_case
def test_a_page_says_what_should_be_found_and_nothing_else(
    file: Path, language: str, form: str, subject: str
) -> None:
    case, diagnosis = _diagnosis(file)
    text = Text(language, ZONE)

    lines = _lines(form, subject, diagnosis, language)
    phase = diagnosis.deciding.facts.get("phase")

    said = sorted(code for line in lines for code in _codes(line, language))
    if (form, subject) == ("terminal", DIAGNOSIS):
        assert said == sorted((*case.expect, case.verdict))
        assert lines[0] == text.label(f"severity-{_worst(case).value}")
        assert _codes(lines[1], language) == [case.verdict]
        assert lines[2] == text.means(case.verdict, phase)
    elif form == "html":
        state = text.label(f"severity-{_worst(case).value}")
        place = lines.index(f"{state} ({diagnosis.deciding.number})")
        heading = lines.pop(place + 1)  # without what only experts read: no sentence of a code
        deciding = harmless(diagnosis.deciding)
        assert deciding.code == case.verdict
        assert heading == text.plainly(deciding, diagnosis.at, with_reader=False)
        said = sorted(code for line in lines for code in _codes(line, language))
        assert said == sorted(case.expect)
        assert lines[place + 1] == text.means(case.verdict, phase).replace("`", "")
    elif text.label("no-certificates") in lines:
        assert said == [case.verdict]
    elif subject == "drivers" and case.verdict == "check-running":
        assert said == [case.verdict]  # no driver was asked, and that is why
    else:
        assert said == []


@every_document
@every_case
def test_a_document_has_what_should_be_found_and_nothing_else(file: Path, subject: str) -> None:
    case, diagnosis = _diagnosis(file)

    (document,) = map(json.loads, view("json", subject)([diagnosis]))

    if subject == DIAGNOSIS:
        found = document.pop("findings")
        assert [each["code"] for each in found] == list(case.expect)
        assert [each["severity"] for each in found] == [ROWS[code].severity for code in case.expect]
        assert document.pop("verdict") == case.verdict
        assert document.pop("severity") == _worst(case)
        assert set(document.pop("todo", ())) <= {*case.expect}
    assert not ROWS.keys() & set(_strings(document))


def _strings(document: Any) -> Iterator[str]:  # noqa: ANN401 - whatever JSON holds
    match document:
        case str():
            yield document
        case list():
            for each in document:
                yield from _strings(each)
        case dict():
            yield from _strings(list(document.values()))


@every_case
def test_the_exit_status_is_that_of_the_worst(file: Path) -> None:
    case = read(file)
    runner = CliRunner(env={"CARDTOOL_CONFIG": ""})

    done = runner.invoke(
        main, ["diagnose", str(file), "--at", case.at.isoformat(), "--format", "json"]
    )

    assert done.exit_code == _EXITS[_worst(case).value]
    assert done.stderr == ""


@every_language
def test_every_trouble_is_worded_apart_from_every_other(language: str) -> None:
    says = [words["says"] for _, words in _words(language)]
    means = [words["means"] for _, words in _words(language)]

    assert len(set(says)) == len(set(means)) == len(ROWS)
