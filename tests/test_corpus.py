# SPDX-License-Identifier: Apache-2.0
"""The laws every described desk of tests/corpus keeps."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cardtool.model.snapshot import decode, encode
from cardtool.rules import diagnose
from cardtool.rules.codes import RETIRED, ROWS


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: a desk, a moment, and all that should be found there, in order."""

    about: str
    at: datetime
    snapshot: dict[str, Any]
    expect: tuple[str, ...]
    verdict: str | None = None


FILES = sorted((Path(__file__).parent / "corpus").glob("*.json"))
every_case = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def _read(file: Path) -> Case:
    return msgspec.json.decode(file.read_bytes(), type=Case)


@every_case
def test_decodes_and_encodes_to_itself(file: Path) -> None:
    case = _read(file)

    again = encode(decode(msgspec.json.encode(case.snapshot)))

    assert msgspec.json.decode(again) == case.snapshot


@every_case
def test_gives_exactly_what_is_expected(file: Path) -> None:
    case = _read(file)

    diagnosis = diagnose(decode(msgspec.json.encode(case.snapshot)), case.at)

    assert tuple(each.code for each in diagnosis.findings) == case.expect
    assert case.verdict in (None, diagnosis.verdict)


@every_case
def test_each_finding_gives_exactly_the_facts_of_its_row(file: Path) -> None:
    case = _read(file)

    for each in diagnose(decode(msgspec.json.encode(case.snapshot)), case.at).findings:
        assert set(each.facts) == set(ROWS[each.code].facts), each.code


@every_case
def test_its_people_are_invented(file: Path) -> None:
    for number in re.findall(r"(?<![0-9A-F])[1-9][0-9]{10}(?![0-9A-F])", file.read_text("utf-8")):
        digits = [int(digit) for digit in number]

        assert number.startswith("1000000")
        assert digits[9] == (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
        assert digits[10] == sum(digits[:10]) % 10


def test_every_code_is_expected_somewhere() -> None:
    expected = {code for file in FILES for code in _read(file).expect}

    assert expected == set(ROWS)


def test_every_code_that_decides_does_so_somewhere() -> None:
    decided = {_read(file).verdict for file in FILES}

    assert {code for code, row in ROWS.items() if row.steps} <= decided


def test_no_retired_code_is_given_again() -> None:
    assert not set(RETIRED) & set(ROWS)
