# SPDX-License-Identifier: Apache-2.0
"""`cardtool remind` with a card, on a D-Bus with a notification service."""

import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from tests.real.desks import AT, NAME, NUMBER, akis, nes
from tests.rig.command import COMMAND
from tests.rig.notices import Bus, Desktop
from tests.rig.pcsc import PcscService

pytestmark = pytest.mark.real


@pytest.fixture(name="bus")
def _bus(socket_folder: Path) -> Iterator[Bus]:
    with Bus(socket_folder) as bus:
        yield bus


def _remind(env: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "remind", "--run", "--lang", "tr", "--timeout", "5", *options],
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _at(moment: datetime) -> tuple[str, str]:
    return "--at", moment.isoformat()


def test_a_notice_is_shown_when_renewal_may_be_asked_for(bus: Bus) -> None:
    with PcscService(1) as service, Desktop(bus, None) as desktop:
        service.insert(akis(nes(89.5)))
        done = _remind(bus.env(service.env), *_at(AT))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (notice,) = desktop.shown
    assert notice["title"] == "E-imza sertifikanızın süresi doluyor"
    assert notice["body"].startswith("89 gün kaldı, 29 Ağustos. Güvenli başvuru için son gün: ")
    assert NAME not in str(notice)
    assert NUMBER not in str(notice)
