# SPDX-License-Identifier: Apache-2.0
"""Whatever hangs, the verdict comes in time and names what could not be seen."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.rig.card import AKIS_CURRENT_ATR, ScriptedCard, mute_card
from tests.rig.command import COMMAND
from tests.rig.modules import hostile_module
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real

_GRACE_S = 1.0
"""For what happens after the last deadline: putting the answer together."""


def _check(service: PcscService, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, "check", "--format", "json", *arguments],
        env=service.env,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _bad(found: dict[str, Any]) -> list[str]:
    return [each["code"] for each in found["findings"] if each["severity"] != "ok"]


@pytest.mark.parametrize("limit_s", [None, 3])
def test_a_hanging_module_a_mute_card_and_a_stopped_service_at_once(
    tmp_path: Path, limit_s: int | None
) -> None:
    module = hostile_module(tmp_path, "hang-in-initialize")
    limit = [] if limit_s is None else ["--timeout", str(limit_s)]
    with PcscService(1) as service:
        service.insert(mute_card())
        service.stop()

        found = _check(service, "--module", str(module.path), *limit)

    assert _bad(found) == ["service-stopped", "driver-hung"]
    assert found["snapshot"]["elapsed_s"] <= (limit_s or 10) + _GRACE_S


def test_a_hanging_module_beside_a_mute_card(tmp_path: Path) -> None:
    module = hostile_module(tmp_path, "hang-in-token-info")
    good = ScriptedCard(atr=AKIS_CURRENT_ATR, answer=lambda _: b"\x6d\x00", quick=True)
    with PcscService(2) as service:
        service.insert(good, 0)
        service.insert(mute_card(), 1)

        found = _check(service, "--module", str(module.path), "--timeout", "3")

    assert _bad(found) == ["card-mute", "token-hung"]
    assert found["snapshot"]["elapsed_s"] <= 3 + _GRACE_S


def test_a_service_that_answers_nothing_leaves_time_for_the_module(tmp_path: Path) -> None:
    module = hostile_module(tmp_path, "hang-in-initialize")
    with PcscService(1) as service:
        service.insert(mute_card())
        subprocess.run(["kill", "-STOP", str(service.pid)], check=True)
        try:
            found = _check(service, "--module", str(module.path), "--timeout", "4")
        finally:
            subprocess.run(["kill", "-CONT", str(service.pid)], check=True)

    assert _bad(found) == ["service-timeout", "driver-hung"]
    assert found["snapshot"]["elapsed_s"] <= 4 + _GRACE_S


def test_a_named_module_that_hangs_is_the_verdict_where_no_reader_is_there(tmp_path: Path) -> None:
    module = hostile_module(tmp_path, "hang-in-initialize")
    with PcscService(0) as service:
        found = _check(service, "--module", str(module.path), "--timeout", "3")

    assert _bad(found) == ["driver-hung", "reader-missing"]
    assert found["verdict"] == "driver-hung"
