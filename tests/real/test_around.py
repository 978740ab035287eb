# SPDX-License-Identifier: Apache-2.0
"""What surrounds a card reaches the snapshot, and what was well is kept for the next check."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.real.desks import AT, CASES, Desk, akis, desk, nes
from tests.rig.command import COMMAND

pytestmark = pytest.mark.real


def _check(at: Desk, *arguments: str) -> dict[str, Any]:
    command = [str(COMMAND), "check", "--format", "json", *at.arguments, *arguments]
    done = subprocess.run(command, env=at.env, capture_output=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_program_that_holds_a_card_is_named(tmp_path: Path) -> None:
    with ExitStack() as stack:
        held = CASES["card-held-by-another-program"].build(stack, tmp_path)

        found = _check(held, "--at", AT.isoformat())

    program = Path(sys.executable).name
    assert program in [each["name"] for each in found["snapshot"]["clients"]]
    assert program in found["findings"][0]["facts"]["programs"]


def test_nobody_looks_for_programs_where_no_card_is_held(tmp_path: Path) -> None:
    with ExitStack() as stack:
        found = _check(CASES["valid"].build(stack, tmp_path), "--at", AT.isoformat())

    assert found["snapshot"]["clients"] is None
    assert found["snapshot"]["host"]["services"] == []


def test_a_snapshot_says_when_its_program_was_built(tmp_path: Path) -> None:
    with ExitStack() as stack:
        found = _check(CASES["no-reader"].build(stack, tmp_path))

    assert found["snapshot"]["built_at"] < found["snapshot"]["taken_at"]


@pytest.mark.parametrize(("days_left", "is_kept"), [(30_000, True), (-100, False)])
def test_only_what_is_well_is_kept(days_left: int, *, is_kept: bool) -> None:
    with ExitStack() as stack:
        made = desk(stack, akis(nes(days_left, days=days_left + 1_000)))
        kept = Path(made.env["CARDTOOL_STATE"])

        _check(made, "--at", AT.isoformat())
        assert not kept.exists()

        _check(made)

        assert kept.exists() is is_kept
