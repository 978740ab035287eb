# SPDX-License-Identifier: Apache-2.0
"""What a certificate says, on certificates made here to the profile of an NES."""

import functools
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cardtool.model.certificate import Certificate
from cardtool.model.snapshot import Failure
from cardtool.probe.certificate import parse, trim
from tests.rig import certificates
from tests.rig.der import integer
from tests.rig.kinds import Handmade

_RarePrivateKey = ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey | dsa.DSAPrivateKey

_START = datetime(2025, 3, 1, 6, 30, 1, tzinfo=UTC)
_END = datetime(2028, 2, 29, 6, 30, 1, tzinfo=UTC)


@functools.cache
def _nes(key: certificates.KeyKind = "ec") -> bytes:
    return certificates.nes(
        name="Iğdır Öğretmen ŞIMARIK İŞÇİ",
        number=certificates.tckn(7),
        not_before=_START,
        not_after=_END,
        key=key,
    )


def _parsed(der: bytes) -> Certificate:
    content = parse(der)
    assert isinstance(content, Certificate)
    return content


def test_an_nes_says_whose_it_is_and_until_when() -> None:
    content = _parsed(_nes())

    assert content.subject.first("CN") == "Iğdır Öğretmen ŞIMARIK İŞÇİ"
    assert content.subject.first("serialNumber") == certificates.tckn(7)
    assert content.subject.first("title") is None
    assert "Hizmet Sağlayıcısı" in (content.issuer.first("CN") or "")
    assert (content.not_before_at, content.not_after_at) == (_START, _END)


def test_an_nes_says_what_it_is() -> None:
    content = _parsed(_nes())

    assert content.qc_statements == ("0.4.0.1862.1.1", "2.16.792.1.61.0.1.5070.1.1")
    assert content.policies == ("2.16.792.1.2.1.1.5.7.1.1",)
    assert content.key_usage == ("digitalSignature", "nonRepudiation")
    assert content.extended_key_usage == ()
    assert not content.is_ca
    assert content.signature_algorithm == "1.2.840.10045.4.3.3"


def test_an_nes_says_where_to_ask_about_it() -> None:
    content = _parsed(_nes())

    assert [url.rpartition("/")[2] for url in content.crl_urls] == ["neshs_ec384.crl"]
    assert [url.rpartition(".")[2] for url in content.ca_issuer_urls] == ["crt"]
    assert len(content.ocsp_urls) == 1
    assert content.authority_key_id


@pytest.mark.parametrize(("kind", "name"), [("ec", "ec-secp384r1"), ("rsa", "rsa-2048")])
def test_the_key_is_named(kind: certificates.KeyKind, name: str) -> None:
    assert _parsed(_nes(kind)).key == name


@pytest.mark.parametrize(
    ("private", "name"),
    [
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (ed448.Ed448PrivateKey.generate(), "ed448"),
        (dsa.generate_private_key(2048), "1.2.840.10040.4.1"),
    ],
    ids=["ed25519", "ed448", "dsa"],
)
def test_a_rare_key_is_named_too(private: _RarePrivateKey, name: str) -> None:
    signer = ec.generate_private_key(ec.SECP256R1())
    anybody = x509.Name([])
    made = x509.CertificateBuilder(anybody, anybody, private.public_key(), 1, _START, _END)

    content = _parsed(made.sign(signer, hashes.SHA256()).public_bytes(Encoding.DER))

    assert content.key == name
    assert content.crl_urls == content.ocsp_urls == content.policies == ()


def test_an_authority_is_one() -> None:
    content = _parsed(certificates.ca().der)

    assert content.is_ca
    assert content.subject == content.issuer


def test_the_serial_number_is_that_of_the_certificate() -> None:
    der = _nes()

    assert bytes.fromhex(_parsed(der).serial.zfill(40)) in der


def test_what_a_token_puts_behind_a_certificate_is_cut_off() -> None:
    der = _nes()

    assert trim(der + b"\0" * 200 + b"\xff") == der
    assert isinstance(parse(trim(der + b"\0" * 200)), Certificate)
    assert trim(b"\x30\x03abcdef") == b"\x30\x03abc"


@pytest.mark.parametrize("der", [b"", b"0", b"no certificate", b"\x30\x80\0\0", b"\x30\x03abc"])
def test_bytes_that_are_no_certificate_are_a_failure(der: bytes) -> None:
    content = parse(trim(der))

    assert isinstance(content, Failure)
    assert content.api == "x509"


def test_a_broken_statement_costs_the_statements_alone() -> None:
    der = _nes()
    place = der.index(bytes.fromhex("2B06010505070103")) + 8
    content = _parsed(der[: place + 2] + b"\x02" + der[place + 3 :])

    assert content.unreadable == ("qcStatements",)
    assert content.qc_statements == ()
    assert content.policies == _parsed(der).policies


def test_a_version_that_does_not_exist_is_named() -> None:
    content = _parsed(_nes().replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09", 1))

    assert content.unreadable == ("version",)
    assert content.not_after_at == _END


@given(st.data())
def test_no_mutation_of_a_certificate_raises(data: st.DataObject) -> None:
    der = bytearray(_nes())
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))

    assert isinstance(parse(trim(bytes(der))), Certificate | Failure)


@pytest.mark.parametrize(
    ("serial", "shown"),
    [
        (0x0A1B2C, "0A1B2C"),
        (0xA1B2C3, "A1B2C3"),
        (5, "05"),
        (0x00FF, "FF"),
        (1 << 152, "01" + "0" * 38),
    ],
)
def test_a_serial_number_is_shown_in_whole_bytes_as_openssl_shows_it(
    serial: int, shown: str
) -> None:
    content = parse(Handmade(serial=integer(serial)).der())

    assert isinstance(content, Certificate)
    assert content.shown_serial == shown
    assert int(content.serial, 16) == serial
    assert replace(content, serial="-5").shown_serial == "-05"
    for other in ("", "~0123456789abcdef"):
        assert replace(content, serial=other).shown_serial == other
