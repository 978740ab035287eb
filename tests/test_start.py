# SPDX-License-Identifier: Apache-2.0
"""What a start imports, so that it stays lean: of each process an upper bound, and what never."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.conftest import require
from tests.real.desks import nes
from tests.rig import opensc, pcsc
from tests.rig.driver import Driver
from tests.rig.pcsc import PcscService

_HEAVY = {
    "alembic",
    "asyncio",
    "cryptography",
    "email",
    "holidays",
    "http.client",
    "httpx",
    "jinja2",
    "multiprocessing",
    "rich",
    "sqlalchemy",
    "ssl",
    "xml",
}
_NATIVE = {"ctypes", "pkcs11", "smartcard"}
_EXTENSIONS = "_socket"
"""What typing_extensions imports: a try to import that module is in the list even if it failed."""


def _imported(*arguments: str, environ: Mapping[str, str] = os.environ) -> set[str]:
    """Return the modules that a process imports beyond what Python itself does."""
    program = [sys.executable, "-P", "-X", "importtime"]
    # who waits for another check loads psutil; who asks the system for its language, more still
    alone = {**environ, "CARDTOOL_LOCK": "", "CARDTOOL_LANG": "tr"}
    names = []
    for code in (("-c", "pass"), ("-m", "cardtool", *arguments)):
        done = subprocess.run(
            [*program, *code],
            env=alone,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
        names.append({line.rpartition("|")[2].strip() for line in lines[1:]})
    return names[1] - names[0]


@pytest.mark.parametrize(
    ("arguments", "ours", "others", "never"),
    [
        (
            ("--help",),
            14,
            73,
            _HEAVY
            | _NATIVE
            | {"locale", "logging", "msgspec", "pathlib", "shutil", "subprocess", "tomllib"},
        ),
        (
            ("fleet", "--help"),
            14,
            79,
            _HEAVY | _NATIVE | {"msgspec", "pathlib", "shutil", "tomllib"},
        ),
        (
            ("check", "--format", "json", "--timeout", "1"),
            92,
            124,
            _HEAVY | _NATIVE | {_EXTENSIONS, "platformdirs", "shutil", "tempfile"},
        ),
        (
            ("worker", "pcsc"),
            5,
            49,
            _HEAVY | {"pathlib", "pkcs11", "msgspec", "smartcard.System"},
        ),
        (("worker", "pkcs11"), 20, 104, _HEAVY | {"smartcard", "asn1crypto"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_start_imports_no_more_than_it_needs(
    arguments: tuple[str, ...], ours: int, others: int, never: set[str]
) -> None:
    names = _imported(*arguments)
    mine = {name for name in names if name.partition(".")[0] == "cardtool"}

    assert names & never == set()
    assert len(mine) <= ours, sorted(mine)
    assert len(names - mine) <= others, sorted(names - mine)


@pytest.mark.real
def test_a_check_of_a_card_imports_no_more_than_it_needs() -> None:
    require(not pcsc.missing(), pcsc.missing())
    kind = opensc.CARDS["piv"]
    with PcscService(1, driver=Driver.SYSTEM) as service:
        service.insert(kind.make(nes(400)))
        arguments = ("check", "--format", "json", "--module", str(opensc.module()))
        names = _imported(*arguments, environ=service.env)
    mine = {name for name in names if name.partition(".")[0] == "cardtool"}

    assert "cardtool.rules" in mine
    never = _HEAVY | _NATIVE | {_EXTENSIONS, "json", "platformdirs", "subprocess", "tempfile"}
    assert names & never == set()
    assert len(mine) <= 92, sorted(mine)
    assert len(names - mine) <= 121, sorted(names - mine)
