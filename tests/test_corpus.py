# SPDX-License-Identifier: Apache-2.0
"""The laws every described desk keeps."""

import gc
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cardtool.fleet.columns import columns
from cardtool.model.diagnosis import Severity
from cardtool.model.snapshot import decode, encode
from cardtool.rules import diagnose
from cardtool.rules.codes import RETIRED, ROWS
from cardtool.rules.renewal import Policy
from tests.described import FILES, read

every_case = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def _holds(whole: object, part: object) -> bool:
    """Tell whether all of a part is there unchanged; a case need not list what is as always."""
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _holds(whole[key], part[key]) for key in part)
    if isinstance(whole, list) and isinstance(part, list):
        return len(whole) == len(part) and all(map(_holds, whole, part))
    return whole == part


@every_case
def test_decodes_and_encodes_to_itself(file: Path) -> None:
    case = read(file)

    again = encode(decode(msgspec.json.encode(case.snapshot)))

    assert _holds(msgspec.json.decode(again), case.snapshot)


@every_case
def test_gives_exactly_what_is_expected(file: Path) -> None:
    case = read(file)

    diagnosis = diagnose(case.desk(), case.at)

    assert tuple(each.code for each in diagnosis.findings) == case.expect
    assert case.verdict == diagnosis.verdict


@every_case
def test_each_finding_gives_exactly_the_facts_of_its_row(file: Path) -> None:
    case = read(file)

    for each in diagnose(case.desk(), case.at).findings:
        assert set(each.facts) == set(ROWS[each.code].facts), each.code


_NAMED = (
    "atr", "holder", "identity", "issuer", "label", "module", "reader", "readers", "serial",
    "sha256", "version",
)  # fmt: skip
"""Facts that are taken from the snapshot as they stand there."""


def _texts(node: object) -> Iterator[str]:
    match node:
        case str():
            yield node
        case dict():
            yield from _texts(list(node.values()))
        case list() | tuple():
            for part in node:
                yield from _texts(part)


@every_case
def test_what_a_finding_names_stands_in_the_snapshot(file: Path) -> None:
    case = read(file)
    texts = "\n".join(_texts(msgspec.to_builtins(case.desk())))

    for each in diagnose(case.desk(), case.at).findings:
        named = {name: str(each.facts[name]) for name in _NAMED if name in each.facts}
        for part in (part for fact in named.values() for part in fact.split(", ")):
            assert part not in {"", "-"}, (each.code, named)
            assert part in texts, (each.code, named)


@every_case
def test_its_modules_are_libraries_of_its_system(file: Path) -> None:
    desk = read(file).desk()
    usual = {"linux": "elf", "win32": "pe", "darwin": "mach-o"}[desk.host.platform]
    usual = usual if desk.seen is None else ""  # another program's output shows no library

    for module in desk.modules:
        assert getattr(module.library, "format", usual) == usual, module.path


@every_case
def test_its_people_are_invented(file: Path) -> None:
    for number in re.findall(r"(?<![0-9A-F])[1-9][0-9]{10}(?![0-9A-F])", file.read_text("utf-8")):
        digits = [int(digit) for digit in number]

        assert number.startswith("1000000")
        assert digits[9] == (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
        assert digits[10] == sum(digits[:10]) % 10


def test_every_code_is_expected_somewhere() -> None:
    expected = {code for file in FILES for code in read(file).expect}

    assert expected == set(ROWS)


def test_every_code_that_decides_does_so_somewhere() -> None:
    decided = {read(file).verdict for file in FILES}

    may_decide = {code for code, row in ROWS.items() if row.severity is not Severity.OK}
    assert may_decide - decided == {"driver-none"}  # there is always a reader's trouble before it


def test_no_retired_code_is_given_again() -> None:
    assert not set(RETIRED) & set(ROWS)


def test_judging_leaves_no_cycle_to_be_collected() -> None:
    """A process that judges a million snapshots would grow by each cycle it leaves."""
    every = [read(file) for file in FILES]

    def judge() -> None:
        for each in every:
            columns(each.desk(), each.at, Policy())

    judge()  # what is remembered of the last snapshots stays
    was_on = gc.isenabled()
    gc.disable()
    try:
        gc.collect()
        judge()
        assert gc.collect() == 0
    finally:
        if was_on:
            gc.enable()
