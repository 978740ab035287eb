# SPDX-License-Identifier: Apache-2.0
"""Certificates out of files: DER, PEM and the bundles that issuers publish."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import cms, pem, x509

LIMIT_BYTES = 100 * 1024
"""Of a file with an issuer's certificate; a real one has 1 to 5 kB."""

_MOST = 200
"""Files of a folder that are looked at."""


def certificates(body: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates in a file's bytes; none where they are something else."""
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
    for file in files[:_MOST]:
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
    """Read a certificate and the parts that are going to be asked for, for they are read late."""
    certificate = x509.Certificate.load(der, strict=True)
    _ = certificate.subject.hashable, certificate.issuer.hashable, certificate.ca
    _ = certificate.key_identifier, certificate.authority_key_identifier
    _ = min(certificate.not_valid_before, certificate.not_valid_after, datetime.now(UTC))
    return certificate
