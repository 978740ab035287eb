# SPDX-License-Identifier: Apache-2.0
"""Certificates out of a token of another vendor: listed, and exported as files."""

import datetime as dt
import hashlib
import json
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cardtool.catalog import issuers
from cardtool.cli import main
from cardtool.model.certificate import Certificate, Judged, MoneyLimit
from cardtool.model.chain import chain
from cardtool.model.redact import mask
from cardtool.model.snapshot import CertificateObject, Failure
from cardtool.model.trust import Attempt, Status, Trust
from cardtool.rules import diagnose
from cardtool.rules.kinds import Kind
from cardtool.text import LANGUAGES, Text
from cardtool.views.paper import Paper
from cardtool.views.people.inventory import certificates, named
from tests.conftest import Tokens
from tests.golden import desk as described
from tests.rig.certificates import ca, nes, tckn
from tests.rig.softhsm import SoftHsm

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
def _store(tokens: Tokens) -> SoftHsm:
    return tokens((f"{NUMBER}NES0", NES), ("KESHS", CA))


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
    assert "Kind:          personal e-signature (NES)\n" in result.stdout
    assert "Kind:          certification authority\n" in result.stdout


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


def _pem(*ders: bytes) -> str:
    return "".join(map(ssl.DER_cert_to_PEM_cert, ders))


def test_a_chain_is_the_certificate_and_its_issuer_after_it(store: SoftHsm) -> None:
    assert _certs(store, "export", "--form", "chain").stdout == _pem(NES, CA)


def test_the_chain_of_an_authority_is_itself(store: SoftHsm, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    print_ = hashlib.sha256(CA).hexdigest()

    done = _certs(store, "export", "--form", "chain", "--sha256", print_, "-o", str(path))

    assert done.exit_code == 0
    assert path.read_text() == _pem(CA)


def test_a_folder_gets_one_chain_for_each_leaf(store: SoftHsm, tmp_path: Path) -> None:
    assert _certs(store, "export", "--form", "chain", "-o", f"{tmp_path}/").exit_code == 0

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        f"{NES_PRINT[:16]}.chain.pem": _pem(NES, CA)
    }


_ODD = b"\x30\x03\x02\x01\x05"
"""A SEQUENCE of one number: DER, and no certificate."""

_PUT = """
import sys, pkcs11
from pkcs11 import Attribute, CertificateType, ObjectClass
module, pin, value = sys.argv[1:]
token = next(pkcs11.lib(module).get_tokens())
with token.open(rw=True, user_pin=pin) as session:
    session.create_object({
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.TOKEN: True, Attribute.PRIVATE: False, Attribute.LABEL: "odd",
        Attribute.SUBJECT: b"", Attribute.VALUE: bytes.fromhex(value),
    })
"""


@pytest.fixture(name="odd")
def _odd(tmp_path: Path) -> SoftHsm:
    """Give a token with an NES and something that cannot be parsed."""
    store = SoftHsm(tmp_path)
    store.add([("NES0", NES)])
    put = [sys.executable, "-c", _PUT, str(store.module), store.pin, _ODD.hex()]
    subprocess.run(put, env=store.env, check=True)
    return store


def test_what_cannot_be_parsed_is_listed_and_leaves_in_every_form(odd: SoftHsm) -> None:
    print_ = hashlib.sha256(_ODD).hexdigest().upper()

    listed = _certs(odd, "--all").stdout
    left = {
        form: _certs(odd, "export", "--form", form, "--sha256", print_).stdout_bytes
        for form in ("der", "pem", "chain")
    }

    assert print_ in listed
    assert "Bytes:" in listed
    assert left["der"] == _ODD
    assert left["pem"] == left["chain"] == _pem(_ODD).encode()


def test_several_chains_do_not_go_into_one_file(odd: SoftHsm) -> None:
    done = _certs(odd, "export", "--form", "chain")

    assert done.exit_code == 3
    assert done.stdout == ""
    assert NES_PRINT[:16] in done.stderr
    assert done.stderr.count("\n") == 1


def _made(
    number: int, subject: str, issuer: str, *, key: str = "", issuer_key: str = "", year: int = 2030
) -> CertificateObject:
    content = described.certificate(
        described.name(CN=subject) if subject else described.name(),
        issuer=described.name(CN=issuer) if issuer else described.name(),
        subject_key_id=key,
        authority_key_id=issuer_key,
        not_after_at=dt.datetime(year, 1, 1, tzinfo=dt.UTC),
    )
    return CertificateObject(content=content, sha256=f"{number:064X}")


def _chained(first: CertificateObject, *known: CertificateObject) -> list[int]:
    return [int(each.sha256, 16) for each in chain(first, (first, *known))]


def test_a_chain_goes_up_to_the_root_in_whatever_order_they_lie() -> None:
    leaf, middle, root = _made(1, "a", "b"), _made(2, "b", "c"), _made(3, "c", "c")

    assert _chained(leaf, root, middle) == [1, 2, 3]
    assert _chained(leaf, root) == [1]
    assert _chained(root, leaf, middle) == [3]


def test_a_chain_that_bites_its_tail_ends() -> None:
    first, second = _made(1, "a", "b"), _made(2, "b", "a")

    assert _chained(first, second) == [1, 2]


def test_of_issuers_with_one_name_the_key_identifier_decides() -> None:
    leaf = _made(1, "a", "b", issuer_key="AA")
    other, same, unnamed = (
        _made(2, "b", "b", key="BB"),
        _made(3, "b", "b", key="AA"),
        _made(4, "b", "b"),
    )

    assert _chained(leaf, other, same, unnamed) == [1, 3]
    assert _chained(leaf, other, unnamed) == [1, 4]
    assert _chained(leaf, other) == [1]


def test_of_issuers_with_one_key_the_one_that_lasts_longest_is_taken() -> None:
    leaf, old, new = (
        _made(1, "a", "b"),
        _made(2, "b", "b", year=2031),
        _made(3, "b", "b", year=2032),
    )

    assert _chained(leaf, new, old) == _chained(leaf, old, new) == [1, 3]


def test_names_that_are_empty_are_not_the_same_name() -> None:
    assert _chained(_made(1, "a", ""), _made(2, "", "c")) == [1]


def test_bytes_that_make_no_certificate_have_no_issuer() -> None:
    odd = CertificateObject(content=Failure(api="x509", name="ValueError"), sha256="00")

    assert _chained(odd, _made(1, "a", "b")) == [0]
    assert _chained(_made(1, "a", "b"), odd) == [1]


_END = described.certificate(described.person()).not_after_at


def _page(
    *some: CertificateObject,
    everything: bool = True,
    language: str = "en",
    ends_at: dt.datetime = _END,
    trust: tuple[Trust, ...] | None = None,
) -> str:
    snapshot = msgspec.structs.replace(described.desk(*some), trust=trust)
    diagnosis = diagnose(mask(snapshot), described.AT)
    judged = {some[0].sha256: Judged(kind="nes", ends_at=ends_at)}
    parts = certificates(
        [diagnosis],
        Text(language, described.ZONE),
        Paper(width=500),
        judged=judged,
        everything=everything,
    )
    return "".join(parts)


_LAW = "2.16.792.1.61.0.1.5070.1.1"


def _rich() -> Certificate:
    """Return an NES with something in every field."""
    return described.certificate(
        described.person(),
        extended_key_usage=("1.3.6.1.5.5.7.3.4", "1.2.3.4"),
        policies=("2.16.792.1.2.1.1.5.7.1.1",),
        qc_types=("0.4.0.1862.1.6.1",),
        qc_limit=MoneyLimit(currency="TRY", amount=5, exponent=3),
        subject_key_id="AB12",
        authority_key_id="CD34",
        crl_urls=("http://a.example/1.crl", "http://a.example/2.crl"),
        ocsp_urls=("http://ocsp.example",),
        ca_issuer_urls=("http://a.example/1.crt",),
        other_extensions=("1.2.3.5",),
        unreadable=("keyUsage",),
    )


def test_everything_in_a_certificate_is_shown_by_name_when_asked_for() -> None:
    lines = {line.strip() for line in _page(described.held(_rich())).splitlines()}
    said = {" ".join(line.split()) for line in lines}

    assert said >= {
        "Kind: personal e-signature (NES)",
        "Subject: C=TR, serialNumber=10*******90, CN=AYŞE ÖRNEK",
        "Issued by: C=TR, O=TÜBİTAK, CN=Kamu Elektronik Sertifika Hizmet Sağlayıcısı - Sürüm 6",
        "Issuer here: no",
        "Signature algorithm: ecdsa-with-SHA384 (1.2.840.10045.4.3.3)",
        "Key usage: digitalSignature, nonRepudiation",
        "Extended key usage: emailProtection (1.3.6.1.5.5.7.3.4), 1.2.3.4",
        "Policies: Kamu SM NES (2.16.792.1.2.1.1.5.7.1.1)",
        f"Statements: QcCompliance (0.4.0.1862.1.1), qualified, Law 5070 ({_LAW})",
        "Types: esign (0.4.0.1862.1.6.1)",
        "Limit: 5 x 10^3 TRY",
        "Subject key identifier: AB12",
        "Authority key identifier: CD34",
        "CRL: http://a.example/1.crl, http://a.example/2.crl",
        "OCSP: http://ocsp.example",
        "Issuer file: http://a.example/1.crt",
        "Extensions: 1.2.3.5",
        "Unreadable: keyUsage",
        "Object id: 01",
        "Driver: /usr/lib/libakisp11.so",
        "Reader: ACS ACR39U ICC Reader 00 00",
    }


def test_the_short_form_has_the_kind_and_none_of_the_rest() -> None:
    page = _page(described.held(_rich()), everything=False)

    assert "Kind:" in page
    for label in ("Subject:", "Policies:", "CRL:", "Driver:", "Object id:"):
        assert label not in page


def _said(page: str) -> set[str]:
    return {" ".join(line.split()) for line in page.splitlines()}


def test_days_are_counted_to_the_end_of_an_issuer_that_ends_first() -> None:
    one = described.held(_rich())
    end = described.AT + dt.timedelta(days=30)
    issuer_ends = f"Issuer's certificate ends: {Text('en', described.ZONE).moment(end)}"

    cut, whole = _said(_page(one, ends_at=end)), _said(_page(one))

    assert {"Days left: 30", issuer_ends} <= cut
    assert not any(line.startswith("Issuer's certificate ends:") for line in whole)


_ASKED_AT = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)


def _trust(**found: Any) -> Trust:  # noqa: ANN401 - whatever field there is
    return Trust(sha256="AB" * 32, asked_at=_ASKED_AT, **found)


def test_what_the_issuer_answered_is_shown_short_as_well() -> None:
    one, root = described.held(_rich()), issuers()[0]
    status = Status(
        source="ocsp",
        url="http://ocsp.example",
        status="revoked",
        said_at=_ASKED_AT,
        revoked_at=_ASKED_AT - dt.timedelta(days=1),
        reason="keyCompromise",
    )

    page = _page(one, everything=False, trust=(_trust(anchor=root.id, status=status),))

    text = Text("en", described.ZONE)
    assert _said(page) >= {
        f"Root: {root.name}",
        "Revocation: revoked",
        f"Revoked or suspended on: {text.moment(_ASKED_AT - dt.timedelta(days=1))}",
        "Reason: keyCompromise",
        f"Answered at: {text.moment(_ASKED_AT)}",
        "Answered by: http://ocsp.example (OCSP)",
    }


def test_what_was_asked_in_vain_is_shown() -> None:
    attempt = Attempt(url="http://a.example/1.crt", name="TIMEOUT")

    page = _page(described.held(_rich()), trust=(_trust(problem="NO_ISSUER", attempts=(attempt,)),))

    assert _said(page) >= {
        "Root: not proven (NO_ISSUER)",
        "Revocation: not known, no answer",
        "No answer from: http://a.example/1.crt (TIMEOUT)",
    }


def test_where_nobody_asked_nothing_is_said_of_revocation() -> None:
    assert "Revocation:" not in _page(described.held(_rich()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", ["good", "revoked", "suspended", "unknown"])
def test_every_answer_has_a_word(status: str, language: str) -> None:
    assert Text(language).label(f"status-{status}")


def test_the_list_as_data_has_kinds_and_ends(store: SoftHsm) -> None:
    found = json.loads(_certs(store, "--format", "json").stdout)

    assert {each["kind"] for each in found["judged"].values()} == {"nes", "authority"}
    assert all(each["ends_at"] for each in found["judged"].values())
    assert found["trust"] is None


def test_an_export_asks_nobody(store: SoftHsm) -> None:
    result = _certs(store, "export", "--online")

    assert result.exit_code == 3
    assert "No such option" in result.stderr


def test_an_issuer_on_the_card_is_named_by_its_fingerprint() -> None:
    leaf = described.held(described.certificate(described.person()))
    issuer = described.certificate(described.certificate(described.person()).issuer, is_ca=True)
    root = msgspec.structs.replace(
        described.held(msgspec.structs.replace(issuer, issuer=issuer.subject)), sha256="CD" * 32
    )

    page = " ".join(_page(leaf, root).split())

    assert f"Issuer here: yes ({'CD' * 8})" in page
    assert "Issuer here: itself" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_word(kind: Kind, language: str) -> None:
    assert Text(language).label(f"kind-{kind.value}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "identifier", ["2.16.792.1.61.0.1.5070.1.3", "2.16.792.1.2.1.1.5.7.50.2", "2.5.29.32.0"]
)
def test_an_identifier_stands_behind_its_name(identifier: str, language: str) -> None:
    name, space, number = named(identifier, Text(language)).rpartition(" ")

    assert name
    assert (space, number) == (" ", f"({identifier})")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits_a_narrow_page(language: str) -> None:
    diagnosis = diagnose(mask(described.desk(described.held(_rich()))), described.AT)

    (page,) = certificates(
        [diagnosis], Text(language, described.ZONE), Paper(width=40), everything=True
    )

    assert max(map(len, page.splitlines())) <= 40


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
    ids=["two", "none", "a folder", "no folder"],  # a print is another in each process
)
def test_what_cannot_be_exported_is_told_in_one_sentence(
    store: SoftHsm, arguments: tuple[str, ...], said: str
) -> None:
    result = _certs(store, "export", *arguments)

    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert said in result.stderr


@pytest.mark.parametrize("form", ["der", "pem"])
def test_the_certificates_of_a_file_are_listed_without_a_reader(form: str, tmp_path: Path) -> None:
    file = tmp_path / "x.cer"
    file.write_bytes(NES if form == "der" else ssl.DER_cert_to_PEM_cert(NES).encode())
    runner = CliRunner(env={"CARDTOOL_LANG": "en"})

    short = runner.invoke(main, ["certs", str(file), "--at", "2026-11-23"])
    first, last = (
        runner.invoke(main, words).stdout
        for words in (["certs", "--all", str(file)], ["certs", str(file), "--all"])
    )
    data = runner.invoke(main, ["certs", "-", "--format", "json"], input=file.read_bytes())

    assert short.exit_code == 0
    assert HOLDER in short.stdout
    assert "Days left:     413" in short.stdout
    assert NUMBER not in short.stdout
    assert first == last
    assert len(first) > len(short.stdout)
    assert list(json.loads(data.stdout)["judged"]) == [NES_PRINT]
    assert HOLDER not in data.stdout


def test_each_certificate_of_several_files_says_which_one_it_is_from(tmp_path: Path) -> None:
    first, second = tmp_path / "a.cer", tmp_path / "b.cer"
    first.write_bytes(NES)
    second.write_bytes(CA)
    runner = CliRunner(env={"CARDTOOL_LANG": "en"})
    broken = ["certs", str(tmp_path / "none"), str(first), str(second)]

    shown = "".join(runner.invoke(main, ["certs", str(first), str(second)]).stdout.split())
    alone = runner.invoke(main, ["certs", str(first)]).stdout
    data = runner.invoke(main, [*broken, "--format", "json"]).stdout

    assert [shown.count(file.name) for file in (first, second)] == [1, 1]
    assert shown.index("a.cer") < shown.index("b.cer")
    assert "a.cer" not in alone
    assert [line for line in data.splitlines() if '"file":' in line] == [
        '  "file": 2,',
        '  "file": 3,',
    ]
    assert "a.cer" not in data


@pytest.mark.parametrize(
    "options", [("--online",), ("--module", "/usr/lib/libakisp11.so"), ("--timeout", "5")]
)
def test_an_option_for_cards_is_refused_where_files_are_named(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "x.cer"
    file.write_bytes(NES)

    done = CliRunner(env={"CARDTOOL_LANG": "en"}).invoke(main, ["certs", *options, str(file)])

    assert (done.exit_code, done.stdout) == (3, "")
    assert f"{options[0]} is for cards, not for files." in done.stderr


@pytest.mark.parametrize(
    ("form", "count"), [("pem", 64), ("pem", 65), ("pem", 1000), ("bundle", 64), ("bundle", 65)]
)
def test_a_file_of_too_many_certificates_is_refused_as_that(
    count: int, form: str, tmp_path: Path
) -> None:
    file = tmp_path / "many"
    some = [NES[:-2] + number.to_bytes(2, "big") for number in range(count)]
    if form == "pem":
        file.write_text(_pem(*some))
    else:
        loaded = [x509.load_der_x509_certificate(one) for one in some]
        file.write_bytes(pkcs7.serialize_certificates(loaded, Encoding.DER))

    done = CliRunner(env={"CARDTOOL_LANG": "en"}).invoke(main, ["certs", str(file)])

    assert ("more than 64 certificates" in done.stderr) == (count > 64)
    assert done.stdout.count("SHA-256:") == (64 if count == 64 else 0)


def test_a_certificate_that_is_repeated_hides_none_behind_it(tmp_path: Path) -> None:
    file = tmp_path / "many.pem"
    file.write_text(_pem(NES, NES, *(NES[:-2] + n.to_bytes(2, "big") for n in range(64))))

    done = CliRunner(env={"CARDTOOL_LANG": "en"}).invoke(main, ["certs", str(file)])

    assert (done.exit_code, done.stdout) == (3, "")
    assert "more than 64 certificates" in done.stderr


def test_a_file_without_a_certificate_says_so_and_how_bad_that_is(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("PC/SC device scanner\nWaiting for the first reader...\n")
    runner = CliRunner(env={"CARDTOOL_LANG": "en"})

    empty = runner.invoke(main, ["certs", str(file)])
    mistyped = runner.invoke(main, ["certs", str(file), "nowhere"])

    assert empty.exit_code == 2
    assert "No certificate" in empty.stdout
    assert mistyped.exit_code == 3
    assert "nowhere" in mistyped.stderr


def test_a_mistake_beside_files_is_told_of_the_command_as_it_was_called(tmp_path: Path) -> None:
    (tmp_path / "one.der").write_bytes(NES)
    said = CliRunner().invoke(main, ("certs", "--format", "csv", str(tmp_path / "one.der"))).output

    assert " certs [OPTIONS] FILE..." in said
    assert "certs `" not in said
