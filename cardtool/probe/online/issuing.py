# SPDX-License-Identifier: Apache-2.0
"""Reads certificates from files, and tells which of them issued another.

Knows no chains, and asks nobody. A file holds DER, PEM or a bundle as issuers publish it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import cms, pem, x509
from pyhanko_certvalidator.sig_validate import DefaultSignatureValidator

LIMIT_BYTES = 100 * 1024
"""Of a file with an issuer's certificate; a real one has 1 to 5 kB."""

_MOST_FILES = 200  # of a folder
_MOST_CERTIFICATES = 64  # of a file


def certificates(body: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates in the bytes of a file; none if it holds something else."""
    try:
        return tuple(_read(body))
    except Exception:  # noqa: BLE001 - asn1crypto says no to odd bytes in many ways
        return ()


def folder(name: str) -> Iterator[x509.Certificate]:
    """Give the certificates in the files of a folder; what cannot be read is passed over."""
    try:
        files = sorted(file for file in Path(name).iterdir() if file.is_file())
    except OSError:
        return
    for file in files[:_MOST_FILES]:
        try:
            with file.open("rb") as stream:
                yield from certificates(stream.read(LIMIT_BYTES))
        except OSError:
            continue


def _read(body: bytes) -> Iterator[x509.Certificate]:
    if pem.detect(body):
        for kind, _, der in pem.unarmor(body, multiple=True):
            if kind == "CERTIFICATE":
                yield _whole(der)
        return
    try:
        yield _whole(body)
    except ValueError:  # RFC 5280 §4.2.2.1 lets an issuer publish a bundle instead
        for choice in cms.ContentInfo.load(body)["content"]["certificates"]:
            yield _whole(choice.chosen.dump())


def _whole(der: bytes) -> x509.Certificate:
    """Read a certificate, and already here the parts that asn1crypto would read only later."""
    certificate = x509.Certificate.load(der, strict=True)
    _ = certificate.subject.hashable, certificate.issuer.hashable, certificate.ca
    _ = certificate.key_identifier, certificate.authority_key_identifier
    _ = min(certificate.not_valid_before, certificate.not_valid_after, datetime.now(UTC))
    return certificate


def fitting(
    body: bytes, child: x509.Certificate, moment: datetime
) -> tuple[list[x509.Certificate], str]:
    """Return the issuers among the certificates of a file, and why others are not issuers."""
    why = "NOT_FOR_IT"
    suitable = []
    for issuer in certificates(body)[:_MOST_CERTIFICATES]:
        if may_have_issued(issuer, child):
            why = objection(issuer, child)
            if not why:
                suitable.append(issuer)
    return sorted(suitable, key=lambda issuer: preference(issuer, moment)), why


def preference(issuer: x509.Certificate, moment: datetime) -> tuple[bool, float]:
    """Sort those in force first, and the latest of them before the others."""
    begins, ends = issuer.not_valid_before, issuer.not_valid_after
    return not begins <= moment <= ends, -(ends - moment).total_seconds()


def is_named(issuer: x509.Certificate, child: x509.Certificate) -> bool:
    """Tell whether a certificate names the key of another as the one that signed it."""
    wanted = child.authority_key_identifier
    return wanted is not None and wanted == issuer.key_identifier


def may_have_issued(issuer: x509.Certificate, child: x509.Certificate) -> bool:
    """Tell whether the names fit, and the key identifiers if both are there."""
    wanted, has = child.authority_key_identifier, issuer.key_identifier
    fits = issuer.subject.hashable == child.issuer.hashable
    return fits and (wanted is None or has is None or wanted == has)


def objection(issuer: x509.Certificate, child: x509.Certificate) -> str:
    """Return why a certificate did not issue another, or must not; empty: it did."""
    try:
        DefaultSignatureValidator().validate_signature(
            signature=child["signature_value"].native,
            signed_data=child["tbs_certificate"].dump(),
            public_key_info=issuer.public_key,
            signature_algorithm=child["signature_algorithm"],
        )
    except Exception:  # noqa: BLE001 - a key of another kind fails an assertion of the library
        return "BAD_SIGNATURE"
    try:
        usage = issuer.key_usage_value
        may_sign = usage is None or "key_cert_sign" in usage.native
    except (ValueError, TypeError, KeyError, IndexError):  # asn1crypto's, for an odd bit string
        return "NOT_AN_ISSUER"
    return "" if issuer.ca and may_sign else "NOT_AN_ISSUER"
