# SPDX-License-Identifier: Apache-2.0
"""A reader is asked whatever letters are in its name, also where those are no UTF-8."""

from typing import Any

import pytest

from tests.real.desks import AT, akis, nes
from tests.rig.card import PullOut
from tests.rig.command import checked
from tests.rig.pcsc import READER, PcscService

pytestmark = pytest.mark.real

_TURKISH = "ACS Kart Okuyucu Ğüİş"
_BYTES = _TURKISH.encode("cp1254").decode("utf-8", "surrogateescape")
"""The same as a driver of another age writes it."""

any_name = pytest.mark.parametrize(
    ("name", "shown"),
    [(_TURKISH, f"{_TURKISH} 00 00"), (_BYTES, "ACS Kart Okuyucu \ufffd\ufffd\ufffd\ufffd 00 00")],
    ids=["turkish", "no-utf-8"],
)


def _check(service: PcscService) -> dict[str, Any]:
    return checked(service.env, "--at", AT.isoformat())


@any_name
def test_an_empty_reader_is_empty(name: str, shown: str) -> None:
    with PcscService(1, names=(name,)) as service:
        found = _check(service)

    assert found["verdict"] == "card-missing"
    assert found["findings"][0]["facts"] == {"readers": shown}


@any_name
def test_a_card_is_read(name: str, shown: str) -> None:
    with PcscService(1, names=(name,)) as service:
        service.insert(akis(nes(400)))
        found = _check(service)

    assert found["verdict"] == "nes-valid"
    facts = next(each["facts"] for each in found["findings"] if each["code"] == "nes-valid")
    assert facts["reader"] == shown


@any_name
@pytest.mark.parametrize("tells_presence", [True, False])
def test_a_card_that_is_pulled_is_said(name: str, shown: str, *, tells_presence: bool) -> None:
    with PcscService(1, names=(name,), tells_presence=tells_presence) as service:
        service.insert(akis(nes(-30), nes(400), fault=PullOut(after=17)))
        found = _check(service)

    assert found["verdict"] == "card-pulled"
    assert found["findings"][0]["facts"] == {"reader": shown}


@any_name
def test_a_reader_beside_it_is_asked_too(name: str, shown: str) -> None:
    with PcscService(2, names=(name, READER)) as service:
        service.insert(akis(nes(400)), 1)
        found = _check(service)

    assert found["verdict"] == "nes-valid"
    readers = {each["name"]: each["states"] for each in found["snapshot"]["readers"]}
    assert readers[shown] == ["EMPTY"]
