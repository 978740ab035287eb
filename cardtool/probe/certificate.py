# SPDX-License-Identifier: Apache-2.0
"""DER to certificate facts: the strict way first, part by part where that is refused.

Both ways give the same facts of a certificate that both can read. Nothing raises, whatever the
bytes are: cards hold what issuers wrote.

Source: RFC 5280 §4; RFC 3739 §3.2.6 (QCStatements).
"""

import warnings
from collections.abc import Callable
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from cardtool.model.certificate import Attribute, Certificate, Name
from cardtool.model.limits import fitted
from cardtool.model.snapshot import Failure
from cardtool.probe import der, lenient
from cardtool.probe.extensions import KEY_USAGE, QC_STATEMENTS, Fields, qc_statements

SIZE_LIMIT_BYTES = 16 * 1024
"""The largest certificate that is read, in a few milliseconds; a real one is under 4 kB."""

_QC_STATEMENTS = ObjectIdentifier(QC_STATEMENTS)
_OCSP = AuthorityInformationAccessOID.OCSP
_CA_ISSUERS = AuthorityInformationAccessOID.CA_ISSUERS
_TYPES = {ObjectIdentifier(dotted): name for dotted, name in lenient.ATTRIBUTE_TYPES.items()}

_KEY_USAGE = tuple(
    zip(
        KEY_USAGE,
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
        ),
        strict=True,
    )
)
"""Each with cryptography's own name."""

REFUSALS = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""How the strict parser says no."""


def trim(value: bytes) -> bytes:
    """Cut what follows the outermost DER element: tokens pad CKA_VALUE to the size of a file.

    What does not begin like a certificate is returned as it is.
    """
    if len(value) < 4 or value[0] != 0x30:  # noqa: PLR2004 - SEQUENCE and the shortest long length
        return value
    if value[1] < 0x80:  # noqa: PLR2004 - X.690 §8.1.3: the short form ends here
        return value[: 2 + value[1]]
    octets = value[1] & 0x7F
    if not octets:  # X.690 §8.1.3.6: no length is given, which DER forbids
        return value
    return value[: 2 + octets + int.from_bytes(value[2 : 2 + octets])]


def parse(data: bytes) -> Certificate | Failure:
    """Return what a certificate says, or `Failure(x509, ...)` where it has no readable validity."""
    if len(data) > SIZE_LIMIT_BYTES:
        return Failure(api="x509", name="TOO_LARGE", detail=f"{len(data)} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # long names and odd parameters are facts, not noise
            return fitted(_facts(x509.load_der_x509_certificate(data), data))
    except REFUSALS as refusal:
        try:
            return fitted(lenient.read(data))
        except der.DerError:
            return Failure(api="x509", name=type(refusal).__name__, detail=str(refusal)[:200])


def _facts(certificate: x509.Certificate, data: bytes) -> Certificate:
    said: dict[str, Any] = {}
    others = []
    for extension in certificate.extensions:
        value = extension.value
        if (read := _READERS.get(type(value))) is not None:
            said.update(read(value))
        elif extension.oid == _QC_STATEMENTS:
            said.update(qc_statements(value.public_bytes()))
        else:
            others.append(extension.oid.dotted_string)
    return Certificate(
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        key=lenient.key_of(data),
        serial=f"{certificate.serial_number:X}",
        not_before_at=certificate.not_valid_before_utc,
        not_after_at=certificate.not_valid_after_utc,
        signature_algorithm=certificate.signature_algorithm_oid.dotted_string,
        other_extensions=tuple(others),
        **said,
    )


def _name(name: x509.Name) -> Name:
    found = []
    for each in name:
        kind, value = each.oid, each.value
        text = value if isinstance(value, str) else value.hex().upper()
        found.append(Attribute(type=_TYPES.get(kind) or kind.dotted_string, value=text))
    return Name(attributes=tuple(found))


def _crl_points(points: x509.CRLDistributionPoints) -> Fields:
    urls = [
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]
    return {"crl_urls": tuple(urls)}


def _authority_access(access: x509.AuthorityInformationAccess) -> Fields:
    urls: dict[ObjectIdentifier, list[str]] = {_OCSP: [], _CA_ISSUERS: []}
    for each in access:
        if isinstance(each.access_location, x509.UniformResourceIdentifier):
            urls.setdefault(each.access_method, []).append(each.access_location.value)
    return {"ocsp_urls": tuple(urls[_OCSP]), "ca_issuer_urls": tuple(urls[_CA_ISSUERS])}


_READERS: dict[type[x509.ExtensionType], Callable[[Any], Fields]] = {
    x509.BasicConstraints: lambda said: {"is_ca": said.ca},
    x509.KeyUsage: lambda said: {
        "key_usage": tuple([name for name, field in _KEY_USAGE if getattr(said, field)])
    },
    x509.ExtendedKeyUsage: lambda said: {
        "extended_key_usage": tuple([each.dotted_string for each in said])
    },
    x509.CertificatePolicies: lambda said: {
        "policies": tuple([each.policy_identifier.dotted_string for each in said])
    },
    x509.SubjectKeyIdentifier: lambda said: {"subject_key_id": said.digest.hex().upper()},
    x509.AuthorityKeyIdentifier: lambda said: {
        "authority_key_id": (said.key_identifier or b"").hex().upper()
    },
    x509.CRLDistributionPoints: _crl_points,
    x509.AuthorityInformationAccess: _authority_access,
}
"""What gives the fields of `PARTS` from the extensions as cryptography has them."""
