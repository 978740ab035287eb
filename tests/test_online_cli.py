# SPDX-License-Identifier: Apache-2.0
"""`--online` from the command line to the finding, and that nothing of it happens without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from tests.conftest import Tokens
from tests.rig.authority import HOLDER, ISSUER, NUMBER, ROOT, Signer, answer, nes
from tests.rig.softhsm import SoftHsm
from tests.rig.web import Web


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Web]:
    with Web() as server:
        yield server


@pytest.fixture(name="leaf", scope="module")
def _leaf(server: Web) -> Signer:
    leaf = nes(ocsp_urls=[f"{server.url}/ocsp"])
    server.put("/ocsp", answer(leaf))
    return leaf


@pytest.fixture(name="store", scope="module")
def _store(leaf: Signer, tokens: Tokens) -> SoftHsm:
    return tokens(("NES", leaf.der), ("KESHS", ISSUER.der), ("Kök", ROOT.der))


@pytest.fixture(name="settings")
def _settings(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "config.toml"
    file.write_text(f'[online]\nroots = ["{ROOT.sha256.lower()}"]\nallow_private = true\n')
    return {"CARDTOOL_CONFIG": str(file), "CARDTOOL_LANG": "en", "NO_PROXY": "*"}


def _run(store: SoftHsm, settings: dict[str, str], *arguments: str) -> Result:
    environment = {**settings, "SOFTHSM2_CONF": store.env["SOFTHSM2_CONF"]}
    words = (*arguments, "--module", str(store.module))
    return CliRunner(env=environment).invoke(main, words)


def _json(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_nobody_is_asked_by_default(store: SoftHsm, settings: dict[str, str], server: Web) -> None:
    before = len(server.seen)

    found = _json(_run(store, settings, "check", "--format", "json"))

    assert found["snapshot"]["trust"] is None
    assert not [each for each in found["findings"] if "status" in each["code"]]
    assert len(server.seen) == before


def test_the_issuer_is_asked_where_somebody_wants_it(
    store: SoftHsm, settings: dict[str, str], leaf: Signer
) -> None:
    found = _json(_run(store, settings, "check", "--online", "--format", "json"))

    codes = [each["code"] for each in found["findings"]]
    assert {"nes-trusted", "nes-status-good"} <= set(codes)
    (trust,) = found["snapshot"]["trust"]
    assert trust["chain"] == [leaf.sha256, ISSUER.sha256, ROOT.sha256]
    assert NUMBER not in json.dumps(found)
    assert HOLDER not in json.dumps(found, ensure_ascii=False)


def test_a_person_is_told_who_answered_and_when(
    store: SoftHsm, settings: dict[str, str], server: Web
) -> None:
    shown = _run(store, settings, "--online", "-v").stdout

    assert "The certificate is neither revoked nor suspended." in " ".join(shown.split())
    assert f"{server.url}/ocsp" in shown


def test_the_list_of_certificates_shows_who_answered_too(
    store: SoftHsm, settings: dict[str, str], server: Web, leaf: Signer
) -> None:
    shown = " ".join(_run(store, settings, "certs", "--online").stdout.split())
    found = _json(_run(store, settings, "certs", "--online", "--format", "json"))

    assert "Revocation: neither revoked nor suspended" in shown
    assert f"{server.url}/ocsp (OCSP)" in shown
    (trust,) = found["trust"]
    assert found["judged"][trust["sha256"]]["kind"] == "nes"
    assert trust["chain"][0] == leaf.sha256


def _imported_by(*words: str) -> str:
    command = [sys.executable, "-X", "importtime", "-P", "-m", "cardtool", *words]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_PROXY": "*"},
    )
    return done.stderr


@pytest.mark.parametrize("job", ["pcsc", "pkcs11", "system"])
def test_no_other_child_loads_what_validates(job: str) -> None:
    loaded = _imported_by("worker", job)

    assert "cardtool.probe" in loaded
    assert "pyhanko" not in loaded


def test_only_the_child_that_asks_loads_what_validates() -> None:
    assert "pyhanko_certvalidator" in _imported_by("worker", "online")


@pytest.mark.parametrize("more", [(), ("--online",)])
def test_the_parent_loads_no_part_of_it(more: tuple[str, ...]) -> None:
    loaded = _imported_by("check", "--format", "json", "--timeout", "3", *more)

    assert "cardtool.rules" in loaded
    for name in ("pyhanko", "cryptography", "asn1crypto", "httpcore", "http.client", " ssl"):
        assert name not in loaded
