# SPDX-License-Identifier: Apache-2.0
"""A certification authority of the tests' own: root, issuer, OCSP responder and revocation lists.

Its keys live as long as the process, its people are invented, and each certificate names the
addresses that the test wants in it.
"""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from tests.rig.certificates import QC_COMPLIANCE, QC_LAW_5070, key_usage, tckn
from tests.rig.der import oid, sequence

_QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
_DAY = dt.timedelta(days=1)
HOLDER = "NESRİN ÖRNEK"
NUMBER = tckn(31)


def now() -> dt.datetime:
    """Return this moment, without what a certificate cannot hold."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A key, and the certificate that goes with it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """Return the certificate as it lies on a card."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def sha256(self) -> str:
        """Return the fingerprint of the certificate, upper-case hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex().upper()


@functools.cache
def key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return one of the keys of this process."""
    del number
    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str, *, personal: bool) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "TR")]
    if personal:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, NUMBER))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def issue(
    name: str,
    own: ec.EllipticCurvePrivateKey,
    by: Signer | None = None,
    *,
    is_ca: bool = True,
    uses: Sequence[str] = ("key_cert_sign", "crl_sign"),
    ocsp_urls: Sequence[str] = (),
    issuer_urls: Sequence[str] = (),
    crl_urls: Sequence[str] = (),
    more: Sequence[x509.ExtensionType] = (),
    begins: dt.datetime | None = None,
    ends: dt.datetime | None = None,
    path_length: int | None = None,
    signed_with: ec.EllipticCurvePrivateKey | None = None,
) -> Signer:
    """Make a certificate; without an issuer it signs itself. `signed_with` is for forgeries."""
    subject = _name(name, personal=not is_ca)
    issuer = subject if by is None else by.certificate.subject
    issuing_key = own if by is None else by.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now() - 400 * _DAY)
        .not_valid_after(ends or now() + 600 * _DAY)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=path_length), critical=True)
        .add_extension(key_usage(*uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing_key.public_key()),
            critical=False,
        )
    )
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
        for method, urls in (
            (AuthorityInformationAccessOID.CA_ISSUERS, issuer_urls),
            (AuthorityInformationAccessOID.OCSP, ocsp_urls),
        )
        for url in urls
    ]
    if access:
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    if crl_urls:
        points = [
            x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
            for url in crl_urls
        ]
        builder = builder.add_extension(x509.CRLDistributionPoints(points), critical=False)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return Signer(key=own, certificate=builder.sign(signed_with or issuing_key, hashes.SHA256()))


ROOT = issue("Kök Sertifika Hizmet Sağlayıcısı - ÖRNEK", key(1))
ISSUER = issue("Kamu Elektronik Sertifika Hizmet Sağlayıcısı - ÖRNEK", key(2), ROOT)


def nes(by: Signer = ISSUER, **settings: object) -> Signer:
    """Make an NES with the settings of `issue`."""
    statements = sequence(*(sequence(oid(dotted)) for dotted in (QC_COMPLIANCE, QC_LAW_5070)))
    return issue(
        HOLDER,
        key(3),
        by,
        is_ca=False,
        uses=("digital_signature", "content_commitment"),
        more=(x509.UnrecognizedExtension(_QC_STATEMENTS, statements),),
        **settings,  # type: ignore[arg-type]
    )


def responder(by: Signer = ISSUER, *, no_check: bool = True) -> Signer:
    """Make the certificate of a responder that answers for an issuer."""
    allowed = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    return issue(
        "OCSP",
        key(4),
        by,
        is_ca=False,
        uses=("digital_signature",),
        more=(allowed, x509.OCSPNoCheck()) if no_check else (allowed,),
    )


def answer(
    about: Signer,
    *,
    by: Signer = ISSUER,
    signer: Signer | None = None,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    revoked_at: dt.datetime | None = None,
    reason: x509.ReasonFlags | None = None,
    said_at: dt.datetime | None = None,
    lasts: dt.timedelta = _DAY,
) -> bytes:
    """Make the answer of a responder about a certificate."""
    signer = signer or responder(by)
    said_at = said_at or now() - dt.timedelta(minutes=1)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=by.certificate,
        algorithm=hashes.SHA1(),  # noqa: S303 - names the certificate, protects nothing
        cert_status=status,
        this_update=said_at,
        next_update=said_at + lasts,
        revocation_time=revoked_at,
        revocation_reason=reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    builder = builder.certificates([signer.certificate])
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def revocation_list(
    *revoked: tuple[Signer, dt.datetime, x509.ReasonFlags],
    by: Signer = ISSUER,
    said_at: dt.datetime | None = None,
    lasts: dt.timedelta = _DAY,
    signed_with: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Make a revocation list."""
    said_at = said_at or now() - dt.timedelta(minutes=1)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(said_at)
        .next_update(said_at + lasts)
        .add_extension(x509.CRLNumber(7), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    )
    for issued, since, reason in revoked:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(issued.certificate.serial_number)
            .revocation_date(since)
            .add_extension(x509.CRLReason(reason), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signed_with or by.key, hashes.SHA256()).public_bytes(Encoding.DER)
