# SPDX-License-Identifier: Apache-2.0
"""Certificates out of a token of another vendor: listed, and exported as files."""

import datetime as dt
import hashlib
import json
import shutil
import ssl
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cardtool.cli import main
from tests.conftest import require
from tests.rig.certificates import ca, nes, tckn
from tests.rig.softhsm import SoftHsm, module_path

NUMBER = tckn(7)
HOLDER = "DENİZ ÖRNEK"
NES = nes(
    name=HOLDER,
    number=NUMBER,
    not_before=dt.datetime(2025, 1, 10, 8, tzinfo=dt.UTC),
    not_after=dt.datetime(2028, 1, 10, 8, tzinfo=dt.UTC),
)
CA = ca().der
PRINTS = {hashlib.sha256(der).hexdigest().upper(): der for der in (NES, CA)}
NES_PRINT = hashlib.sha256(NES).hexdigest().upper()


@pytest.fixture(name="store", scope="module")
def _store(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    try:
        module_path()
    except FileNotFoundError as error:
        require(None, str(error))
    store = SoftHsm(tmp_path_factory.mktemp("store"))
    store.add([(f"{NUMBER}NES0", NES), ("KESHS", CA)])
    return store


def _certs(store: SoftHsm, *arguments: str) -> Result:
    runner = CliRunner(env={"SOFTHSM2_CONF": store.env["SOFTHSM2_CONF"], "CARDTOOL_LANG": "en"})
    return runner.invoke(main, ("certs", "--module", str(store.module), *arguments))


def test_each_certificate_is_listed_with_its_number_masked(store: SoftHsm) -> None:
    result = _certs(store, "--at", "2026-11-23")

    assert result.exit_code == 0
    assert HOLDER in result.stdout
    assert "Days left:     413" in result.stdout
    assert NUMBER not in result.stdout
    assert all(f"  SHA-256: {print_}\n" in result.stdout for print_ in PRINTS)


def test_the_list_as_data_holds_no_person_unless_asked(store: SoftHsm) -> None:
    redacted = _certs(store, "--format", "json")
    kept = _certs(store, "--format", "json", "--keep-personal")

    assert NUMBER not in redacted.stdout
    assert HOLDER not in redacted.stdout
    lists = [each["token"]["certificates"] for each in json.loads(kept.stdout)["tokens"]]
    found = {one["sha256"]: one["der"] for some in lists if "name" not in some for one in some}
    assert found == {print_: der.hex().upper() for print_, der in PRINTS.items()}


def test_all_certificates_leave_as_one_pem_bundle(store: SoftHsm) -> None:
    pem = _certs(store, "export").stdout

    parts = [
        f"{part}-----END CERTIFICATE-----\n"
        for part in pem.split("-----END CERTIFICATE-----\n")[:-1]
    ]
    assert {ssl.PEM_cert_to_DER_cert(part) for part in parts} == {NES, CA}
    assert max(map(len, pem.splitlines())) == 64


def test_one_certificate_is_chosen_by_its_fingerprint(store: SoftHsm, tmp_path: Path) -> None:
    path = tmp_path / "nes.der"
    colons = ":".join(NES_PRINT[place : place + 2] for place in range(0, 12, 2)).lower()

    assert _certs(store, "export", "--form", "der", "--sha256", colons).stdout_bytes == NES
    chosen = _certs(store, "export", "--form", "der", "--sha256", colons, "-o", str(path))

    assert chosen.exit_code == 0
    assert path.read_bytes() == NES


def test_a_folder_gets_one_file_for_each_without_a_person_in_its_name(
    store: SoftHsm, tmp_path: Path
) -> None:
    for folder in (tmp_path, tmp_path / "new"):
        assert _certs(store, "export", "--form", "der", "-o", f"{folder}/").exit_code == 0
        files = {path.name: path.read_bytes() for path in folder.glob("*.der")}
        assert files == {f"{print_[:16]}.der": der for print_, der in PRINTS.items()}


def test_a_driver_is_told_with_its_product_where_its_file_name_is_known(
    store: SoftHsm, tmp_path: Path
) -> None:
    unknown = tmp_path / "libunknown.so"
    shutil.copy(store.module, unknown)
    runner = CliRunner(env={"SOFTHSM2_CONF": store.env["SOFTHSM2_CONF"], "CARDTOOL_LANG": "en"})

    known = runner.invoke(main, ("drivers", "--module", str(store.module)))
    other = runner.invoke(main, ("drivers", "--module", str(unknown)))

    assert "For:        SoftHSM 2\n" in known.stdout
    assert "For:" not in other.stdout
    assert str(unknown) in other.stdout.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--form", "der"), "Choose one with --sha256"),
        (("--sha256", "00000000000000"), f"{NES_PRINT[:16]}"),
        (("-o", "/proc/none/"), "/proc/none: "),
        (("-o", "/nonexistent/x.pem"), "/nonexistent/x.pem: It could not be written (No such file"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_sentence(
    store: SoftHsm, arguments: tuple[str, ...], said: str
) -> None:
    result = _certs(store, "export", *arguments)

    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
