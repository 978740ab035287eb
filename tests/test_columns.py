# SPDX-License-Identifier: Apache-2.0
"""What the store keeps of a snapshot in columns gives the line of a list again."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from cardtool.fleet.columns import LONGEST, Columns, columns, line
from cardtool.model.refused import Refused
from cardtool.model.snapshot import Snapshot
from cardtool.rules import diagnose
from cardtool.rules.renewal import Policy
from cardtool.rules.summary import summarise
from tests import desks, fleets
from tests.described import FILES, read

AT = desks.AT


def _columns(snapshot: Snapshot) -> Columns:
    return columns(snapshot, AT, Policy())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_line_is_told_from_its_columns_as_from_its_snapshot(file: Path) -> None:
    case = read(file)
    made = columns(case.desk(), case.at, Policy())

    assert line(made.workstation, case.at) == summarise(diagnose(case.desk(), case.at))
    for each in made.certificates:
        assert each.first_seen_us == each.last_seen_us == made.workstation.taken_us
        assert each.not_before_us < each.not_after_us


def test_a_text_that_no_database_takes_is_kept_in_another_spelling() -> None:
    made = _columns(fleets.snapshot("masa", AT, desks.nes(), unit="a\0b", user="c"))

    assert "\0" not in made.workstation.unit
    assert made.workstation.unit.startswith("a")
    assert made.workstation.unit.endswith("b")
    assert (made.workstation.host, made.workstation.user) == ("masa", "c")


@pytest.mark.parametrize(("size", "is_taken"), [(LONGEST, True), (LONGEST + 1, False)])
def test_a_name_is_kept_up_to_its_limit(size: int, *, is_taken: bool) -> None:
    snapshot = fleets.snapshot("masa", AT, desks.nes(), unit="x" * size)
    if is_taken:
        assert _columns(snapshot).workstation.unit == "x" * size
    else:
        with pytest.raises(Refused) as refused:
            _columns(snapshot)
        assert refused.value.code == "import-long"


def test_what_names_no_workstation_or_is_of_no_format_is_refused() -> None:
    snapshot = fleets.snapshot("masa", AT, desks.nes())
    nameless = replace(snapshot, host=replace(snapshot.host, name=""), origin=None)

    for odd, code in (
        (nameless, "import-nameless"),
        (replace(snapshot, schema=0), "import-format"),
    ):
        with pytest.raises(Refused) as refused:
            _columns(odd)
        assert refused.value.code == code


def test_what_is_not_known_is_no_moment() -> None:
    made = _columns(fleets.without_reader("masa", AT - timedelta(days=1))).workstation

    assert (made.not_before_us, made.not_after_us, made.card_seen_us) == (None, None, None)
    assert line(made, AT, Policy()).opens_at is None
