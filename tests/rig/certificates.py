# SPDX-License-Identifier: Apache-2.0
"""Certificates to the profile of the qualified certificates (NES) of Kamu SM, made on the spot.

The people are invented, the keys are thrown away with the process and the dates are the caller's.

Source: the profile as seen in TÜBİTAK's public test certificates (P-384 issuer, Sürüm 6).
"""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from tests.rig.der import oid, sequence, utf8

ISSUER_NAME = "Kamu Elektronik Sertifika Hizmet Sağlayıcısı - ÖRNEK 6"
"""The production name with its "Sürüm" exchanged: with both it would pass 64 bytes of UTF-8."""
NES_POLICY = "2.16.792.1.2.1.1.5.7.1.1"
QC_COMPLIANCE = "0.4.0.1862.1.1"
QC_LAW_5070 = "2.16.792.1.61.0.1.5070.1.1"
NOTICE = (
    "Bu sertifika, 5070 sayılı Elektronik İmza Kanununa göre nitelikli elektronik sertifikadır."
)
_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_REPOSITORY = "http://depo.kamusm.gov.tr"

KeyKind = Literal["ec", "rsa"]
_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """A test CA: what it signs with, and its certificate."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    der: bytes


def tckn(number: int) -> str:
    """Make a T.C. Kimlik No that nobody has: 1000000, two digits of `number`, two check digits."""
    digits = [int(digit) for digit in f"1000000{number:02d}"]
    digits.append((sum(digits[0::2]) * 7 - sum(digits[1::2])) % 10)
    digits.append(sum(digits) % 10)
    return "".join(map(str, digits))


@functools.cache
def ca(
    *,
    name: str = ISSUER_NAME,
    not_before: dt.datetime = dt.datetime(2020, 1, 3, 16, 25, 8, tzinfo=dt.UTC),
    not_after: dt.datetime = dt.datetime(2029, 8, 6, 16, 25, 8, tzinfo=dt.UTC),
) -> Issuer:
    """Make a self-signed test CA on P-384, by default with the dates of Sürüm 6."""
    key = ec.generate_private_key(ec.SECP384R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TR"),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "Gebze - Kocaeli"),
            x509.NameAttribute(
                NameOID.ORGANIZATION_NAME,
                "Türkiye Bilimsel ve Teknolojik Araştırma Kurumu - TÜBİTAK",
            ),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "BİLGEM"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = _builder(subject, key, not_before, not_after).issuer_name(subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
    der = builder.sign(key, hashes.SHA384()).public_bytes(Encoding.DER)
    return Issuer(name=subject, key=key, der=der)


def nes(
    *,
    name: str,
    number: str,
    not_before: dt.datetime,
    not_after: dt.datetime,
    key: KeyKind = "ec",
    issuer: Issuer | None = None,
    statements: Sequence[str] = (QC_COMPLIANCE, QC_LAW_5070),
) -> bytes:
    """Make a qualified certificate for an invented person; the result is DER.

    `number` is the T.C. Kimlik No (`tckn`). Without its two qcStatements, `statements`, a
    certificate of this profile is no NES; every one but the ETSI statement carries the notice.
    """
    issuer = issuer or ca()
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "TR"),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, number),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    builder = _builder(subject, _key(key), not_before, not_after).issuer_name(issuer.name)
    notice = x509.UserNotice(notice_reference=None, explicit_text=NOTICE)
    policy = x509.PolicyInformation(
        ObjectIdentifier(NES_POLICY), [f"{_REPOSITORY}/ilke/ksm_nes_sue", notice]
    )
    qualified = sequence(*(_statement(dotted) for dotted in statements))
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=False, path_length=None), False),
        (key_usage("digital_signature", "content_commitment"), True),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False),
        (x509.CertificatePolicies([policy]), False),
        (x509.CRLDistributionPoints([_crl(f"{_REPOSITORY}/test6/neshs_ec384.crl")]), False),
        (_authority_access(), False),
        (x509.UnrecognizedExtension(_QC_STATEMENTS, qualified), False),
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer.key, hashes.SHA384()).public_bytes(Encoding.DER)


def private_key(kind: KeyKind) -> bytes:
    """Return the key of every certificate of this kind, as PKCS#8 in DER."""
    return _key(kind).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@functools.cache
def _key(kind: KeyKind) -> _PrivateKey:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _builder(
    subject: x509.Name, key: _PrivateKey, not_before: dt.datetime, not_after: dt.datetime
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def key_usage(*uses: str) -> x509.KeyUsage:
    """Make the extension of these uses, by cryptography's names."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{use: use in uses for use in every})


def _statement(dotted: str) -> bytes:
    """Encode one qcStatement; the national ones carry the notice as a bare UTF8String."""
    return sequence(oid(dotted)) if dotted == QC_COMPLIANCE else sequence(oid(dotted), utf8(NOTICE))


def _crl(address: str) -> x509.DistributionPoint:
    return x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(address)],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )


def _authority_access() -> x509.AuthorityInformationAccess:
    places = (
        (AuthorityInformationAccessOID.CA_ISSUERS, f"{_REPOSITORY}/test6/neshs_ec384.crt"),
        (AuthorityInformationAccessOID.OCSP, "http://ec384ocsp.kamusm.gov.tr"),
    )
    return x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(address))
            for method, address in places
        ]
    )
